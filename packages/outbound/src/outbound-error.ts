import { IntermixError } from '@intermix/kernel';

export type OutboundProblem =
  /** No URL, or not one of http or https; of ws or wss where a WebSocket is to be opened. */
  | 'bad-url'
  /** Every address of the host is one that customers' URLs may not name. */
  | 'address-refused'
  /** The host name has no address. */
  | 'dns'
  /** Nobody took the connection, or it broke before the answer was whole. */
  | 'connect'
  /** The certificate is not good for the host, or TLS failed. */
  | 'tls'
  | 'timeout'
  /** What came back is not HTTP. */
  | 'bad-answer'
  /** The head of the answer is larger than 16 kB. A long body is cut off, and no error. */
  | 'answer-too-large'
  /** A WebSocket's server answered the handshake with a status of its own, or wrongly. */
  | 'handshake-refused'
  /** On an open WebSocket: a message larger than allowed, or what is no WebSocket frame or no UTF-8. */
  | 'message-too-large'
  | 'bad-message'
  /** The caller gave up, or the client was closed. */
  | 'aborted';

/** A customer's URL could not be used. The message is a sentence for the customer; it names no credentials. */
export class OutboundError extends IntermixError {
  readonly code = 'ERR_OUTBOUND';

  constructor(
    readonly problem: OutboundProblem,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
