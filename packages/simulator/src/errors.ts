import { IntermixError } from '@intermix/kernel';

/** What the simulated PSTN could not do. Stable words: callers branch on them. */
export type SimulatorProblem =
  | 'not-started'
  | 'too-many-calls'
  | 'ports-exhausted'
  | 'bad-number'
  | 'bad-script'
  | 'bad-sdp'
  | 'no-common-codec'
  | 'no-telephone-event';

/** The simulated PSTN was asked for something that it cannot do. */
export class SimulatorError extends IntermixError {
  readonly code = 'ERR_SIMULATOR';

  constructor(
    readonly problem: SimulatorProblem,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
