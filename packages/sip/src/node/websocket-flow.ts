import { isUtf8 } from 'node:buffer';
import type { Clock, Timer } from '@intermix/kernel';
import type { RawData, WebSocket } from 'ws';
import type { Flow, SocketAddress, TransportSink } from '../transport/flow.js';
import { isKeepAlive } from './keep-alive.js';

export interface WebSocketLimits {
  /** Interval of our pings; a connection that has not answered one when the next is due is dead. */
  pingIntervalMs: number;
  /** A connection that has not sent a SIP message within this time is closed. */
  firstMessageMs: number;
  /** A connection for which `markAuthenticated` was not called within this time is closed; undefined: no such limit. */
  unauthenticatedMs: number | undefined;
  /** Octets of one frame or message, SIP's own limit. */
  maxPayloadBytes: number;
  /** Octets that may wait for a slow reader; more closes the connection. */
  maxBufferedBytes: number;
}

export const defaultWebSocketLimits: WebSocketLimits = {
  pingIntervalMs: 15_000,
  firstMessageMs: 60_000,
  unauthenticatedMs: undefined,
  maxPayloadBytes: 64 * 1024,
  maxBufferedBytes: 1024 * 1024,
};

export interface WebSocketFlowParts {
  id: string;
  socket: WebSocket;
  sink: TransportSink;
  clock: Clock;
  limits: WebSocketLimits;
  secure: boolean;
  local: SocketAddress;
  remote: SocketAddress;
  upgrade: { origin?: string; path: string };
}

/** RFC 6455 §7.4.1: policy violation, and going away. */
const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;
/** How long a peer may take over the closing handshake. */
const CLOSE_GRACE_MS = 2000;

/** One browser. A WebSocket message is a SIP message, RFC 7118 §5; CRLFCRLF alone is a ping. */
export class WebSocketFlow implements Flow {
  readonly id: string;
  readonly protocol: 'WS' | 'WSS';
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly reliable = true;
  readonly secure: boolean;
  readonly upgrade: { origin?: string; path: string };
  readonly #parts: WebSocketFlowParts;
  #pingTimer: Timer | undefined;
  #firstMessage: Timer | undefined;
  #unauthenticated: Timer | undefined;
  #closeGrace: Timer | undefined;
  #pongSeen = true;
  #reason: string | undefined;
  #closeCode: number | undefined;
  #closed = false;
  #reported = false;

  constructor(parts: WebSocketFlowParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.secure = parts.secure;
    this.protocol = parts.secure ? 'WSS' : 'WS';
    this.local = parts.local;
    this.remote = parts.remote;
    this.upgrade = parts.upgrade;
    this.#listen();
    this.#startTimers();
  }

  get closed(): boolean {
    return this.#closed;
  }

  get closeCode(): number | undefined {
    return this.#closeCode;
  }

  /** Text frames, which every browser stack reads; binary ones only for octets that are not UTF-8. */
  send(bytes: Uint8Array | string): void {
    const { socket, limits } = this.#parts;
    if (this.#closed || socket.readyState !== socket.OPEN) return;
    const binary = typeof bytes !== 'string' && !isUtf8(bytes);
    socket.send(bytes, { binary }, (error) => {
      if (error) this.terminate(error.message);
    });
    if (socket.bufferedAmount > limits.maxBufferedBytes) this.terminate('peer reads too slowly');
  }

  close(): void {
    this.#closeWith(GOING_AWAY, 'closed by us');
  }

  /** The peer has proven who it is: the time limit for strangers does not apply to it. */
  markAuthenticated(): void {
    this.#unauthenticated?.cancel();
  }

  /** Drops the connection without a closing handshake. */
  terminate(reason: string): void {
    this.#reason ??= reason;
    this.#closed = true;
    this.#parts.socket.terminate();
  }

  #listen(): void {
    const { socket } = this.#parts;
    socket.on('message', (data) => this.#received(data));
    socket.on('pong', () => {
      this.#pongSeen = true;
    });
    socket.on('error', (error) => {
      this.#reason ??= error.message; // Oversize and broken frames; ws closes the connection itself.
    });
    socket.on('close', (code) => {
      this.#closeCode = code;
      this.#gone(`closed by the peer (${code})`);
    });
  }

  #startTimers(): void {
    const { clock, limits } = this.#parts;
    this.#armPing();
    this.#firstMessage = clock.schedule(limits.firstMessageMs, () =>
      this.#closeWith(POLICY_VIOLATION, 'no message came'),
    );
    if (limits.unauthenticatedMs === undefined) return;
    this.#unauthenticated = clock.schedule(limits.unauthenticatedMs, () =>
      this.#closeWith(POLICY_VIOLATION, 'not authenticated in time'),
    );
  }

  /** A browser whose network is gone sends no FIN: only a missing pong tells. */
  #armPing(): void {
    const { clock, limits, socket } = this.#parts;
    this.#pingTimer = clock.schedule(limits.pingIntervalMs, () => {
      if (!this.#pongSeen) {
        this.terminate('no pong');
        return;
      }
      this.#pongSeen = false;
      if (socket.readyState === socket.OPEN) socket.ping();
      this.#armPing();
    });
  }

  #received(data: RawData): void {
    if (this.#closed || !Buffer.isBuffer(data)) return;
    if (isKeepAlive(data)) {
      if (data.length >= 4) this.send('\r\n');
      return;
    }
    this.#firstMessage?.cancel();
    this.#parts.sink.message(data, this);
  }

  #closeWith(code: number, reason: string): void {
    if (this.#closed) return;
    this.#reason ??= reason;
    this.#closed = true;
    this.#parts.socket.close(code, reason);
    this.#closeGrace = this.#parts.clock.schedule(CLOSE_GRACE_MS, () => this.#parts.socket.terminate());
  }

  #gone(reason: string): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#closed = true;
    for (const timer of [this.#pingTimer, this.#firstMessage, this.#unauthenticated, this.#closeGrace]) timer?.cancel();
    this.#parts.sink.flowClosed(this, this.#reason ?? reason);
  }
}
