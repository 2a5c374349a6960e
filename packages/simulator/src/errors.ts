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

const passing: ReadonlySet<SimulatorProblem> = new Set(['too-many-calls', 'ports-exhausted']);

/** The simulated PSTN was asked for something that it cannot do; `ERR_SIMULATOR_BUSY`: not now, but later. */
export class SimulatorError extends IntermixError {
  readonly code: 'ERR_SIMULATOR' | 'ERR_SIMULATOR_BUSY';

  constructor(
    readonly problem: SimulatorProblem,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.code = passing.has(problem) ? 'ERR_SIMULATOR_BUSY' : 'ERR_SIMULATOR';
  }
}
