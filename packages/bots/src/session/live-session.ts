import type { Clock, Logger, Random, Timer } from '@intermix/kernel';
import {
  type PlatformMessage,
  readPlatformMessage,
  type StreamMedia,
  StreamMessageError,
  type StreamStart,
  samplesOf,
} from '@intermix/streaming';
import type { NeverStarted, SessionOrder, SessionReport } from '../host/session-order.js';
import type {
  Bot,
  BotCallFacts,
  BotKind,
  BotOutside,
  BotPrompt,
  BotSession,
  DisconnectedBy,
  TranscriptRole,
} from './bot.js';
import type { BotSocket } from './bot-socket.js';
import { factsOf, sampleRates } from './call-facts.js';
import { IntakeBudget } from './intake-budget.js';
import type { SessionLimits } from './session-limits.js';
import { SessionRecord, storable } from './session-record.js';
import { SessionSpeech } from './session-speech.js';
import type { BacklogSpace } from './speech-backlog.js';

export interface LiveSessionDeps {
  order: SessionOrder;
  kind: BotKind<never>;
  socket: BotSocket;
  outside: BotOutside;
  render: (accountSid: string, prompt: BotPrompt, sampleRate: number) => Promise<Int16Array>;
  limits: SessionLimits;
  /** For what the bots of this process said ahead. */
  space: BacklogSpace;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** The call is known. */
  started: (facts: BotCallFacts) => void;
  /** Once, and last. */
  over: (end: { report: SessionReport } | { neverStarted: NeverStarted }) => void;
}

/** What is told of a bot that closes: RFC 6455 §7.4.1. */
const closeCodes: Record<DisconnectedBy, number> = {
  ...{ customer: 1000, bot: 1000, outside_hours: 1000, timeout: 1000, error: 1011 },
};
/** With which a far end closes that has nothing to complain of: RFC 6455 §7.4.1; 1005 is none at all. */
const goodCodes: readonly number[] = [1000, 1001, 1005];

/** One connection from its upgrade to its end: the far end's messages in, the bot's words out, and all limits. */
export class LiveSession implements BotSession {
  readonly outside: BotOutside;
  readonly clock: Clock;
  readonly random: Random;
  logger: Logger;
  readonly #deps: LiveSessionDeps;
  readonly #socket: BotSocket;
  readonly #record: SessionRecord;
  readonly #budget: IntakeBudget;
  #facts: BotCallFacts | undefined;
  /** Since `start`. */
  #speech: SessionSpeech | undefined;
  #bot: Bot | undefined;
  #limit: Timer;
  #idle: Timer | undefined;
  #startedAtMs = 0;
  #heardAtMs = 0;
  #hasSpoken = false;
  #badInARow = 0;
  #over = false;

  constructor(deps: LiveSessionDeps) {
    const { clock, limits } = deps;
    this.#deps = deps;
    this.#socket = deps.socket;
    this.outside = deps.outside;
    this.clock = clock;
    this.random = deps.random;
    this.logger = deps.logger;
    this.#record = new SessionRecord(() => this.elapsedMs);
    this.#budget = new IntakeBudget(clock, limits);
    this.#limit = clock.schedule(limits.startWithinMs, () => this.#neverStarted('silent', 1008, 'No start came.'));
  }

