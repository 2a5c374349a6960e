import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@intermix/testkit';
import { type WebSocket, WebSocketServer } from 'ws';

// A bot as its author would write it from the published description of the stream protocol: a WebSocket library, JSON and
// base64, and nothing of ours.

export interface BotMessage {
  event: string;
  /** When it came, on the clock of `performance.now()`. */
  at: number;
  [field: string]: any;
}

/** One conversation of the bot. */
export class BotTalk {
  readonly messages: BotMessage[] = [];
  /** The request that opened the socket. */
  readonly upgrade: IncomingMessage;
  closed: { code: number; at: number } | undefined;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, upgrade: IncomingMessage) {
    this.#socket = socket;
    this.upgrade = upgrade;
    socket.on('message', (data) => this.messages.push({ ...JSON.parse(String(data)), at: performance.now() }));
    socket.on('close', (code) => {
      this.closed = { code, at: performance.now() };
    });
  }

  /** As Pipecat does: the call is known by the first two messages and by these keys. */
  get start(): BotMessage['start'] | undefined {
    const [first, second] = this.messages;
    if (first?.event !== 'connected' || second?.event !== 'start') return undefined;
    const { stream_sid, call_sid, account_sid } = second.start;
    return stream_sid && call_sid && account_sid ? second.start : undefined;
  }

  of(event: string): BotMessage[] {
    return this.messages.filter((message) => message.event === event);
  }

  /** Waits for the nth message of this kind, the first unless told otherwise. */
  message(event: string, nth = 0, timeoutMs = 10_000): Promise<BotMessage> {
    return eventually(() => this.of(event)[nth], { timeoutMs, everyMs: 10, message: `the bot to be told "${event}"` });
  }

  /** What was said in the last so many milliseconds, as 16 bit samples of the stream's rate; of one track where there are two. */
  heard(lastMs: number, track?: string): Int16Array {
    const wanted = this.of('media').filter(({ media }) => track === undefined || media.track === track);
    const chunks = wanted.map(({ media }) => Buffer.from(media.payload, 'base64'));
    const all = Buffer.concat(chunks);
    const bytes = 2 * Math.round((this.rateHz * lastMs) / 1_000);
    const last = all.subarray(Math.max(0, all.length - bytes));
    return Int16Array.from({ length: last.length / 2 }, (_, index) => last.readInt16LE(index * 2));
  }

  /** The tone that the caller makes; undefined while it is quiet. */
  get hearingHz(): number | undefined {
    return this.hearingOn(undefined);
  }

  /** The tone on a track, by its passages through zero; undefined while it is quiet. */
  hearingOn(track: string | undefined): number | undefined {
    const samples = this.heard(300, track);
    if (samples.length < this.rateHz * 0.3 || Math.max(...samples) < 500) return undefined;
    const passages = samples.filter(
      (sample, index) => index > 0 && (samples[index - 1] ?? 0) < 0 && sample >= 0,
    ).length;
    return (passages * this.rateHz) / samples.length;
  }

  get rateHz(): number {
    return Number(this.start?.media_format.sample_rate ?? 8_000);
  }

  /** Says a tone, sent at once in frames of 100 ms. */
  sayTone(hz: number, ms: number): void {
    const samples = Math.round((this.rateHz * ms) / 1_000);
    const audio = Buffer.alloc(samples * 2);
    for (let index = 0; index < samples; index++)
      audio.writeInt16LE(Math.round(8_000 * Math.sin((2 * Math.PI * hz * index) / this.rateHz)), index * 2);
    const frame = this.rateHz / 5;
    for (let offset = 0; offset < audio.length; offset += frame)
      this.send('media', { media: { payload: audio.subarray(offset, offset + frame).toString('base64') } });
  }

  mark(name: string): void {
    this.send('mark', { mark: { name } });
  }

  clear(): void {
    this.send('clear', {});
  }

  send(event: string, fields: object): void {
    this.#socket.send(JSON.stringify({ event, stream_sid: this.start?.stream_sid, ...fields }));
  }

  /** Anything at all. */
  sendRaw(text: string | Buffer): void {
    this.#socket.send(text);
  }

  close(): void {
    this.#socket.close(1000);
  }
}

/** The bot: a WebSocket server on loopback. */
export class StreamBot {
  readonly talks: BotTalk[] = [];
  readonly url: string;
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket, upgrade) => this.talks.push(new BotTalk(socket, upgrade)));
  }

  static async open(): Promise<StreamBot> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    return new StreamBot(server);
  }

  /** Waits for the nth conversation, until its `start` has come. */
  async talk(nth: number, timeoutMs = 10_000): Promise<BotTalk> {
    const started = () => (this.talks[nth]?.start ? this.talks[nth] : undefined);
    return eventually(started, { timeoutMs, everyMs: 10, message: `conversation ${nth} of the bot to start` });
  }

  async stop(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
