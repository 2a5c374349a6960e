import type { Clock, Timer } from '@intermix/kernel';

/** Between two questions to the registering tab. Its answer needs no timer, so that it answers in the background too. */
export const PING_MS = 500;
/** Silence after which the registering tab is taken for frozen. */
export const SILENCE_MS = 1_200;
/** A tab that has never answered may be loading its part. */
const FIRST_ANSWER_MS = 5_000;
/** Browsers hold the timers of a background tab to one a second; what is later than this was no timer of a running page. */
const MAX_GAP_MS = 2_000;

/** Asks the registering tab whether it lives, and tells once when it has fallen silent. */
export class LeaderWatch {
  readonly #clock: Clock;
  readonly #ping: () => void;
  readonly #silent: () => void;
  #timer: Timer | undefined;
  #heardAt = 0;
  #tickedAt = 0;
  #answered = false;

  constructor(deps: { clock: Clock; ping: () => void; silent: () => void }) {
    this.#clock = deps.clock;
    this.#ping = deps.ping;
    this.#silent = deps.silent;
  }

  /** Begins, or begins anew with another tab. */
  start(): void {
    this.stop();
    this.#heardAt = this.#tickedAt = this.#clock.now();
    this.#answered = false;
    this.#tick();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** A sign of life. */
  heard(): void {
    this.#heardAt = this.#clock.now();
    this.#answered = true;
  }

  #tick(): void {
    const now = this.#clock.now();
    // This tab was stopped itself, by sleep or by the browser: it could not have heard, so it asks again.
    if (now - this.#tickedAt > MAX_GAP_MS) this.#heardAt = now;
    this.#tickedAt = now;
    const silentMs = now - this.#heardAt;
    if (silentMs >= (this.#answered ? SILENCE_MS : FIRST_ANSWER_MS)) {
      this.stop();
      this.#silent();
      return;
    }
    this.#ping();
    this.#timer = this.#clock.schedule(PING_MS, () => this.#tick());
  }
}
