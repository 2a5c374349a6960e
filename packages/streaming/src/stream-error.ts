import { IntermixError } from '@intermix/kernel';

export type StreamProblem =
  /** No URL, not ws, wss or https, or longer than 599 characters. */
  | 'bad-url'
  /** `sample-rate` is not 8000, 16000 or 24000. */
  | 'bad-sample-rate'
  /** More than three custom parameters, or more than 256 characters of them. */
  | 'bad-parameters';

/** A stream that cannot be opened as it was ordered. The message is a sentence for who wrote the order. */
export class StreamError extends IntermixError {
  readonly code = 'ERR_STREAM';

  constructor(
    readonly problem: StreamProblem,
    message: string,
  ) {
    super(message);
  }
}

export type StreamMessageProblem = 'not-json' | 'no-event' | 'bad-field' | 'bad-audio' | 'binary';

/** A message that is none of the stream protocol. Readers drop it, and count. */
export class StreamMessageError extends IntermixError {
  readonly code = 'ERR_STREAM_MESSAGE';

  constructor(
    readonly problem: StreamMessageProblem,
    message: string,
  ) {
    super(message);
  }
}
