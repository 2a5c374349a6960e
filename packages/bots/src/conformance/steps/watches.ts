import type { CallerView } from '../line/caller.js';
import { tickMs } from '../line/tick.js';
import type { Expectation } from '../script/bot-test-script.js';
import { ToneListener } from '../sound/tone.js';

export type WatchState = 'open' | 'met' | 'failed';

/** What became of an expectation. */
export interface ExpectationResult {
  expectation: string;
  wanted: number;
  /** Null: it was never seen. */
  seen: number | null;
  passed: boolean;
}

/** The moments that a step's expectations count from, as they come to be known. */
export interface Moments {
  beganMs: number;
  /** The caller began to speak. */
  spokeFromMs?: number | undefined;
  /** The caller has spoken, or the step that says nothing has begun. */
  spokeUntilMs?: number | undefined;
}

/** One expectation, looked at each tick until it is decided. */
export interface Watch {
  readonly state: WatchState;
  tick(view: CallerView, moments: Moments): void;
  /** The step is over. */
  finish(): ExpectationResult;
}

const usualWithinMs = 10_000;
/** Heard no more for so long: not a pause between two words. */
const quietMs = 200;

/** A watch for each expectation of a step. */
export function watchesOf(expect: Expectation | undefined, sampleRate: number): Watch[] {
  if (!expect) return [];
  const { within_ms: withinMs = usualWithinMs } = expect;
  const makers: [number | undefined, (wanted: number) => Watch][] = [
    [expect.first_audio_within_ms, (wanted) => new FirstAudio(wanted)],
    [expect.clear_within_ms, (wanted) => new Cleared(wanted)],
    [expect.silent_within_ms, (wanted) => new Silent(wanted)],
    [expect.tone_hz, (wanted) => new ToneHeard(wanted, withinMs, sampleRate)],
    [expect.speech_at_least_ms, (wanted) => new SpeechAtLeast(wanted, withinMs)],
    [expect.speech_at_most_ms, (wanted) => new SpeechAtMost(wanted)],
  ];
  return makers.flatMap(([wanted, make]) => (wanted === undefined ? [] : [make(wanted)]));
}

abstract class OneWatch implements Watch {
  state: WatchState = 'open';
  protected seen: number | null = null;

  constructor(
    protected readonly expectation: keyof Expectation,
    protected readonly wanted: number,
  ) {}

  tick(view: CallerView, moments: Moments): void {
    if (this.state === 'open') this.look(view, moments);
  }

  finish(): ExpectationResult {
    return { expectation: this.expectation, wanted: this.wanted, seen: this.seen, passed: this.state === 'met' };
  }

  protected abstract look(view: CallerView, moments: Moments): void;

  protected decide(isMet: boolean): void {
    this.state = isMet ? 'met' : 'failed';
  }
}

class FirstAudio extends OneWatch {
  constructor(wanted: number) {
    super('first_audio_within_ms', wanted);
  }

  protected look({ bot, nowMs }: CallerView, { spokeUntilMs }: Moments): void {
    if (spokeUntilMs === undefined || nowMs < spokeUntilMs) return;
    const sinceMs = nowMs - spokeUntilMs;
    if (bot.isAudible) {
      this.seen = sinceMs;
      this.decide(sinceMs <= this.wanted);
    } else if (sinceMs > this.wanted + usualWithinMs) this.decide(false); // By how much it was late is worth knowing.
  }
}

class Cleared extends OneWatch {
  constructor(wanted: number) {
    super('clear_within_ms', wanted);
  }

  protected look({ bot, nowMs }: CallerView, { spokeFromMs }: Moments): void {
    if (spokeFromMs === undefined) return;
    const at = bot.clears.find((ms) => ms >= spokeFromMs);
    if (at !== undefined) {
      this.seen = Math.round(at - spokeFromMs);
      this.decide(this.seen <= this.wanted);
    } else if (nowMs - spokeFromMs > this.wanted + usualWithinMs / 2) this.decide(false);
  }
}

class Silent extends OneWatch {
  constructor(wanted: number) {
    super('silent_within_ms', wanted);
  }

  protected look({ bot, nowMs }: CallerView, { spokeFromMs }: Moments): void {
    if (spokeFromMs === undefined) return;
    const lastMs = bot.lastAudibleMs ?? 0;
    if (nowMs - lastMs >= quietMs) {
      this.seen = Math.max(0, lastMs - spokeFromMs);
      this.decide(this.seen <= this.wanted);
    } else if (nowMs - spokeFromMs > this.wanted + usualWithinMs / 2) this.decide(false);
  }
}

class ToneHeard extends OneWatch {
  readonly #listener: ToneListener;
  readonly #withinMs: number;

  constructor(hz: number, withinMs: number, sampleRate: number) {
    super('tone_hz', hz);
    this.#withinMs = withinMs;
    this.#listener = new ToneListener(hz, sampleRate);
  }

  protected look({ bot, nowMs }: CallerView, { spokeUntilMs }: Moments): void {
    this.#listener.push(bot.frame);
    if (this.#listener.isHeard) {
      this.seen = this.wanted;
      this.decide(true);
    } else if (spokeUntilMs !== undefined && nowMs - spokeUntilMs > this.#withinMs) this.decide(false);
  }
}

class SpeechAtLeast extends OneWatch {
  readonly #withinMs: number;

  constructor(wanted: number, withinMs: number) {
    super('speech_at_least_ms', wanted);
    this.#withinMs = withinMs;
  }

  protected look({ bot, nowMs }: CallerView, { spokeUntilMs }: Moments): void {
    this.seen = (this.seen ?? 0) + (bot.isAudible ? tickMs : 0);
    if (this.seen >= this.wanted) this.decide(true);
    else if (spokeUntilMs !== undefined && nowMs - spokeUntilMs > this.#withinMs) this.decide(false);
  }
}

/** Holds nothing up: it is met when the step is over without having been broken. */
class SpeechAtMost implements Watch {
  readonly #wanted: number;
  #seen = 0;

  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  get state(): WatchState {
    return this.#seen <= this.#wanted ? 'met' : 'failed';
  }

  tick({ bot }: CallerView): void {
    if (bot.isAudible) this.#seen += tickMs;
  }

  finish(): ExpectationResult {
    const passed = this.#seen <= this.#wanted;
    return { expectation: 'speech_at_most_ms', wanted: this.#wanted, seen: this.#seen, passed };
  }
}
