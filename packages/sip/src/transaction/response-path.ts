// In browsers, `browser/response-path.ts` stands in the place of this module.
import type { Via } from '../message/via.js';
import type { Flow, SipProtocol, SocketAddress } from '../transport/flow.js';

/** Opens a flow for a response whose own flow is gone or is not where the Via asks for it. */
export type ConnectFlow = (protocol: SipProtocol, target: SocketAddress) => Promise<Flow>;

/**
 * Where the responses to one request go. RFC 3261 §18.2.2, RFC 3581 §4.
 *
 * - Reliable: the connection of the request; once that is closed, a new one to the `received` address and the sent-by
 *   port. A WebSocket's client cannot be connected to (RFC 7118 §5), so there it ends.
 * - UDP with `rport`: back to where the request came from. Without: to the source address, at the sent-by port.
 *
 * `maddr` is ignored on purpose: it would make us send wherever a stranger likes.
 */
export class ResponsePath {
  readonly #connect: ConnectFlow | undefined;
  readonly #fallback: SocketAddress;
  /** UDP without `rport` wants the answer at another port than it came from. */
  readonly #elsewhere: boolean;
  #flow: Flow;
  /** The response that waits for the fallback flow; only the newest matters. */
  #waiting: Uint8Array | undefined;
  #connecting = false;
  #moved = false;
  #onLost: (reason: string) => void = () => {};

  constructor(flow: Flow, via: Via, connect?: ConnectFlow) {
    this.#connect = connect;
    this.#flow = flow;
    const port = via.port ?? (flow.secure ? 5061 : 5060);
    this.#fallback = { host: flow.remote.host, port };
    this.#elsewhere = !flow.reliable && !via.wantsRport && port !== flow.remote.port;
  }

  /** Called when a response could not be sent and none will be. */
  onLost(listener: (reason: string) => void): void {
    this.#onLost = listener;
  }

  /** True while there is a way back once the request's own flow is gone. */
  get canReconnect(): boolean {
    return this.#connect !== undefined && this.#flow.protocol !== 'WS' && this.#flow.protocol !== 'WSS';
  }

  /** Sends at once over the known flow, or as soon as the other one is there. */
  send(bytes: Uint8Array): void {
    if (this.#connecting) this.#waiting = bytes;
    else if (!this.#flow.closed && (!this.#elsewhere || this.#moved)) this.#flow.send(bytes);
    else if (this.canReconnect) this.#openFallback(bytes);
    else if (!this.#flow.closed) this.#flow.send(bytes);
    else this.#onLost('the flow of the request is closed');
  }

  #openFallback(bytes: Uint8Array): void {
    this.#waiting = bytes;
    this.#connecting = true;
    this.#connect!(this.#flow.protocol, this.#fallback).then(
      (flow) => this.#opened(flow),
      (error: unknown) => this.#failed(error instanceof Error ? error.message : 'no flow for the response'),
    );
  }

  #opened(flow: Flow): void {
    this.#connecting = false;
    this.#moved = true;
    this.#flow = flow;
    const bytes = this.#waiting;
    this.#waiting = undefined;
    if (bytes) flow.send(bytes);
  }

  #failed(reason: string): void {
    this.#connecting = false;
    this.#waiting = undefined;
    this.#onLost(reason);
  }
}
