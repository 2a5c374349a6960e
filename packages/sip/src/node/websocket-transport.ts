import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '@intermix/kernel';
import { type WebSocket, WebSocketServer } from 'ws';
import { SipTransportError } from '../message/errors.js';
import type { Flow, SipProtocol, SocketAddress, Transport, TransportSink } from '../transport/flow.js';
import { type AnnouncedAddress, announcedAddress, plainAddress } from './announced-address.js';
import { type ConnectionCaps, ConnectionCounter } from './connection-counter.js';
import { defaultWebSocketLimits, WebSocketFlow, type WebSocketLimits } from './websocket-flow.js';

export interface WebSocketTransportOptions {
  /** Says whether a page of this origin may connect; undefined for clients that are not browsers. */
  allowOrigin(origin: string | undefined, request: IncomingMessage): boolean;
  announce?: AnnouncedAddress;
  limits?: Partial<WebSocketLimits>;
  /** Default 10,000 in all and 200 from one source address (offices share one). */
  caps?: Partial<ConnectionCaps>;
  /** The real peer, when a reverse proxy stands in front. Default: the socket's. */
  remoteAddress?(request: IncomingMessage): SocketAddress;
  /** True when the peer came by TLS, here or at a reverse proxy. Default: the socket's own. */
  isSecure?(request: IncomingMessage): boolean;
  clock?: Clock;
}

/**
 * SIP over WebSocket, server side, RFC 7118. The HTTP server is somebody else's: its upgrade requests for our path come
 * in by `handleUpgrade`. Browsers cannot be connected to, so `connect` gives open flows only.
 */
export class WebSocketTransport implements Transport {
  readonly protocols: readonly SipProtocol[] = ['WS', 'WSS'];
  readonly #options: WebSocketTransportOptions;
  readonly #clock: Clock;
  readonly #limits: WebSocketLimits;
  readonly #counter: ConnectionCounter;
  readonly #server: WebSocketServer;
  readonly #flows = new Map<string, WebSocketFlow>();
  #sink: TransportSink | undefined;
  #nextId = 1;
  #onDrained: (() => void) | undefined;

  constructor(options: WebSocketTransportOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#limits = { ...defaultWebSocketLimits, ...options.limits };
    this.#counter = new ConnectionCounter({ total: 10_000, perSource: 200, ...options.caps });
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: this.#limits.maxPayloadBytes,
      handleProtocols: () => 'sip',
    });
  }

  /** Connections that are open now, for metrics. */
  get connections(): number {
    return this.#flows.size;
  }

  async start(sink: TransportSink): Promise<void> {
    this.#sink = sink;
  }

  /** Takes an upgrade request, or refuses it with 400, 403 or 503 and closes the socket. Never throws. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const remote = this.#remoteOf(request);
    const refusal = this.#refusal(request);
    if (refusal) refuse(socket, refusal);
    else if (!this.#counter.enter(remote.host)) refuse(socket, '503 Service Unavailable');
    else this.#upgrade(request, socket, head, remote);
  }

  async connect(protocol: SipProtocol, target: SocketAddress): Promise<Flow> {
    for (const flow of this.#flows.values()) {
      const { host, port } = flow.remote;
      if (flow.protocol === protocol && host === target.host && port === target.port && !flow.closed) return flow;
    }
    throw new SipTransportError(`a WebSocket client at ${target.host}:${target.port} cannot be connected to`);
  }

  /** Exempts a flow of this transport from the time limit for strangers. */
  markAuthenticated(flow: Flow): void {
    this.#flows.get(flow.id)?.markAuthenticated();
  }

  sentBy(flow: Flow): { host: string; port?: number } {
    return announcedAddress(flow.local, this.#options.announce);
  }

  /** Closes all connections, waiting two seconds at most for peers that do not answer the closing. */
  async stop(): Promise<void> {
    this.#sink = undefined;
    if (this.#flows.size === 0) return;
    const drained = new Promise<void>((resolve) => {
      this.#onDrained = resolve;
    });
    for (const flow of [...this.#flows.values()]) flow.close();
    await drained;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, remote: SocketAddress): void {
    socket.once('close', () => this.#counter.leave(remote.host));
    // A bad handshake is answered by ws itself, which then closes the socket.
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#opened(webSocket, request, remote));
  }

  #refusal(request: IncomingMessage): string | undefined {
    if (!this.#sink) return '503 Service Unavailable';
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',');
    if (!offered.some((protocol) => protocol.trim() === 'sip')) return '400 Bad Request';
    try {
      return this.#options.allowOrigin(request.headers.origin, request) ? undefined : '403 Forbidden';
    } catch {
      return '403 Forbidden';
    }
  }

  #opened(socket: WebSocket, request: IncomingMessage, remote: SocketAddress): void {
    const sink = this.#sink;
    if (!sink) {
      socket.terminate();
      return;
    }
    const { origin } = request.headers;
    const path = request.url ?? '/';
    const flow = new WebSocketFlow({
      id: `ws-${this.#nextId++}`,
      socket,
      clock: this.#clock,
      limits: this.#limits,
      secure: this.#options.isSecure?.(request) ?? 'encrypted' in request.socket,
      local: addressOf(request.socket.localAddress, request.socket.localPort),
      remote,
      upgrade: origin === undefined ? { path } : { origin, path },
      sink: {
        message: (bytes, from) => sink.message(bytes, from),
        flowClosed: (closed, reason) => {
          this.#flows.delete(closed.id);
          sink.flowClosed(closed, reason);
          if (this.#flows.size === 0) this.#onDrained?.();
        },
      },
    });
    this.#flows.set(flow.id, flow);
  }

  #remoteOf(request: IncomingMessage): SocketAddress {
    const { socket } = request as { socket: Socket };
    return this.#options.remoteAddress?.(request) ?? addressOf(socket.remoteAddress, socket.remotePort);
  }
}

function addressOf(host: string | undefined, port: number | undefined): SocketAddress {
  return { host: plainAddress(host ?? ''), port: port ?? 0 };
}

function refuse(socket: Duplex, status: string): void {
  // Node leaves the other half open, and nobody else looks after this socket any more.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
