import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { type Logger, silentLogger } from '@intermix/kernel';
import { SipTransportError } from '../message/errors.js';
import type { Flow, SipProtocol, SocketAddress, Transport, TransportSink } from '../transport/flow.js';
import { type AnnouncedAddress, announcedAddress, plainAddress } from './announced-address.js';
import { isKeepAlive } from './keep-alive.js';
import { listenError } from './listen-error.js';

export interface UdpTransportOptions {
  /** IP address to listen on. */
  host: string;
  /** 0 for any free port; see `address`. */
  port: number;
  announce?: AnnouncedAddress;
  /**
   * Octets of the kernel's receive buffer, 4 MB unless told otherwise (the kernel caps it at net.core.rmem_max). The
   * default of Linux loses bursts long before a core is busy.
   */
  recvBufferSize?: number;
  logger?: Logger;
}

/** Peers whose flow object is kept. Above that the oldest is forgotten; its next datagram makes an equal one. */
const KEPT_FLOWS = 16_384;
/** Errors of a full queue, after which the next try may succeed: left to retransmission. */
const passing: ReadonlySet<string> = new Set(['ENOBUFS', 'EAGAIN', 'ENOMEM', 'EINTR', 'ECANCELED']);
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** SIP over one UDP socket. RFC 3261 §18. */
export class UdpTransport implements Transport {
  readonly protocols: readonly SipProtocol[] = ['UDP'];
  readonly #options: UdpTransportOptions;
  readonly #logger: Logger;
  readonly #flows = new Map<string, UdpFlow>();
  #socket: Socket | undefined;
  #sink: TransportSink | undefined;
  #address: SocketAddress;
  #sendErrors = 0;

  constructor(options: UdpTransportOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#address = { host: options.host, port: options.port };
  }

  /** Where it listens; the real port once started. */
  get address(): SocketAddress {
    return this.#address;
  }

  /** Datagrams that the kernel refused to send, for metrics. */
  get sendErrors(): number {
    return this.#sendErrors;
  }

  async start(sink: TransportSink): Promise<void> {
    const { host, port, recvBufferSize = RECEIVE_BUFFER } = this.#options;
    const family = isIPv6(host) ? 6 : 4;
    const socket = createSocket({
      type: `udp${family}`,
      recvBufferSize,
      // Hosts are numbers here. The default would send each datagram through the resolver's thread pool.
      lookup: (name, _options, callback) => callback(null, name, family),
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (cause) => {
        socket.close();
        reject(listenError('UDP', host, port, cause));
      });
      socket.bind({ address: host, port }, resolve);
    });
    socket.removeAllListeners('error');
    socket.on('error', (err) => this.#logger.warn({ err }, 'UDP socket error'));
    socket.on('message', (bytes, from) => this.#received(bytes, from, sink));
    this.#address = { host, port: socket.address().port };
    this.#socket = socket;
    this.#sink = sink;
  }

  async connect(protocol: SipProtocol, target: SocketAddress): Promise<Flow> {
    if (protocol !== 'UDP') throw new SipTransportError(`this transport speaks UDP, not ${protocol}`);
    if (!this.#socket) throw new SipTransportError('the UDP transport is not started');
    return this.#flowTo(target.host, target.port);
  }

  sentBy(_flow: Flow): { host: string; port?: number } {
    return announcedAddress(this.#address, this.#options.announce);
  }

  async stop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#sink = undefined;
    this.#flows.clear();
    if (socket) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  /** @internal */
  send(bytes: Uint8Array | string, flow: Flow): void {
    const { host, port } = flow.remote;
    try {
      this.#socket?.send(bytes, port, host, (err) => {
        if (err) this.#notSent(err, bytes, flow);
      });
    } catch (err) {
      // Node throws at once for what can be no destination. A peer names those too: port 0 in a Via or a Contact.
      queueMicrotask(() => this.#notSent(err, bytes, flow));
    }
  }

  /**
   * What the kernel refuses for good is told (RFC 3261 §18.4). An ICMP error that comes back is not seen: Linux gives it to
   * connected sockets only, and this one speaks with everybody.
   */
  #notSent(err: unknown, bytes: Uint8Array | string, flow: Flow): void {
    this.#sendErrors++;
    this.#logger.debug({ err, to: flow.remote }, 'datagram not sent');
    const code = err instanceof Error && 'code' in err ? String(err.code) : 'unknown';
    if (typeof bytes !== 'string' && !passing.has(code)) this.#sink?.sendFailed?.(bytes, flow, `not sent: ${code}`);
  }

  #received(bytes: Buffer, from: RemoteInfo, sink: TransportSink): void {
    if (isKeepAlive(bytes)) return;
    sink.message(bytes, this.#flowTo(plainAddress(from.address), from.port));
  }

  #flowTo(host: string, port: number): UdpFlow {
    const key = `${host}:${port}`;
    const known = this.#flows.get(key);
    if (known) return known;
    if (this.#flows.size >= KEPT_FLOWS) this.#flows.delete(this.#flows.keys().next().value!);
    const flow = new UdpFlow(this, `udp-${this.#address.host}:${this.#address.port}-${key}`, this.#address, {
      host,
      port,
    });
    this.#flows.set(key, flow);
    return flow;
  }
}

class UdpFlow implements Flow {
  readonly protocol = 'UDP';
  readonly reliable = false;
  readonly secure = false;
  readonly closed = false;
  readonly #transport: UdpTransport;

  constructor(
    transport: UdpTransport,
    readonly id: string,
    readonly local: SocketAddress,
    readonly remote: SocketAddress,
  ) {
    this.#transport = transport;
  }

  send(bytes: Uint8Array | string): void {
    this.#transport.send(bytes, this);
  }

  close(): void {}
}
