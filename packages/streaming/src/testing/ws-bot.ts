import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

type Message = { event: string; atMs: number; [member: string]: unknown };

/** One call at a bot: a plain WebSocket, and JSON as the protocol's page has it. Nothing of ours is used. */
export class BotCall {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly messages: Message[] = [];
  /** Of everything that the caller said, at the stream's rate. */
  readonly samples: number[] = [];
  closed: { code: number } | undefined;

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.request = request;
    socket.on('message', (data, isBinary) => (isBinary ? this.#hear(data as Buffer) : this.#take(data.toString())));
    socket.on('error', () => {});
    socket.on('close', (code) => {
      this.closed = { code };
    });
  }

  of(event: string): Message[] {
    return this.messages.filter((message) => message.event === event);
  }

  say(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  /** A tone, as one message, and a mark behind it when it has a name. */
  sayTone(hz: number, ms: number, rate: number, mark?: string): void {
    const samples = Int16Array.from({ length: (ms * rate) / 1000 }, (_, index) =>
      Math.round(8_000 * Math.sin((2 * Math.PI * hz * index) / rate)),
    );
    const payload = Buffer.from(samples.buffer).toString('base64');
    this.say({ event: 'media', stream_sid: this.#streamSid, media: { payload } });
    if (mark !== undefined) this.say({ event: 'mark', stream_sid: this.#streamSid, mark: { name: mark } });
  }

  get #streamSid(): unknown {
    return this.of('start')[0]?.['stream_sid'];
  }

  #take(text: string): void {
    const message = JSON.parse(text) as Message;
    this.messages.push({ ...message, atMs: performance.now() });
    const media = message['media'] as { payload: string } | undefined;
    if (media) this.#hear(Buffer.from(media.payload, 'base64'));
  }

  #hear(audio: Buffer): void {
    for (let at = 0; at + 1 < audio.length; at += 2) this.samples.push(audio.readInt16LE(at));
  }
}

/** A bot of somebody else: a WebSocket server on loopback. */
export class WsBot {
  readonly calls: BotCall[] = [];
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer, onCall: (call: BotCall) => void) {
    this.#server = server;
    server.on('connection', (socket, request) => {
      const call = new BotCall(socket, request);
      this.calls.push(call);
      onCall(call);
    });
  }

  static async open(onCall: (call: BotCall) => void = () => {}): Promise<WsBot> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    return new WsBot(server, onCall);
  }

  url(query = ''): string {
    return `ws://key:token@127.0.0.1:${(this.#server.address() as AddressInfo).port}/calls${query}`;
  }

  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }
}
