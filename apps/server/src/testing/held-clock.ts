import type { Clock } from '@intermix/kernel';

/** Time passes when a test says so. */
export class HeldClock implements Clock {
  readonly #timers = new Set<{ at: number; fire: () => void }>();
  #now = 0;

  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, fire: () => void) {
    const timer = { at: this.#now + delayMs, fire };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** What is due fires, and what that leads to happens. */
  async run(ms: number): Promise<void> {
    this.#now += ms;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) {
      this.#timers.delete(timer);
      timer.fire();
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
