import type { Clock, Random, Timer } from '@intermix/kernel';
import type { WebSocketEnd } from '@intermix/outbound';
import { PlatformMessageWriter, type StreamSpec, shownUrlOf } from '@intermix/streaming';
import { StreamConnection, type StreamNetwork } from '@intermix/streaming/media-child';
import { maskedUrl } from '../../config/masked-url.js';
import { Findings } from '../findings.js';
import type { CallAudio } from '../sound/two-channel-wav.js';
import { BotMessages } from './bot-messages.js';
import { CallLine } from './call-line.js';
import { type CallOrder, streamOf } from './call-order.js';
import type { CallOutcome, EndedBy } from './call-outcome.js';
import type { Caller } from './caller.js';
import { judgeClose } from './judge-close.js';
import { PingWatch } from './ping-watch.js';
import { Ticker } from './ticker.js';

/** A bot that has closed before is none that took the call. */
const atOnceMs = 1_000;
/** So long a call may be silent. */
const silentCallMs = 5_000;

//  connecting ──handshake──► opened ──start──► talking ──hang-up, limit──► leaving ──closed──► ended
//       └──────failed──────────┴──closed by the bot──┴───────────────────────────────────────────┘
type State = 'connecting' | 'opened' | 'talking' | 'leaving' | 'closing' | 'ended';

/** One call to a bot, played as Exotel plays it: a real-time line with a caller at its end. Everything is told by `ended`. */
export class CallerCall {
  /** Never rejects. */
  readonly ended: Promise<CallOutcome>;
  readonly #order: CallOrder;
  readonly #spec: StreamSpec;
  readonly #clock: Clock;
  readonly #caller: Caller;
  readonly #audio: CallAudio | undefined;
  readonly #connection: StreamConnection;
  readonly #writer: PlatformMessageWriter;
  readonly #findings = new Findings();
  readonly #messages: BotMessages;
  readonly #pings: PingWatch;
  readonly #ticker: Ticker;
  readonly #begunAtMs: number;
  readonly #resolve: (outcome: CallOutcome) => void;
  #state: State = 'connecting';
  #line: CallLine | undefined;
  #timer: Timer | undefined;
  #sampleRate = 8000;
  #isBinary = false;
  #shownUrl: string;
  #handshakeMs: number | null = null;
  /** When `start` was told; until then when the socket was opened. */
  #startMs: number;
  #stoppedAtMs = 0;
  #sent = { messages: 0, octets: 0, marks: 0 };
  #endedBy: EndedBy = 'handshake';
  #error: string | null = null;

  /** Throws StreamError for custom parameters that no stream takes. */
  constructor(options: {
    order: CallOrder;
    network: StreamNetwork;
    clock: Clock;
    random: Random;
    caller: Caller;
    audio?: CallAudio | undefined;
  }) {
    const { order, network, clock, random, caller, audio } = options;
    this.#order = order;
    this.#clock = clock;
    this.#caller = caller;
    this.#audio = audio;
    this.#spec = streamOf(order, random);
    this.#shownUrl = maskedUrl(shownUrlOf(order.url));
    this.#writer = new PlatformMessageWriter(this.#spec.streamSid);
    this.#messages = new BotMessages({ findings: this.#findings, streamSid: this.#spec.streamSid, clock });
    this.#ticker = new Ticker(clock, (nowMs) => this.#guarded(() => this.#tick(nowMs)));
    this.#begunAtMs = clock.now();
    this.#startMs = this.#begunAtMs;
    let settle: (outcome: CallOutcome) => void = () => {};
    this.ended = new Promise((resolve) => {
      settle = resolve;
    });
    this.#resolve = settle;
    this.#connection = this.#connect(network);
    this.#pings = new PingWatch(clock, () => this.#connection.socket?.ping());
  }

  /** Ends it now, wherever it is: told as an end by the tester. */
  abort(): void {
    if (this.#state === 'connecting') {
      this.#connection.abort();
      this.#finish('tester', { code: null, reason: '' });
    } else if (this.#state === 'talking' || this.#state === 'opened') {
      this.#caller.ended('tester', Math.max(0, this.#sinceStartMs));
      this.#stop('tester', 'stopped');
    }
  }

