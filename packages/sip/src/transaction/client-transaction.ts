import type { SipRequest, SipResponse } from '../message/message.js';
import type { Flow } from '../transport/flow.js';

/** What a client transaction tells the layer above. No call is made after `terminated`. */
export interface ClientTransactionHandlers {
  /** Each 1xx, 100 included. */
  onProvisional?(response: SipResponse, flow: Flow): void;
  /**
   * The final response. For an INVITE each 2xx comes here, repeated ones and those of other forks too (RFC 6026 §7.2):
   * the layer above must ACK each. 3xx–6xx to INVITE come once; their ACK has been sent already.
   */
  onFinal(response: SipResponse, flow: Flow): void;
  /** Timer B or F, or a CANCEL that brought no final response within 64·T1. Count as 408. */
  onTimeout(): void;
  /** The flow closed before the final response. Count as 503. Never called before `createClient` has returned. */
  onTransportError(reason: string): void;
  /** The transaction has left the layer; always the last call, also after an error. */
  onTerminated?(): void;
}

/** One request of ours and its responses. RFC 3261 §17.1. */
export interface ClientTransaction {
  /** After the final response it is read back from its octets, which weigh less, whenever it is asked for. */
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly branch: string;
  readonly state: 'calling' | 'trying' | 'proceeding' | 'accepted' | 'completed' | 'terminated';
  /**
   * Sends CANCEL for an INVITE, or as soon as a provisional response has come (RFC 3261 §9.1). Does nothing for other
   * methods, after a final response, and the second time. `reason` is the value of a Reason header (RFC 3326);
   * throws SipHeaderError when it cannot be written.
   */
  cancel(reason?: string): void;
}

/** The handlers of a transaction that has told all there is to tell. They must not keep a call in memory. */
export const noHandlers: ClientTransactionHandlers = { onFinal() {}, onTimeout() {}, onTransportError() {} };

/** What the layer does for a client transaction. */
export interface ClientTransactionHost {
  /** Takes the transaction out of the maps. */
  clientEnded(key: string, transaction: ClientMachine): void;
  /** Starts the transaction of a CANCEL over the same flow. */
  sendCancel(cancel: SipRequest, flow: Flow): void;
}

/** The side of a client transaction that faces the layer. */
export interface ClientMachine extends ClientTransaction {
  start(): void;
  receive(response: SipResponse, flow: Flow): void;
  flowFailed(reason: string): void;
  /** Ends at once and tells nobody. */
  abandon(): void;
}
