import type { RuleName } from '../rules.js';

/** The bot as the caller has heard it so far. Times are milliseconds since `start`. */
export interface BotHeard {
  /** Since when it speaks, short pauses included; undefined while it is silent. */
  readonly speakingSinceMs: number | undefined;
  /** The end of the last sound. */
  readonly lastAudibleMs: number | undefined;
  /** All sound so far. */
  readonly audibleMs: number;
  /** The 20 ms that were heard just now, and whether there was sound in them. */
  readonly frame: Int16Array;
  readonly isAudible: boolean;
  /** When each `clear` came. */
  readonly clears: readonly number[];
  /** The marks that were reached, in their order. */
  readonly marks: readonly string[];
}

/** What the caller knows and can do in one tick. */
export interface CallerView {
  /** The beginning of the tick, since `start`. */
  readonly nowMs: number;
  readonly sampleRate: number;
  readonly bot: BotHeard;
  /** The bot broke a rule that only the caller can see. */
  found(rule: RuleName, seen: string): void;
  pressDigit(digit: string, durationMs: number): void;
  /** Tells `stop`; nothing more is asked for. */
  hangUp(): void;
}

/** What the call ended by, as far as the caller is concerned. */
export type CallerEnd = 'bot' | 'time-limit' | 'tester';

/** Who speaks into the line. */
export interface Caller {
  /** The next 20 ms to say; undefined is silence. Called once a tick. */
  tick(view: CallerView): Int16Array | undefined;
  /** The call is over without the caller's doing. */
  ended(by: CallerEnd, nowMs: number): void;
}
