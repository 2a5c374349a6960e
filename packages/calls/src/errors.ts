import { IntermixError } from '@intermix/kernel';

/** What may be wrong with an order to the switch. */
export type CallProblem = 'unknown-call';

/** The switch cannot do what it was told to. How calls themselves fail is told by their termination, never thrown. */
export class CallError extends IntermixError {
  readonly code = 'ERR_CALL';

  private constructor(
    readonly problem: CallProblem,
    message: string,
  ) {
    super(message);
  }

  static unknownCall(callSid: string): CallError {
    return new CallError('unknown-call', `no call ${callSid} is up; it may have ended already`);
  }
}
