import type { GuardedWebSocket, OutboundAnswer, OutboundError, WebSocketHandlers } from '@intermix/outbound';
import type { StreamNetwork } from '../media-child/stream-network.js';

/** What the platform said, parsed. */
export type Said = { event: string; [member: string]: unknown };

/** A handshake as a bot sees it, and its end of the socket. */
export class FakeBotSocket implements GuardedWebSocket {
  readonly url: string;
  readonly protocols: readonly string[];
  /** Everything that was sent: text as parsed JSON, binary as it is. */
  readonly said: (Said | Buffer)[] = [];
  readonly #handlers: WebSocketHandlers;
  /** What the socket has not got rid of; a test sets it. */
  bufferedBytes = 0;
  pings = 0;
  isPaused = false;
  closedWith: { code: number; reason: string } | undefined;
  /** When true the far end takes no part in closing, until `drop`. */
  isStubborn = false;
  #isOpen = false;
  #isClosed = false;

  constructor(url: string, protocols: readonly string[], handlers: WebSocketHandlers) {
    this.url = url;
    this.protocols = protocols;
    this.#handlers = handlers;
  }

  accept(protocol = ''): this {
    this.#isOpen = true;
    this.#handlers.opened(protocol);
    return this;
  }

  refuse(error: OutboundError): void {
    this.#end(1006, '', error);
  }

  /** The bot says something. */
  say(message: object | string | Buffer): void {
    const isBinary = Buffer.isBuffer(message);
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    this.#handlers.message(isBinary ? message : Buffer.from(text), isBinary);
  }

  /** The bot closes; without a frame when the code is 1006. */
  hangUp(code = 1000, reason = '', error?: OutboundError): void {
    this.#end(code, reason, error);
  }

  sendPing(): void {
    this.#handlers.alive?.('ping');
  }

  pong(): void {
    this.#handlers.alive?.('pong');
  }

  /** Messages of one kind. */
  heard(event: string): Said[] {
    return this.said.filter((one): one is Said => !Buffer.isBuffer(one) && one.event === event);
  }

  send(data: string | Uint8Array): void {
    this.said.push(typeof data === 'string' ? (JSON.parse(data) as Said) : Buffer.from(data));
  }

  ping(): void {
    this.pings++;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(code = 1000, reason = ''): void {
    this.closedWith ??= { code, reason };
    if (!this.isStubborn) queueMicrotask(() => this.#end(code, reason, undefined));
  }

  #end(code: number, reason: string, error: OutboundError | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handlers.closed({ wasOpen: this.#isOpen, code, reason, error });
  }
}

/** The world of streams under test: handshakes wait here until the test answers them. */
export class FakeBotNetwork implements StreamNetwork {
  readonly sockets: FakeBotSocket[] = [];
  readonly asked: string[] = [];
  /** What `https:` URLs answer. */
  answer: () => Promise<OutboundAnswer> = async () => ({
    status: 404,
    headers: {},
    body: Buffer.alloc(0),
    cutOff: false,
  });

  /** The handshake that was begun last. */
  get last(): FakeBotSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no handshake was begun');
    return socket;
  }

  open(url: string, options: { protocols?: readonly string[] }, handlers: WebSocketHandlers): FakeBotSocket {
    const socket = new FakeBotSocket(url, options.protocols ?? [], handlers);
    this.sockets.push(socket);
    return socket;
  }

  async get(url: string): Promise<OutboundAnswer> {
    this.asked.push(url);
    return this.answer();
  }
}
