import type { Clock, Random } from '@intermix/kernel';
import { SipTransportError } from '../message/errors.js';
import type { Flow, SipProtocol, SocketAddress, Transport, TransportSink } from './flow.js';
import { LoopFlow } from './loop-flow.js';

/** What the network does to datagrams. Shares are from 0 to 1; reliable protocols know only the delay. */
export interface NetworkConditions {
  loss: number;
  duplication: number;
  /** Share of datagrams that arrive `reorderByMs` late, and so behind later ones. */
  reorder: number;
  reorderByMs: number;
  delayMs: number;
}

/** One message as it went into the network. */
export interface LoopMessage {
  readonly atMs: number;
  readonly protocol: SipProtocol;
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** `INVITE sip:bob@example.com` or `200 OK`, without the version. */
  readonly startLine: string;
  /** False when loss, a cut or a missing listener ate it. */
  delivered: boolean;
}

export interface LoopTransportOptions {
  /** IP address of this end. Need not exist. */
  host: string;
  /** Port that listens, for all protocols; 5060 unless told otherwise. */
  port?: number;
  /** All unless told otherwise. */
  protocols?: readonly SipProtocol[];
  /** Written into Via and Contact instead of the address: a browser's `xyz.invalid`. */
  announce?: { host: string; port?: number };
  /** Facts of the WebSocket upgrade that the other end sees on flows which this end opens. */
  upgrade?: { origin?: string; path: string };
  /** False for an end that only opens connections, such as a browser. Default true. */
  listens?: boolean;
}

/**
 * A network in memory, for tests: ends are joined by flows that behave as sockets do, time comes from the clock, chance
 * from `random`, and every message is on record. Nothing is delivered synchronously.
 */
export class LoopNetwork {
  readonly clock: Clock;
  readonly random: Random;
  readonly conditions: NetworkConditions = { loss: 0, duplication: 0, reorder: 0, reorderByMs: 50, delayMs: 0 };
  /** Every SIP message in the order of sending, lost ones too. Keep-alives are not listed. */
  readonly messages: LoopMessage[] = [];
  /** Return true to lose a message, over whatever protocol: for scripted loss. */
  drop: ((message: LoopMessage) => boolean) | undefined;
  readonly #ends = new Map<string, LoopTransport>();
  readonly #flows = new Set<LoopFlow>();
  #nextPort = 49152;
  #nextFlow = 1;

  constructor(options: { clock: Clock; random: Random; conditions?: Partial<NetworkConditions> }) {
    this.clock = options.clock;
    this.random = options.random;
    Object.assign(this.conditions, options.conditions);
  }

  /** A new end of the network. */
  transport(options: LoopTransportOptions): LoopTransport {
    return new LoopTransport(this, options);
  }

