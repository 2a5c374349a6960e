import type { Server, Socket } from 'node:net';
import { type Clock, systemClock } from '@intermix/kernel';
import { SipTransportError } from '../message/errors.js';
import type { Flow, SipProtocol, SocketAddress, Transport, TransportSink } from '../transport/flow.js';
import { type AnnouncedAddress, announcedAddress, plainAddress } from './announced-address.js';
import { type ConnectionCaps, ConnectionCounter } from './connection-counter.js';
import { listenError } from './listen-error.js';
import { defaultStreamLimits, StreamFlow, type StreamLimits } from './stream-flow.js';

export interface StreamTransportOptions {
  /** IP address to listen on. */
  host: string;
  /** 0 for any free port; see `address`. Undefined: connections are only made, never taken. */
  port?: number | undefined;
  announce?: AnnouncedAddress;
  /** Default 5 s. */
  connectTimeoutMs?: number;
  limits?: Partial<StreamLimits>;
  /** Default 10,000 in all and 200 from one source address. */
  caps?: Partial<ConnectionCaps>;
  clock?: Clock;
}

/** How a kind of stream is opened. */
export interface StreamSockets {
  readonly protocol: 'TCP' | 'TLS';
  /** A server that hands each connection to `accept` once it is ready, after `admit` has let its raw socket in. */
  createServer(hooks: { admit(socket: Socket): boolean; accept(socket: Socket): void }): Server;
  /** Begins to connect; `onReady` when SIP may be sent. */
  connect(target: SocketAddress, serverName: string | undefined, onReady: () => void): Socket;
}

const STOP_GRACE_MS = 1000;

/** What TCP and TLS have in common: a listener, connections that are reused, and caps. RFC 3261 §18, RFC 5923. */
export class StreamTransport implements Transport {
  readonly protocols: readonly SipProtocol[];
  readonly #sockets: StreamSockets;
  readonly #options: StreamTransportOptions;
  readonly #clock: Clock;
  readonly #limits: StreamLimits;
  readonly #counter: ConnectionCounter;
  /** Every open connection by its id, with the keys under which it stands in `#byPeer`. */
  readonly #flows = new Map<string, { flow: StreamFlow; keys: string[] }>();
  /** Open connections by peer address, and by alias. */
  readonly #byPeer = new Map<string, StreamFlow>();
  readonly #opening = new Map<string, Promise<Flow>>();
  /** Sockets that are not a flow yet, by peer: dialling, or in the TLS handshake. */
  readonly #unready = new Map<string, Socket>();
  #address: SocketAddress;
  #server: Server | undefined;
  #sink: TransportSink | undefined;
  #nextId = 1;
  #onDrained: (() => void) | undefined;

  constructor(sockets: StreamSockets, options: StreamTransportOptions) {
    this.#sockets = sockets;
    this.protocols = [sockets.protocol];
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limits = { ...defaultStreamLimits, ...options.limits };
    this.#counter = new ConnectionCounter({ total: 10_000, perSource: 200, ...options.caps });
    this.#address = { host: options.host, port: options.port ?? 0 };
  }

  /** Where it listens; the real port once started. */
  get address(): SocketAddress {
    return this.#address;
  }

  /** Connections that are open now, for metrics. */
  get connections(): number {
    return this.#flows.size;
  }

  async start(sink: TransportSink): Promise<void> {
    this.#sink = sink;
    const { host, port } = this.#options;
    if (port === undefined) return;
    const server = this.#sockets.createServer({
      admit: (socket) => this.#admit(socket),
      accept: (socket) => void this.#open(socket, sink, true),
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(listenError(this.#sockets.protocol, host, port, cause)));
      server.listen({ host, port }, resolve);
    });
    server.removeAllListeners('error');
    server.on('error', () => {}); // A failed accept concerns only the peer that tried.
    const address = server.address();
    if (address && typeof address === 'object') this.#address = { host, port: address.port };
    this.#server = server;
  }

  connect(protocol: SipProtocol, target: SocketAddress, options: { serverName?: string } = {}): Promise<Flow> {
    if (protocol !== this.#sockets.protocol) {
      return Promise.reject(new SipTransportError(`this transport speaks ${this.#sockets.protocol}, not ${protocol}`));
    }
    // A connection that the peer opened has proven no name to us, so over TLS the name belongs to the key.
    const serverName = protocol === 'TLS' ? options.serverName : undefined;
    const key = peerKey(target, serverName);
    const open = this.#byPeer.get(key);
    if (open && !open.closed) return Promise.resolve(open);
    const opening = this.#opening.get(key) ?? this.#connectNew(key, target, serverName);
    this.#opening.set(key, opening);
    return opening;
  }

