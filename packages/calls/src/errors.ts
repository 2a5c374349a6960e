import { IntermixError } from '@intermix/kernel';

/** What may go wrong with a call on our side. */
export type CallProblem = 'unknown-call' | 'stopped' | 'store' | 'media';

/** A call could not be made, found or kept. The SIP answer to the far end is decided in this package, see `failure-status.ts`. */
export class CallError extends IntermixError {
  readonly code = 'ERR_CALL';
  private constructor(
    readonly problem: CallProblem,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  static unknownCall(callSid: string): CallError {
    return new CallError('unknown-call', `no call ${callSid} is up; it may have ended already`);
  }

  static store(cause: unknown): CallError {
    return new CallError('store', 'the call record could not be written; see the cause', { cause });
  }

  static media(cause: unknown): CallError {
    return new CallError('media', 'the media engine could not carry this leg; see the cause', { cause });
  }
}
