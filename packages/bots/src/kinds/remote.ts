import type { GuardedWebSocket, WebSocketEnd } from '@intermix/outbound';
import { octetsOf, PlatformMessageWriter, readBotMessage, StreamMessageError, samplesOf } from '@intermix/streaming';
import Type, { type Static } from 'typebox';
import { readConfig } from '../config/read-config.js';
import type { Bot, BotKind, BotSession } from '../session/bot.js';
import { BotConfigError } from '../session/bot-config-error.js';
import { hopsHeader } from '../session/hops.js';
import { IntakeBudget } from '../session/intake-budget.js';

const RemoteConfig = Type.Object(
  {
    url: Type.String({ minLength: 6, maxLength: 599, pattern: '^wss?://[^\\x00-\\x20\\x7f]+$' }),
    custom_parameters: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }), Type.String({ maxLength: 256 }), {
        additionalProperties: false,
        maxProperties: 10,
      }),
    ),
  },
  { additionalProperties: false },
);
type RemoteConfig = Static<typeof RemoteConfig>;

/** What is heard before the other end is there, and what may wait in its socket: beyond it audio is dropped and counted. */
const maxWaitingFrames = 100;
const maxBufferedBytes = 1_000_000;
/** Bots may send faster than real time: the far end queues three minutes. */
const intake = { burst: { messages: 5_000, octets: 16_000_000 }, perSecond: { messages: 500, octets: 1_000_000 } };
const maxBadInARow = 20;
/** With which a bot hangs up: RFC 6455 §7.4.1; 1005 is none at all. */
const goodCodes: readonly number[] = [1000, 1001, 1005];

/** Hands the stream to another WebSocket, in the same protocol: what a bot elsewhere says and hears, counted here. */
export const remote: BotKind<RemoteConfig> = {
  name: 'remote',
  parse(config) {
    const read = readConfig(RemoteConfig, config);
    if (!URL.canParse(read.url)) throw new BotConfigError('url', 'url is no URL.');
    return read;
  },
  needs: ({ url }) => [{ at: 'url', kind: 'url', url }],
  start: (config, session) => new RemoteBot(config, session),
};

class RemoteBot implements Bot {
  readonly #session: BotSession;
  readonly #socket: GuardedWebSocket;
  readonly #writer: PlatformMessageWriter;
  readonly #budget: IntakeBudget;
  #waiting: string[] | undefined = [];
  #chunk = 0;
  #heardMs = 0;
  #bad = 0;
  #isClosed = false;

  constructor({ url, custom_parameters: parameters }: RemoteConfig, session: BotSession) {
    const { streamSid, callSid, accountSid, from, to, sampleRate, customParameters } = session.facts;
    this.#session = session;
    this.#writer = new PlatformMessageWriter(streamSid);
    this.#budget = new IntakeBudget(session.clock, intake);
    const start = { streamSid, callSid, accountSid, from, to, sampleRate };
    this.#tell(this.#writer.connected());
    this.#tell(this.#writer.start({ ...start, customParameters: { ...customParameters, ...parameters } }));
    this.#socket = session.outside.openWebSocket(
      url,
      { headers: { [hopsHeader]: String(session.hops + 1) } },
      {
        opened: () => this.#opened(),
        message: (data, isBinary) => this.#heard(data, isBinary),
        alive: () => this.#take(64),
        closed: (end) => this.#gone(end),
      },
    );
  }

  handleAudio(samples: Int16Array): void {
    this.#heardMs += samples.length / (this.#session.facts.sampleRate / 1000);
    const isFull = this.#waiting
      ? this.#waiting.length >= maxWaitingFrames
      : this.#socket.bufferedBytes > maxBufferedBytes;
    if (isFull) this.#session.use('frames_dropped', 1);
    else {
      const timestampMs = Math.round(this.#heardMs);
      const queue = { queueMs: this.#session.queuedMs, playedMs: this.#session.playedMs };
      this.#tell(this.#writer.media({ chunk: ++this.#chunk, timestampMs, audio: octetsOf(samples), queue }));
    }
  }

  handleDtmf(digit: string): void {
    this.#tell(this.#writer.dtmf(digit, 100));
  }

  handleMark(name: string): void {
    this.#tell(this.#writer.mark(name));
  }

  handleStop(reason: string): void {
    const { callSid, accountSid } = this.#session.facts;
    this.#tell(this.#writer.stop({ callSid, accountSid, reason }));
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting = undefined;
    this.#socket.close(1000);
  }

  #tell(text: string): void {
    if (this.#waiting === undefined) this.#socket.send(text);
    else if (this.#waiting.length < maxWaitingFrames * 2) this.#waiting.push(text);
  }

  #opened(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.#session.measure('remote-opened', this.#session.elapsedMs);
    for (const text of waiting) this.#socket.send(text);
  }

  #heard(data: Buffer, isBinary: boolean): void {
    if (this.#isClosed || !this.#take(data.length)) return;
    try {
      if (isBinary) throw new StreamMessageError('binary', 'The remote bot sends octets.');
      this.#say(String(data));
      this.#bad = 0;
    } catch (error) {
      if (++this.#bad > maxBadInARow) this.#session.close('error', `The remote bot talks nonsense: ${String(error)}`);
    }
  }

  #say(text: string): void {
    const message = readBotMessage(text);
    if (message.event === 'media') this.#session.say(samplesOf(message.audio));
    else if (message.event === 'mark') this.#session.mark(message.name);
    else if (message.event === 'clear') this.#session.clear();
  }

  #take(octets: number): boolean {
    if (this.#budget.take(octets)) return true;
    this.#session.close('error', 'The remote bot sends more than any speech needs.');
    return false;
  }

  #gone({ wasOpen, code, error }: WebSocketEnd): void {
    if (this.#isClosed) return;
    this.#session.note('remote-closed', { code, ...(error && { error: error.message }) });
    const isGood = wasOpen && error === undefined && goodCodes.includes(code);
    if (isGood) this.#session.close('bot', `The remote bot closed with ${code}.`);
    else if (wasOpen && error === undefined) this.#session.close('error', `The remote bot closed with ${code}.`);
    else this.#session.close('error', error?.message ?? 'The remote bot cannot be reached.');
  }
}