  get facts(): BotCallFacts {
    if (this.#facts === undefined) throw new Error('the call of a session is known from its start on');
    return this.#facts;
  }

  get hops(): number {
    return this.#deps.order.hops;
  }

  get isOver(): boolean {
    return this.#over;
  }

  get playedMs(): number {
    return this.#speech?.playedMs ?? 0;
  }

  get queuedMs(): number {
    return this.#speech?.queuedMs ?? 0;
  }

  get elapsedMs(): number {
    return this.#facts === undefined ? 0 : this.clock.now() - this.#startedAtMs;
  }

  // What the far end does.

  handleMessage(text: string): void {
    if (this.#over || !this.#mayTake(text.length)) return;
    this.#heardAtMs = this.clock.now();
    try {
      this.#take(readPlatformMessage(text));
    } catch (error) {
      if (error instanceof StreamMessageError) this.#bad(error.message);
      else this.#failed(error);
    }
  }

  handleOther(kind: 'binary' | 'control'): void {
    if (this.#over || !this.#mayTake(64)) return;
    if (kind === 'binary') this.#bad('A message is octets, of which the protocol has none.');
  }

  handleClosed(code: number, broken?: string): void {
    if (this.#over) return;
    const isLarge = code === 1009;
    if (this.#facts === undefined) {
      this.#neverStarted(isLarge ? 'too-large' : broken === undefined ? 'closed' : 'broken', 1000, '');
    } else if (broken !== undefined) this.close('error', broken);
    else if (goodCodes.includes(code)) this.close('customer', `closed with ${code}, without stop`);
    else if (code === 1006) this.close('error', 'The connection broke off, without stop.');
    else this.close('error', `The far end closed with ${code}, without stop.`);
  }

  /** The server ends it: the process stops, or its bot was deleted. */
  stop(why: string): void {
    if (this.#facts === undefined) this.#neverStarted('stopped', 1012, why);
    else this.close('error', why, 1012);
  }

  // What the bot does.

  say(samples: Int16Array): void {
    if (this.#over || samples.length === 0) return;
    if (!this.#hasSpoken) {
      this.#hasSpoken = true;
      this.measure('first-audio', this.elapsedMs);
    }
    this.#speech?.say(samples);
  }

  mark(name: string): void {
    this.#speech?.mark(name);
  }

  clear(): void {
    this.#speech?.clear();
  }

  transcript(role: TranscriptRole, text: string, atMs?: number): void {
    if (!this.#over) this.#record.line(role, text, atMs);
  }

  note(event: string, data?: Readonly<Record<string, unknown>>): void {
    if (!this.#over) this.#record.event(event, data);
  }

  use(what: string, amount: number): void {
    if (!this.#over) this.#record.use(what, amount);
  }

  measure(what: string, ms: number): void {
    if (!this.#over) this.#record.measure(what, ms);
  }

  render(prompt: BotPrompt): Promise<Int16Array> {
    const { botAccountSid, sampleRate } = this.facts;
    return this.#deps.render(botAccountSid, prompt, sampleRate);
  }

  close(by: DisconnectedBy = 'bot', why?: string, code = closeCodes[by]): void {
    if (this.#over || this.#facts === undefined) return;
    this.#speech?.flush();
    if (!this.#over) this.#finish(by, { code, why }); // It is when nobody takes what was flushed.
  }

  // Within.

  #take(message: PlatformMessage): void {
    if (message.event === 'connected') return;
    if (message.event === 'start') this.#start(message.start);
    else if (message.event === 'unknown') this.#bad('It is no message of the protocol.');
    else if (this.#facts === undefined) this.#bad(`A ${message.event} message came before start.`);
    else this.#takeInCall(message);
  }

  #takeInCall(message: Exclude<PlatformMessage, { event: 'connected' | 'start' | 'unknown' }>): void {
    this.#badInARow = 0;
    switch (message.event) {
      case 'media':
        this.#heard(message.media);
        break;
      case 'dtmf':
        this.#pressed(message.digit);
        break;
      case 'mark':
        if (message.queue) this.#speech?.told(message.queue);
        this.#speech?.handleMark(message.name);
        break;
      case 'stop':
        this.#stopped(message.stop.reason);
    }
  }

  #heard({ audio, queue }: StreamMedia): void {
    if (queue) this.#speech?.told(queue);
    this.#record.use('audio_in_ms', audio.length / 2 / (this.facts.sampleRate / 1000));
    this.#ask((bot) => bot.handleAudio(samplesOf(audio)));
  }

  #pressed(digit: string): void {
    if (/^[0-9*#A-D]$/.test(digit)) this.#ask((bot) => bot.handleDtmf?.(digit));
    else this.#bad(`"${digit.slice(0, 8)}" is no key of a telephone.`);
  }

  #start(start: StreamStart): void {
    if (this.#facts !== undefined) this.#bad('A second start came.');
    else if (!sampleRates.includes(start.sampleRate)) this.#bad(`The stream has a rate of ${start.sampleRate} Hz.`);
    else this.#begin(start);
  }

  #begin(start: StreamStart): void {
    const { order, limits, kind } = this.#deps;
    this.#startedAtMs = this.clock.now();
    this.#facts = factsOf(start, order);
    this.#badInARow = 0;
    const { callSid, streamSid, sampleRate } = this.#facts;
    this.logger = this.logger.child({ callSid, streamSid });
    this.#speech = new SessionSpeech({
      ...{ clock: this.clock, streamSid, sampleRate },
      send: (message, audioMs) => this.#send(message, audioMs),
      backlog: { mostMs: limits.maxAheadMs, space: this.#deps.space },
      marked: (name) => this.#ask((bot) => bot.handleMark?.(name)),
      dropped: (ms) => this.use('audio_dropped_ms', ms),
    });
    this.#limit.cancel();
    this.#limit = this.clock.schedule(order.maxCallMs, () => this.close('timeout', 'The longest time is over.'));
    this.#watchIdle(limits.idleMs);
    this.#deps.started(this.#facts);
    if (order.verdict === 'outside_hours') this.close('outside_hours');
    else this.#startBot(kind, order.bot.config);
  }

  #startBot(kind: BotKind<never>, config: unknown): void {
    try {
      const bot = kind.start(config as never, this);
      if (this.#over) bot.close();
      else this.#bot = bot;
    } catch (error) {
      this.#failed(error);
    }
  }

  #stopped(reason: string): void {
    this.#ask((bot) => bot.handleStop?.(storable(reason, 64)));
    this.close('customer', reason === '' ? undefined : `stop: ${reason}`);
  }

  #watchIdle(afterMs: number): void {
    this.#idle = this.clock.schedule(afterMs, () => {
      const silentMs = this.clock.now() - this.#heardAtMs;
      const { idleMs } = this.#deps.limits;
      if (silentMs >= idleMs) this.close('timeout', `Nothing came for ${idleMs / 1000} s.`, 1008);
      else this.#watchIdle(idleMs - silentMs);
    });
  }

  #mayTake(octets: number): boolean {
    if (this.#budget.take(octets)) return true;
    const why = 'More comes than any speech needs.';
    if (this.#facts === undefined) this.#neverStarted('flood', 1008, why);
    else this.close('error', why, 1008);
    return false;
  }

  #bad(why: string): void {
    if (++this.#badInARow <= this.#deps.limits.badInARow) return;
    if (this.#facts === undefined) this.#neverStarted('bad-messages', 1003, why.slice(0, 100));
    else this.close('error', why, 1003);
  }

  /** Runs the bot's own code: what it throws ends the session, and nothing else. */
  #ask(action: (bot: Bot) => void): void {
    if (this.#over || this.#bot === undefined) return;
    try {
      action(this.#bot);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.logger.error({ err: error }, 'a bot failed');
    this.close('error', 'The bot failed.');
  }

  #send(text: string, audioMs: number): void {
    if (audioMs > 0) this.#record.use('audio_out_ms', audioMs);
    this.#socket.send(text);
    if (this.#socket.bufferedBytes <= this.#deps.limits.maxBufferedBytes || this.#over) return;
    this.#finish('error', { code: 1008, why: 'The far end does not read.' });
  }

  #finish(by: DisconnectedBy, { code, why }: { code: number; why: string | undefined }): void {
    const durationMs = this.elapsedMs;
    this.#record.use('duration_ms', durationMs);
    this.#end(code, why ?? '');
    const detail = why === undefined ? undefined : storable(why, 300);
    this.#deps.over({ report: { ...this.#record.results(), disconnectedBy: by, detail, durationMs } });
  }

  #neverStarted(why: NeverStarted, code: number, reason: string): void {
    if (this.#over) return;
    this.#end(code, reason);
    this.#deps.over({ neverStarted: why });
  }

  #end(code: number, reason: string): void {
    this.#over = true;
    this.#limit.cancel();
    this.#idle?.cancel();
    this.#speech?.close();
    try {
      this.#bot?.close();
    } catch (error) {
      this.logger.error({ err: error }, 'a bot failed as it was closed');
    }
    this.#bot = undefined;
    this.#socket.close(code, reason);
  }
}
