import { IntermixError } from '@intermix/kernel';

export type TestCallProblem =
  /** Credentials or the flow's URL are missing. */
  | 'not-test-ready'
  /** Exotel answered, and not with a call. */
  | 'refused'
  /** What came back is no answer of Exotel's API. */
  | 'bad-answer'
  /** No connection, or it broke. */
  | 'unreachable'
  | 'timeout';

/** A test call was not placed. The message is a sentence for the operator; it holds no credentials. */
export class TestCallError extends IntermixError {
  readonly code = 'ERR_EXOTEL_CALL';

  constructor(
    readonly problem: TestCallProblem,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
