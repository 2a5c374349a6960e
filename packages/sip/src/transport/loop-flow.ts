import type { Flow, SipProtocol, SocketAddress } from './flow.js';
import type { LoopMessage, LoopNetwork, LoopTransport } from './loop-network.js';

/** One side of a path through a LoopNetwork. */
export class LoopFlow implements Flow {
  readonly id: string;
  readonly protocol: SipProtocol;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly reliable: boolean;
  readonly secure: boolean;
  readonly upgrade?: { origin?: string; path: string };
  readonly end: LoopTransport;
  /** The other side of a connection; undefined for UDP, where the address decides at delivery. */
  peer: LoopFlow | undefined;
  readonly #network: LoopNetwork;
  #closed = false;
  #closeCode: number | undefined;
  /** Due time of the newest message, so that a shorter delay cannot overtake on a connection. */
  #lastDueMs = 0;

  constructor(
    network: LoopNetwork,
    end: LoopTransport,
    what: {
      id: string;
      protocol: SipProtocol;
      local: SocketAddress;
      remote: SocketAddress;
      upgrade?: { origin?: string; path: string } | undefined;
    },
  ) {
    this.#network = network;
    this.end = end;
    this.id = what.id;
    this.protocol = what.protocol;
    this.local = what.local;
    this.remote = what.remote;
    this.reliable = what.protocol !== 'UDP';
    this.secure = what.protocol === 'TLS' || what.protocol === 'WSS';
    if (what.upgrade) this.upgrade = what.upgrade;
  }

  get closeCode(): number | undefined {
    return this.#closeCode;
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(bytes: Uint8Array | string): void {
    const data = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
    if (this.#closed || isKeepAlive(data)) return;
    const message = this.#network.record(this, data);
    if (!message.delivered) return;
    if (this.reliable) this.#deliverInOrder(message);
    else for (const delayMs of this.#network.datagramDelays()) this.#deliverDatagram(message, delayMs);
  }

  close(): void {
    if (this.reliable) this.cut('closed');
  }

  /** Closes both sides; each sink hears of it in its own turn, the peer's with the code that a WebSocket would give. */
  cut(reason: string, closeCode?: number): void {
    if (this.peer && !this.peer.closed) this.peer.#closeCode = closeCode;
    this.peer?.lose(reason);
    this.lose(reason);
  }

  /** @internal */
  lose(reason: string): void {
    if (this.#closed || !this.reliable) return;
    this.#closed = true;
    this.#network.forget(this);
    const { sink } = this.end;
    this.#network.clock.schedule(0, () => sink?.flowClosed(this, reason));
  }

  #deliverInOrder(message: LoopMessage): void {
    const { clock, conditions } = this.#network;
    this.#lastDueMs = Math.max(this.#lastDueMs, clock.now() + conditions.delayMs);
    clock.schedule(this.#lastDueMs - clock.now(), () => {
      const peer = this.peer;
      if (!peer || peer.closed || !peer.end.sink) message.delivered = false;
      else peer.end.sink.message(message.bytes, peer);
    });
  }

  #deliverDatagram(message: LoopMessage, delayMs: number): void {
    this.#network.clock.schedule(delayMs, () => {
      const end = this.#network.endAt(this.remote, 'UDP');
      if (!end?.sink) message.delivered = false;
      else end.sink.message(message.bytes, end.datagramFlow(this.local));
    });
  }
}

function isKeepAlive(data: Uint8Array): boolean {
  return data.every((byte) => byte === 13 || byte === 10);
}