  /** Open connections, both sides of each. */
  get openFlows(): readonly Flow[] {
    return [...this.#flows];
  }

  /** Breaks a connection: both sides see it close. In-flight messages are lost. */
  cut(flow: Flow, reason = 'connection reset', closeCode?: number): void {
    if (flow instanceof LoopFlow) flow.cut(reason, closeCode);
  }

  /** The start lines of all messages so far, in order: the ladder of a test. */
  ladder(): string[] {
    return this.messages.map((message) => message.startLine);
  }

  /** @internal */
  register(end: LoopTransport): void {
    const key = keyOf(end.address);
    if (this.#ends.has(key)) throw new SipTransportError(`${key} is in use on this network`);
    this.#ends.set(key, end);
  }

  /** @internal */
  unregister(end: LoopTransport): void {
    this.#ends.delete(keyOf(end.address));
    for (const flow of [...this.#flows]) if (flow.end === end) flow.cut('transport stopped');
  }

  /** @internal The listener at an address. */
  endAt(address: SocketAddress, protocol: SipProtocol): LoopTransport | undefined {
    const end = this.#ends.get(keyOf(address));
    return end?.listens && end.protocols.includes(protocol) ? end : undefined;
  }

  /** @internal A pair of flows between two ends, the opener's first. */
  join(protocol: SipProtocol, opener: LoopTransport, listener: LoopTransport, target: SocketAddress): LoopFlow {
    const local = { host: opener.address.host, port: this.#nextPort++ };
    const id = this.#nextFlow++;
    const near = new LoopFlow(this, opener, { id: `${protocol}-${id}a`, protocol, local, remote: target });
    const far = new LoopFlow(this, listener, {
      id: `${protocol}-${id}b`,
      protocol,
      local: target,
      remote: local,
      upgrade: opener.upgrade,
    });
    near.peer = far;
    far.peer = near;
    this.#flows.add(near).add(far);
    return near;
  }

  /** @internal */
  forget(flow: LoopFlow): void {
    this.#flows.delete(flow);
  }

  /** @internal Puts a message on record and takes the decision about its fate. */
  record(flow: Flow, bytes: Uint8Array): LoopMessage {
    const text = new TextDecoder().decode(bytes);
    const message: LoopMessage = {
      atMs: this.clock.now(),
      protocol: flow.protocol,
      from: flow.local,
      to: flow.remote,
      bytes,
      text,
      startLine: startLineOf(text),
      delivered: true,
    };
    this.messages.push(message);
    const lost = !flow.reliable && this.#chance(this.conditions.loss);
    if (lost || this.drop?.(message)) message.delivered = false;
    return message;
  }

  /** @internal Delays of the copies of a datagram: usually one. */
  datagramDelays(): number[] {
    const { delayMs, reorder, reorderByMs, duplication } = this.conditions;
    const first = delayMs + (this.#chance(reorder) ? reorderByMs : 0);
    return this.#chance(duplication) ? [first, first + 1] : [first];
  }

  #chance(share: number): boolean {
    return share > 0 && this.random.fraction() < share;
  }
}

/** One end of a LoopNetwork, speaking any protocol. */
export class LoopTransport implements Transport {
  readonly protocols: readonly SipProtocol[];
  readonly address: SocketAddress;
  readonly listens: boolean;
  readonly upgrade: { origin?: string; path: string } | undefined;
  readonly #network: LoopNetwork;
  readonly #announce: { host: string; port?: number } | undefined;
  readonly #connections = new Map<string, LoopFlow>();
  readonly #datagramFlows = new Map<string, LoopFlow>();
  sink: TransportSink | undefined;

  constructor(network: LoopNetwork, options: LoopTransportOptions) {
    this.#network = network;
    this.protocols = options.protocols ?? ['UDP', 'TCP', 'TLS', 'WS', 'WSS'];
    this.address = { host: options.host, port: options.port ?? 5060 };
    this.listens = options.listens ?? true;
    this.upgrade = options.upgrade;
    this.#announce = options.announce;
  }

  async start(sink: TransportSink): Promise<void> {
    this.#network.register(this);
    this.sink = sink;
  }

  async connect(protocol: SipProtocol, target: SocketAddress): Promise<Flow> {
    if (!this.sink) throw new SipTransportError('the transport is not started');
    if (!this.protocols.includes(protocol)) throw new SipTransportError(`${protocol} is not spoken here`);
    if (protocol === 'UDP') return this.datagramFlow(target);
    const key = `${protocol} ${keyOf(target)}`;
    const open = this.#connections.get(key);
    if (open && !open.closed) return open;
    const listener = this.#network.endAt(target, protocol);
    if (!listener) throw new SipTransportError(`${keyOf(target)} refused a ${protocol} connection`);
    const flow = this.#network.join(protocol, this, listener, target);
    this.#connections.set(key, flow);
    return flow;
  }

  sentBy(flow: Flow): { host: string; port?: number } {
    if (this.#announce) return { ...this.#announce };
    return {
      host: this.address.host,
      port: flow.protocol === 'UDP' || this.listens ? this.address.port : flow.local.port,
    };
  }

  async stop(): Promise<void> {
    if (!this.sink) return;
    this.#network.unregister(this);
    this.#connections.clear();
    this.#datagramFlows.clear();
    this.sink = undefined;
  }

  /** @internal The one flow to a peer's UDP address. */
  datagramFlow(remote: SocketAddress): LoopFlow {
    const key = keyOf(remote);
    let flow = this.#datagramFlows.get(key);
    if (!flow) {
      const id = `UDP-${keyOf(this.address)}-${key}`;
      flow = new LoopFlow(this.#network, this, { id, protocol: 'UDP', local: this.address, remote });
      this.#datagramFlows.set(key, flow);
    }
    return flow;
  }
}

function keyOf(address: SocketAddress): string {
  return `${address.host}:${address.port}`;
}

function startLineOf(text: string): string {
  const line = text.slice(0, Math.max(0, text.indexOf('\r\n')));
  return line.replace(/^SIP\/2\.0 /, '').replace(/ SIP\/2\.0$/, '');
}