  #connect(network: StreamNetwork): StreamConnection {
    return new StreamConnection({
      ...{ spec: this.#spec, network, clock: this.#clock },
      handlers: {
        opened: (url, isBinary) => {
          this.#shownUrl = maskedUrl(url.shown);
          this.#sampleRate = this.#order.sampleRate ?? url.sampleRate ?? 8000;
          this.#isBinary = isBinary;
          this.#opened(this.#order.customParameters ?? url.customParameters);
        },
        message: (data, isBinary) => this.#handleMessage(data, isBinary),
        alive: (kind) => (kind === 'pong' ? this.#pings.ponged() : this.#mayGoOn(0)),
        closed: (end) => this.#handleClosed(end),
        failed: ({ error, streamUrl }) => {
          this.#shownUrl = maskedUrl(streamUrl);
          this.#error = error;
          this.#findings.add('handshake-failed', { at_ms: 0, seen: error });
          this.#finish('handshake', { code: null, reason: '' });
        },
      },
    });
  }

  #opened(customParameters: Record<string, string>): void {
    this.#state = 'opened';
    this.#handshakeMs = Math.round(this.#clock.now() - this.#begunAtMs);
    this.#startMs = this.#clock.now() + this.#order.startDelayMs;
    if (this.#connection.handshakes > 1)
      this.#findings.add('handshake-retried', { at_ms: this.#sinceStartMs, seen: 'the first one failed' });
    this.#send(this.#writer.connected());
    this.#pings.start();
    this.#timer = this.#clock.schedule(this.#order.startDelayMs, () =>
      this.#guarded(() => this.#start(customParameters)),
    );
  }

  #start(customParameters: Record<string, string>): void {
    const { streamSid, callSid, accountSid, from, to } = this.#spec;
    const sampleRate = this.#sampleRate;
    this.#state = 'talking';
    this.#startMs = this.#clock.now();
    const start = { streamSid, callSid, accountSid, from, to, customParameters, sampleRate };
    this.#audio?.open(sampleRate);
    this.#line = new CallLine({
      ...{ sampleRate, isBinary: this.#isBinary, caller: this.#caller, audio: this.#audio, findings: this.#findings },
      ...{ queueLimitMs: this.#order.queueLimitMs, audibleDbfs: this.#order.audibleDbfs, writer: this.#writer },
      send: (message) => {
        if (this.#state === 'talking') this.#send(message); // Nothing comes after `stop`.
      },
      hangUp: () => this.#stop('caller', 'callended'),
    });
    this.#send(this.#writer.start({ ...start, binary: this.#isBinary }));
    this.#ticker.start();
  }