  /**
   * Lets requests to this port of the flow's peer go over the flow: the peer has put `;alias` into its Via and may be
   * trusted to be who it says, RFC 5923 §8. A listener's connection is otherwise known only by its passing port.
   */
  addAlias(flow: Flow, port: number): void {
    const known = this.#flows.get(flow.id);
    if (!known || known.flow.closed) return;
    const key = peerKey({ host: flow.remote.host, port });
    known.keys.push(key);
    this.#byPeer.set(key, known.flow);
  }

  sentBy(flow: Flow): { host: string; port?: number } {
    return announcedAddress(this.#server ? this.#address : flow.local, this.#options.announce);
  }

  /** Lets what is being sent get out, but waits no longer than a second for slow readers. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#sink = undefined;
    const closed = server ? new Promise<void>((resolve) => server.close(() => resolve())) : undefined;
    const drained = new Promise<void>((resolve) => {
      this.#onDrained = resolve;
    });
    for (const socket of this.#unready.values()) socket.destroy();
    for (const { flow } of [...this.#flows.values()]) flow.close();
    const grace = this.#clock.schedule(STOP_GRACE_MS, () => {
      for (const { flow } of [...this.#flows.values()]) flow.destroy('stopped');
    });
    await closed;
    if (this.#flows.size > 0) await drained;
    grace.cancel();
  }

  #admit(socket: Socket): boolean {
    const source = plainAddress(socket.remoteAddress ?? '');
    if (!this.#counter.enter(source)) {
      socket.destroy();
      return false;
    }
    const key = `${source}:${socket.remotePort}`;
    this.#unready.set(key, socket);
    socket.once('close', () => {
      this.#unready.delete(key);
      this.#counter.leave(source);
    });
    return true;
  }

  #open(socket: Socket, sink: TransportSink, openedByPeer: boolean, key?: string): StreamFlow {
    const { protocol } = this.#sockets;
    const id = `${protocol.toLowerCase()}-${this.#nextId++}`;
    const forget: TransportSink = {
      message: (bytes, flow) => sink.message(bytes, flow),
      flowClosed: (flow, reason) => {
        this.#forget(flow as StreamFlow);
        sink.flowClosed(flow, reason);
        if (this.#flows.size === 0) this.#onDrained?.();
      },
    };
    const flow = new StreamFlow(id, protocol, {
      socket,
      sink: forget,
      limits: this.#limits,
      clock: this.#clock,
      openedByPeer,
    });
    this.#unready.delete(`${flow.remote.host}:${flow.remote.port}`);
    const keys = [key ?? peerKey(flow.remote)];
    this.#flows.set(id, { flow, keys });
    this.#byPeer.set(keys[0]!, flow);
    return flow;
  }

  #forget(flow: StreamFlow): void {
    for (const key of this.#flows.get(flow.id)?.keys ?? []) {
      if (this.#byPeer.get(key) === flow) this.#byPeer.delete(key);
    }
    this.#flows.delete(flow.id);
  }

  #connectNew(key: string, target: SocketAddress, serverName: string | undefined): Promise<Flow> {
    const sink = this.#sink;
    if (!sink) return Promise.reject(new SipTransportError(`the ${this.#sockets.protocol} transport is not started`));
    return this.#dial(target, serverName)
      .then((socket) => this.#open(socket, sink, false, key))
      .finally(() => this.#opening.delete(key));
  }

  #dial(target: SocketAddress, serverName: string | undefined): Promise<Socket> {
    const { connectTimeoutMs = 5000 } = this.#options;
    const where = `${this.#sockets.protocol} ${target.host}:${target.port}`;
    return new Promise((resolve, reject) => {
      const settle = () => {
        timer.cancel();
        this.#unready.delete(where);
        socket.off('error', onError).off('close', onClose);
      };
      const fail = (why: string, cause?: unknown) => {
        settle();
        socket.on('error', () => {}); // What else breaks while it goes down is of no interest.
        socket.destroy();
        reject(new SipTransportError(`no connection to ${where}: ${why}`, { cause }));
      };
      const onError = (cause: Error) => fail(cause.message, cause);
      const onClose = () => fail('closed');
      const socket = this.#sockets.connect(target, serverName, () => {
        settle();
        resolve(socket);
      });
      const timer = this.#clock.schedule(connectTimeoutMs, () => fail(`no answer in ${connectTimeoutMs} ms`));
      this.#unready.set(where, socket);
      socket.on('error', onError).on('close', onClose);
    });
  }
}

function peerKey(address: SocketAddress, serverName = ''): string {
  return `${address.host}:${address.port} ${serverName}`;
}
