import type { Clock, Timer } from '@intermix/kernel';

/** Times within this of each other share a timer. */
const grainMs = 50;

/** Remembers when something comes due, and says so then. */
export class WakeTimes {
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #timers = new Map<number, Timer>();

  constructor(deps: { clock: Clock; wake: () => void }) {
    this.#clock = deps.clock;
    this.#wake = deps.wake;
  }

  add(delayMs: number): void {
    const now = this.#clock.now();
    const slot = Math.ceil((now + delayMs + 1) / grainMs);
    if (this.#timers.has(slot)) return;
    const timer = this.#clock.schedule(slot * grainMs - now, () => {
      this.#timers.delete(slot);
      this.#wake();
    });
    this.#timers.set(slot, timer);
  }

  clear(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