  get #sinceStartMs(): number {
    return this.#clock.now() - this.#startMs;
  }

  /** What fails on this side (a full disk) ends the call, and nothing else. */
  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#giveUp(1011, `The test itself failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #tick(nowMs: number): void {
    if (nowMs >= this.#order.timeLimitMs) {
      this.#caller.ended('time-limit', nowMs);
      this.#stop('time-limit', 'stopped');
      return;
    }
    this.#line?.tick(nowMs);
    this.#watchPings(nowMs);
  }

  #watchPings(nowMs: number): void {
    const unansweredMs = this.#pings.overdueMs();
    if (unansweredMs !== undefined)
      this.#findings.add('ping-unanswered', { at_ms: nowMs, seen: `no pong for ${Math.round(unansweredMs)} ms` });
  }

  #handleMessage(data: Buffer, isBinary: boolean): void {
    if (this.#state === 'ended' || this.#state === 'closing') return;
    const atMs = this.#sinceStartMs;
    const said = this.#messages.read(data, {
      ...{ atMs, isBinary, binaryAgreed: this.#isBinary, isStarted: this.#line !== undefined },
      sampleRate: this.#sampleRate,
      stoppedForMs: this.#state === 'leaving' ? this.#clock.now() - this.#stoppedAtMs : undefined,
    });
    if (!this.#mayGoOn(data.length) || !said || this.#state !== 'talking') return;
    this.#line?.handle(said, { atMs, message: this.#messages.count });
  }

  #mayGoOn(octets: number): boolean {
    const may = this.#messages.mayGoOn(octets, this.#sinceStartMs);
    if (!may) this.#giveUp(1008, 'The bot sent more than anybody can take, and the call was given up.');
    return may;
  }

  #giveUp(code: number, why: string): void {
    if (this.#state === 'closing' || this.#state === 'ended') return;
    if (this.#state !== 'leaving') this.#caller.ended('tester', Math.max(0, this.#sinceStartMs));
    this.#state = 'closing';
    this.#endedBy = 'tester';
    this.#error = why;
    this.#quiet();
    this.#connection.socket?.close(code, '');
  }

  #stop(by: EndedBy, reason: 'callended' | 'stopped'): void {
    if (this.#state !== 'talking' && this.#state !== 'opened') return;
    const { callSid, accountSid } = this.#spec;
    this.#state = 'leaving';
    this.#endedBy = by;
    this.#quiet();
    this.#stoppedAtMs = this.#clock.now();
    this.#send(this.#writer.stop({ callSid, accountSid, reason }));
    this.#timer = this.#clock.schedule(this.#order.stopWaitMs, () => {
      const seen = `still open ${this.#order.stopWaitMs} ms after stop`;
      this.#findings.add('stop-ignored', { at_ms: this.#sinceStartMs, seen });
      this.#state = 'closing';
      this.#connection.socket?.close(1000, '');
    });
  }

  #handleClosed(end: WebSocketEnd): void {
    if (this.#state === 'ended') return;
    const atMs = this.#sinceStartMs;
    judgeClose(this.#findings, { end, isOurs: this.#state === 'closing', atMs });
    if (this.#state === 'opened' || this.#state === 'talking') {
      this.#endedBy = 'bot';
      if (this.#messages.arrivals.media === 0 && atMs < atOnceMs)
        this.#findings.add('closed-at-once', { at_ms: atMs, seen: `closed ${Math.round(atMs)} ms from start` });
      this.#caller.ended('bot', Math.max(0, atMs));
    }
    this.#finish(this.#endedBy, end);
  }

  #finish(endedBy: EndedBy, closed: { code: number | null; reason: string }): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#quiet();
    this.#pings.close();
    const sinceMs = this.#stoppedAtMs > 0 ? this.#stoppedAtMs - this.#startMs : this.#sinceStartMs;
    const durationMs = this.#line ? Math.max(0, sinceMs) : 0;
    if (this.#line && this.#line.botAudibleMs === 0 && durationMs >= silentCallMs)
      this.#findings.add('never-spoke', { at_ms: durationMs, seen: `silent for ${Math.round(durationMs)} ms` });
    const audioError = this.#closeAudio();
    this.#resolve({
      ...{ endedBy, closeCode: closed.code, closeReason: closed.reason, error: this.#error ?? audioError },
      ...{ shownUrl: this.#shownUrl, spec: this.#spec, sampleRate: this.#sampleRate, durationMs },
      ...{
        handshakeMs: this.#handshakeMs,
        handshakes: this.#connection.handshakes,
        roundTripMs: this.#pings.roundTripMs,
      },
      ...{ findings: this.#findings.list, arrivals: this.#messages.arrivals, sent: this.#sent },
      received: this.#messages.count,
      ...{ line: this.#line?.measures, testerLateMs: this.#ticker.latestMs, begunAtMs: this.#begunAtMs },
    });
  }

  /** No tick and no timer any more. */
  #quiet(): void {
    this.#timer?.cancel();
    this.#ticker.stop();
  }

  #closeAudio(): string | null {
    try {
      this.#audio?.close();
    } catch (error) {
      return `The audio could not be written: ${String(error)}`;
    }
    return null;
  }

  #send(message: string | Buffer): void {
    this.#sent.messages++;
    this.#sent.octets += message.length;
    if (typeof message === 'string' && message.startsWith('{"event":"mark"')) this.#sent.marks++;
    this.#connection.socket?.send(message);
  }
}
