// In browsers, `browser/session-path.ts` stands in the place of this module.
import { SipUri, type Uri } from '../message/uri.js';
import type { Flow } from '../transport/flow.js';

/** Finds a flow to a URI that is not behind a known flow. Rejects with SipTransportError. */
export type Connect = (uri: SipUri) => Promise<Flow>;

/**
 * Which flow the requests of one dialog take.
 *
 * - The peer's own flow first: a browser or a phone behind NAT can be reached by no other.
 * - Where *we* called a resolved address over UDP, the far end may name another one in Contact or Record-Route (RFC 3261
 *   §12.2.1.1). Such a peer is not behind NAT; the name is believed, until a request of its own shows a better flow.
 * - A closed connection is replaced by a new one to the next hop; a WebSocket is not, as nobody listens there.
 */
export class SessionPath {
  #flow: Flow;
  #believeNextHop: boolean;
  readonly #connect: Connect | undefined;
  /** While a flow is looked up, later messages line up behind it, so that a BYE never overtakes an ACK. */
  #pending: Promise<Flow | undefined> | undefined;

  constructor(options: { flow: Flow; believeNextHop: boolean; connect: Connect | undefined }) {
    this.#flow = options.flow;
    this.#believeNextHop = options.believeNextHop;
    this.#connect = options.connect;
  }

  get flow(): Flow {
    return this.#flow;
  }

  /** The peer has shown itself on this flow. */
  follow(flow: Flow): void {
    this.#flow = flow;
    this.#believeNextHop = false;
  }

  /** Calls `use` with an open flow, at once when it is known, or `fail`. Exactly one of them is called. */
  reach(nextHop: Uri, use: (flow: Flow) => void, fail: (reason: string) => void): void {
    if (!this.#pending && this.#isGoodFor(nextHop)) {
      use(this.#flow);
      return;
    }
    this.#pending ??= this.#lookUp(nextHop).finally(() => {
      this.#pending = undefined;
    });
    const ready = this.#pending.then((flow) => (flow ? use(flow) : fail('the flow of the dialog is closed')));
    ready.catch((error: unknown) => fail(error instanceof Error ? error.message : 'the message could not be sent'));
  }

  #isGoodFor(nextHop: Uri): boolean {
    if (this.#flow.closed) return false;
    if (!this.#believeNextHop || !this.#connect || !isReachable(nextHop)) return true;
    return isAddressOf(nextHop, this.#flow);
  }

  async #lookUp(nextHop: Uri): Promise<Flow | undefined> {
    const before = this.#flow;
    const canConnect = this.#connect && isReachable(nextHop) && !before.protocol.startsWith('WS');
    // The old flow, if it is open, is the last resort.
    const found = canConnect ? await this.#connect!(nextHop as SipUri).catch(() => undefined) : undefined;
    if (found && this.#flow === before) this.#flow = found; // Else the peer has shown itself in the meantime.
    this.#believeNextHop = false;
    return this.#flow.closed ? undefined : this.#flow;
  }
}

/** `.invalid` is what browsers write as their own host (RFC 7118 §5): never looked up. */
export function isReachable(uri: Uri): boolean {
  return uri instanceof SipUri && !isInvalidHost(uri.host);
}

export function isInvalidHost(host: string): boolean {
  return /(^|\.)invalid\.?$/i.test(host);
}

function isAddressOf(uri: Uri, flow: Flow): boolean {
  if (!(uri instanceof SipUri)) return true;
  const port = uri.port ?? (uri.scheme === 'sips' || uri.transport === 'tls' ? 5061 : 5060);
  return uri.host.replace(/^\[|\]$/g, '') === flow.remote.host && port === flow.remote.port;
}
