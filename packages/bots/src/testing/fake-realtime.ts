import type { GuardedWebSocket, OutboundError, WebSocketHandlers } from '@intermix/outbound';
import type { BotWebSocketOptions } from '../session/bot.js';

/** A client event of the Realtime API, as the fake received it. */
export type ClientEvent = { type: string } & Record<string, any>;

/** The provider's end of one connection: a test speaks for it. */
export class FakeRealtimeSocket implements GuardedWebSocket {
  readonly received: ClientEvent[] = [];
  bufferedBytes = 0;
  closedWith: number | undefined;
  /** Whether nobody reads: what is told meanwhile comes when it is read on. */
  isPaused = false;
  /** False: what it tells comes though nobody reads. */
  heedsPause = true;
  readonly #handlers: WebSocketHandlers;
  readonly #unread: string[] = [];
  #isOpen = false;

  constructor(
    readonly url: string,
    readonly options: BotWebSocketOptions,
    handlers: WebSocketHandlers,
  ) {
    this.#handlers = handlers;
  }

  accept(): this {
    this.#isOpen = true;
    this.#handlers.opened('');
    this.tell({ type: 'session.created' }, { type: 'session.updated' });
    return this;
  }

  tell(...events: object[]): this {
    for (const event of events) this.tellText(JSON.stringify(event));
    return this;
  }

  tellText(text: string): void {
    if (this.isPaused && this.heedsPause) this.#unread.push(text);
    else this.#handlers.message(Buffer.from(text), false);
  }

  tellPing(): void {
    this.#handlers.alive?.('ping');
  }

  /** How much of what it told nobody has read. */
  get unread(): number {
    return this.#unread.length;
  }

  /** A response begins and says `ms` of speech at a constant level, in the newer spelling. */
  speak(
    responseId: string,
    { ms, level = 1_000, itemId = `item-${responseId}` }: { ms: number; level?: number; itemId?: string },
  ): this {
    const audio = Buffer.from(new Int16Array(ms * 24).fill(level).buffer);
    return this.tell(
      { type: 'response.created', response: { id: responseId } },
      {
        ...{ type: 'response.output_audio.delta', response_id: responseId, item_id: itemId, content_index: 0 },
        delta: audio.toString('base64'),
      },
    );
  }

  /** All of it was made. */
  finish(responseId: string, { words = '', usage = {}, itemId = `item-${responseId}` } = {}): this {
    const place = { response_id: responseId, item_id: itemId };
    return this.tell(
      { type: 'response.output_audio.done', ...place },
      { type: 'response.output_audio_transcript.done', ...place, transcript: words },
      { type: 'response.done', response: { id: responseId, status: 'completed', usage } },
    );
  }

  drop(code = 1006, error?: OutboundError): void {
    this.#handlers.closed({ wasOpen: this.#isOpen, code, reason: '', error });
  }

  of(type: string): ClientEvent[] {
    return this.received.filter((event) => event.type === type);
  }

  /** What it was told, audio left out. */
  get told(): string[] {
    return this.received.map(({ type }) => type).filter((type) => type !== 'input_audio_buffer.append');
  }

  send(data: string): void {
    this.received.push(JSON.parse(data) as ClientEvent);
  }

  close(code = 1000): void {
    this.closedWith ??= code;
  }

  ping(): void {}

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    while (!this.isPaused && this.#unread.length > 0)
      this.#handlers.message(Buffer.from(this.#unread.shift() ?? ''), false);
  }
}

/** The provider: keeps every connection that was asked for. */
export class FakeRealtime {
  readonly sockets: FakeRealtimeSocket[] = [];

  readonly openWebSocket = (url: string, options: BotWebSocketOptions, handlers: WebSocketHandlers) => {
    const socket = new FakeRealtimeSocket(url, options, handlers);
    this.sockets.push(socket);
    return socket;
  };

  get last(): FakeRealtimeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('no connection was asked for');
    return socket;
  }
}
