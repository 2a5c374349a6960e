import type { Socket } from 'node:net';
import type { Clock, Timer } from '@intermix/kernel';
import { StreamFramer } from '../message/stream-framer.js';
import type { Flow, SocketAddress, TransportSink } from '../transport/flow.js';
import { plainAddress } from './announced-address.js';

export interface StreamLimits {
  /** A message that is not complete within this time closes the connection: senders of one byte a second. */
  unfinishedMessageMs: number;
  /** A connection opened by a peer that has not sent a whole message within this time is closed. */
  firstMessageMs: number;
  /** Octets that may wait for a slow reader; more closes the connection. */
  maxBufferedBytes: number;
}

export const defaultStreamLimits: StreamLimits = {
  unfinishedMessageMs: 30_000,
  firstMessageMs: 60_000,
  maxBufferedBytes: 1024 * 1024,
};

const PONG = '\r\n';

/** One TCP or TLS connection. Keep-alives are answered here (RFC 5626 §4.4.1); whole messages go to the sink. */
export class StreamFlow implements Flow {
  readonly reliable = true;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #socket: Socket;
  readonly #sink: TransportSink;
  readonly #limits: StreamLimits;
  readonly #clock: Clock;
  readonly #framer = new StreamFramer();
  #firstMessage: Timer | undefined;
  #unfinished: Timer | undefined;
  #reason: string | undefined;
  /** True from the moment on at which nothing is taken any more; the sink hears of it when the socket is down. */
  #closed = false;
  #reported = false;

  constructor(
    readonly id: string,
    readonly protocol: 'TCP' | 'TLS',
    parts: { socket: Socket; sink: TransportSink; limits: StreamLimits; clock: Clock; openedByPeer: boolean },
  ) {
    const { socket } = parts;
    this.#socket = socket;
    this.#sink = parts.sink;
    this.#limits = parts.limits;
    this.#clock = parts.clock;
    this.local = { host: plainAddress(socket.localAddress ?? ''), port: socket.localPort ?? 0 };
    this.remote = { host: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
    if (parts.openedByPeer) {
      const { firstMessageMs } = parts.limits;
      this.#firstMessage = this.#clock.schedule(firstMessageMs, () => this.destroy('no message came'));
    }
    this.#listen();
  }

  get secure(): boolean {
    return this.protocol === 'TLS';
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(bytes: Uint8Array | string): void {
    if (this.#closed || !this.#socket.writable) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > this.#limits.maxBufferedBytes) this.destroy('peer reads too slowly');
  }

  /** Sends what is waiting, then closes. */
  close(): void {
    if (this.#closed) return;
    this.#reason ??= 'closed by us';
    this.#closed = true;
    this.#socket.destroySoon();
  }

  /** Closes at once; what waits to be sent is lost. */
  destroy(reason: string): void {
    this.#reason ??= reason;
    this.#closed = true;
    this.#socket.destroy();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000); // A peer that vanished is found out by the kernel.
    socket.on('data', (chunk) => this.#received(chunk));
    socket.on('error', (error) => {
      this.#reason ??= error.message;
    });
    socket.on('end', () => {
      this.#reason ??= 'closed by the peer';
      socket.destroySoon();
    });
    socket.on('close', () => this.#gone());
  }

  #received(chunk: Uint8Array): void {
    if (this.#closed) return;
    for (const event of this.#framer.push(chunk)) {
      if (event.kind === 'ping') this.send(PONG);
      else if (event.kind === 'message') this.#message(event.bytes);
      else if (event.kind === 'broken') this.#broken(event.head);
      if (this.#closed) return;
    }
    this.#watchUnfinished();
  }

  #message(bytes: Uint8Array): void {
    this.#firstMessage?.cancel();
    this.#unfinished?.cancel();
    this.#unfinished = undefined;
    this.#sink.message(bytes, this);
  }

  /** The head goes up, so that it may be answered with 400; then nothing more can be made of the stream. */
  #broken(head: Uint8Array): void {
    this.#reason ??= 'framing lost';
    if (head.length > 0) this.#sink.message(head, this);
    this.close();
  }

  /** The time runs from the first octet of a message; more octets do not buy more time. */
  #watchUnfinished(): void {
    if (this.#framer.pendingBytes === 0) {
      this.#unfinished?.cancel();
      this.#unfinished = undefined;
      return;
    }
    this.#unfinished ??= this.#clock.schedule(this.#limits.unfinishedMessageMs, () =>
      this.destroy('message not finished'),
    );
  }

  #gone(): void {
    if (this.#reported) return;
    this.#reported = true;
    this.#closed = true;
    this.#firstMessage?.cancel();
    this.#unfinished?.cancel();
    this.#sink.flowClosed(this, this.#reason ?? 'closed');
  }
}
