import type { SipRequest, SipResponse } from '../message/message.js';
import type { Flow } from '../transport/flow.js';
import type { ResponsePath } from './response-path.js';

/** One request of a peer and our responses. RFC 3261 §17.2. The callbacks are set by the layer above, if it cares. */
export interface ServerTransaction {
  /** Let go with the final response, as it is what weighs most in the 32 s that follow; reading it then throws. */
  readonly request: SipRequest;
  /** The flow by which the request came. Its responses go there, or where RFC 3261 §18.2.2 says. */
  readonly flow: Flow;
  readonly state: 'trying' | 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated';
  /** Status of the response sent last. */
  readonly lastStatus: number | undefined;
  /**
   * Sends a response. One that the state does not allow is ignored: anything after the final one, but for a 2xx to INVITE,
   * which the layer above repeats until its ACK comes (RFC 3261 §13.3.1.4). Throws SipHeaderError, and changes nothing,
   * when the response cannot be written.
   */
  respond(response: SipResponse): void;
  /** No way back to the peer is left. No call follows but `onTerminated`. */
  onTransportError?: ((reason: string) => void) | undefined;
  /** Timer H: our 3xx–6xx to INVITE was never acknowledged. */
  onTimeout?: (() => void) | undefined;
  /** The transaction has left the layer; always the last call. */
  onTerminated?: (() => void) | undefined;
}

/** What the layer does for a server transaction. */
export interface ServerTransactionHost {
  /** Takes the transaction out of the maps. */
  serverEnded(transaction: ServerMachine): void;
  /** An ACK that matched an accepted INVITE: it is the dialog's. */
  ackToSuccess(ack: SipRequest, flow: Flow): void;
}

/** What a server transaction is made of; `request` is taken out once it is answered. */
export interface ServerTransactionParts {
  key: string;
  mergeKey: string | undefined;
  request: SipRequest | undefined;
  flow: Flow;
  path: ResponsePath;
}

/** The side of a server transaction that faces the layer. */
export interface ServerMachine extends ServerTransaction {
  readonly key: string;
  readonly mergeKey: string | undefined;
  start(): void;
  /** A retransmission of the request, or an ACK. */
  receive(request: SipRequest, flow: Flow): void;
  flowFailed(reason: string): void;
  /** Ends at once and tells nobody. */
  abandon(): void;
}
