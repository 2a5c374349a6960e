import type { Clock, Timer } from '@intermix/kernel';

const everyMs = 5_000;
const longestMs = 10_000;

/** Pings now and then: how far away the bot is, and whether anybody is there. One ping is under way at a time. */
export class PingWatch {
  readonly #clock: Clock;
  readonly #ping: () => void;
  #timer: Timer | undefined;
  #sentAtMs: number | undefined;
  #isTold = false;
  #shortestMs: number | undefined;

  constructor(clock: Clock, ping: () => void) {
    this.#clock = clock;
    this.#ping = ping;
  }

  /** The shortest time from a ping to its pong. */
  get roundTripMs(): number | null {
    return this.#shortestMs === undefined ? null : Math.round(this.#shortestMs);
  }

  start(): void {
    this.#sentAtMs = this.#clock.now();
    this.#ping();
  }

  ponged(): void {
    if (this.#sentAtMs === undefined) return;
    const tookMs = this.#clock.now() - this.#sentAtMs;
    this.#shortestMs = Math.min(this.#shortestMs ?? tookMs, tookMs);
    this.#sentAtMs = undefined;
    this.#isTold = false;
    this.#timer = this.#clock.schedule(everyMs, () => this.start());
  }

  /** How long a pong is missing, once, when that is too long. */
  overdueMs(): number | undefined {
    if (this.#sentAtMs === undefined || this.#isTold) return undefined;
    const waitedMs = this.#clock.now() - this.#sentAtMs;
    if (waitedMs < longestMs) return undefined;
    this.#isTold = true;
    return waitedMs;
  }

  close(): void {
    this.#timer?.cancel();
    this.#sentAtMs = undefined;
  }
}
