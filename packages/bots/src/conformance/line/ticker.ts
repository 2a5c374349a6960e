import type { Clock, Timer } from '@intermix/kernel';
import { tickMs } from './tick.js';

/** Tells each 20 ms, on the clock: when it was held up, several at once, so that none is left out. */
export class Ticker {
  readonly #clock: Clock;
  readonly #onTick: (nowMs: number) => void;
  #timer: Timer | undefined;
  #startMs = 0;
  #ticks = 0;
  #isRunning = false;
  #latestMs = 0;

  /** `onTick` is given the milliseconds from the start to the tick's beginning. It must not throw. */
  constructor(clock: Clock, onTick: (nowMs: number) => void) {
    this.#clock = clock;
    this.#onTick = onTick;
  }

  /** By how much a tick was late at worst. */
  get latestMs(): number {
    return Math.round(this.#latestMs);
  }

  /** The first tick comes at once. */
  start(): void {
    this.#startMs = this.#clock.now();
    this.#isRunning = true;
    this.#run();
  }

  /** May be called in a tick: there is no other. */
  stop(): void {
    this.#isRunning = false;
    this.#timer?.cancel();
  }

  #run(): void {
    const dueMs = () => this.#startMs + this.#ticks * tickMs;
    this.#latestMs = Math.max(this.#latestMs, this.#clock.now() - dueMs());
    while (this.#isRunning && this.#clock.now() >= dueMs()) this.#onTick(this.#ticks++ * tickMs);
    if (this.#isRunning) this.#timer = this.#clock.schedule(dueMs() - this.#clock.now(), () => this.#run());
  }
}
