import type { Clock } from '@intermix/kernel';
import { type GuardedWebSocket, OutboundError, type WebSocketHandlers } from '@intermix/outbound';
import { octetsOf } from '@intermix/streaming';
import type { StreamNetwork } from '@intermix/streaming/media-child';
import { toneSamples } from '../sound/tone.js';

/** JSON of the caller. */
type Said = any;

/** A bot's end of a paired socket: what it is told, and its hand on what it says. */
export class PairedBot implements GuardedWebSocket {
  readonly bufferedBytes = 0;
  readonly told: Said[] = [];
  streamSid = '';
  rate = 8000;
  closedWith: { code: number; reason: string } | undefined;
  /** Takes no part in closing, and answers no ping. */
  isDeaf = false;
  readonly #clock: Clock;
  readonly #handlers: WebSocketHandlers;
  readonly #behave: Behaviour;
  #isClosed = false;

  constructor(clock: Clock, handlers: WebSocketHandlers, behave: Behaviour) {
    this.#clock = clock;
    this.#handlers = handlers;
    this.#behave = behave;
  }

  // The bot's side.

  say(message: object | string | Buffer): void {
    if (this.#isClosed) return;
    const isBinary = Buffer.isBuffer(message);
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    this.#handlers.message(isBinary ? message : Buffer.from(text), isBinary);
  }

  sayAudio(audio: Buffer, fields: object = { stream_sid: this.streamSid }): void {
    this.say({ event: 'media', ...fields, media: { payload: audio.toString('base64') } });
  }

  /** A tone, at once, in messages of 200 ms. */
  sayTone(hz: number, ms: number): void {
    const octets = octetsOf(toneSamples(hz, ms, this.rate));
    const message = (this.rate / 5) * 2;
    for (let at = 0; at < octets.length; at += message) this.sayAudio(octets.subarray(at, at + message));
  }

  mark(name: string): void {
    this.say({ event: 'mark', stream_sid: this.streamSid, mark: { name } });
  }

  clear(): void {
    this.say({ event: 'clear', stream_sid: this.streamSid });
  }

  hangUp(code = 1000, reason = ''): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handlers.closed({ wasOpen: true, code, reason, error: undefined });
  }

  after(ms: number, action: () => void): void {
    this.#clock.schedule(ms, action);
  }

  of(event: string): Said[] {
    return this.told.filter((one) => one.event === event);
  }

  // The caller's side.

  send(data: string | Uint8Array): void {
    const message = typeof data === 'string' ? JSON.parse(data) : { event: 'octets', octets: data.length };
    this.told.push(message);
    if (message.event === 'start') {
      this.streamSid = message.stream_sid;
      this.rate = Number(message.start.media_format.sample_rate);
    }
    this.#behave.told?.(this, message);
  }

  ping(): void {
    if (!this.isDeaf) this.after(7, () => this.#handlers.alive?.('pong'));
  }

  pause(): void {}

  resume(): void {}

  close(code = 1000, reason = ''): void {
    this.closedWith ??= { code, reason };
    this.after(this.isDeaf ? 2_000 : 0, () => this.hangUp(this.isDeaf ? 1006 : code));
  }
}

/** What a bot does: with each connection, and with each message. */
export interface Behaviour {
  opened?(bot: PairedBot): void;
  told?(bot: PairedBot, message: Said): void;
}

/** A world with one bot in it, behind every URL; it chooses the sub-protocol that is offered, if any. */
export class PairedNetwork implements StreamNetwork {
  readonly bots: PairedBot[] = [];
  readonly urls: string[] = [];
  readonly asked: string[] = [];
  /** How many handshakes fail first. */
  refusals = 0;
  /** What `https:` URLs answer. */
  answer = '';
  readonly #clock: Clock;
  readonly #behave: Behaviour;

  constructor(clock: Clock, behave: Behaviour) {
    this.#clock = clock;
    this.#behave = behave;
  }

  get bot(): PairedBot {
    const bot = this.bots.at(-1);
    if (!bot) throw new Error('nobody called');
    return bot;
  }

  open(url: string, { protocols = [] }: { protocols?: readonly string[] }, handlers: WebSocketHandlers): PairedBot {
    const bot = new PairedBot(this.#clock, handlers, this.#behave);
    this.urls.push(url);
    this.#clock.schedule(12, () => {
      if (this.refusals-- > 0) {
        const error = new OutboundError('handshake-refused', 'bot.example answered with status 503.');
        handlers.closed({ wasOpen: false, code: 1006, reason: '', error });
        return;
      }
      this.bots.push(bot);
      handlers.opened(protocols[0] ?? '');
      this.#behave.opened?.(bot);
    });
    return bot;
  }

  async get(url: string): Promise<{ status: number; headers: Record<string, string>; body: Buffer; cutOff: boolean }> {
    this.asked.push(url);
    return { status: 200, headers: {}, body: Buffer.from(this.answer), cutOff: false };
  }
}
