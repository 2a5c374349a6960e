import type { Clock } from '@intermix/kernel';

const maxEntries = 10_000;

/**
 * Slows guessing: after `allowed` failures of one key within the window, further tries are refused until it has passed.
 * Keys hold the source address, so nobody can lock another person out.
 */
export class GuessLimit {
  readonly #failures = new Map<string, { count: number; untilMs: number }>();
  /** Tries of which it is not known yet whether they fail. */
  readonly #pending = new Map<string, number>();
  readonly #clock: Clock;
  readonly #allowed: number;
  readonly #windowMs: number;

  constructor(options: { clock: Clock; allowed: number; windowMs: number }) {
    this.#clock = options.clock;
    this.#allowed = options.allowed;
    this.#windowMs = options.windowMs;
  }

  /** Seconds to wait before the next try; 0 when it may come now. What is being tried counts as failed. */
  waitSec(key: string): number {
    const now = this.#clock.now();
    const entry = this.#failures.get(key);
    const failures = entry !== undefined && entry.untilMs > now ? entry : { count: 0, untilMs: now };
    if (failures.count >= this.#allowed) return (failures.untilMs - now) / 1000;
    return failures.count + (this.#pending.get(key) ?? 0) >= this.#allowed ? 1 : 0;
  }

  /** Counts a try from now on, as failed until it is `over`: many at once would all be let in before the first is counted. */
  begin(key: string): { over: (isRight: boolean) => void } {
    this.#pending.set(key, (this.#pending.get(key) ?? 0) + 1);
    return {
      over: (isRight) => {
        const left = (this.#pending.get(key) ?? 1) - 1;
        if (left > 0) this.#pending.set(key, left);
        else this.#pending.delete(key);
        if (!isRight) this.failed(key);
      },
    };
  }

  failed(key: string): void {
    const now = this.#clock.now();
    const entry = this.#failures.get(key);
    const isCurrent = entry !== undefined && entry.untilMs > now;
    this.#failures.delete(key);
    this.#failures.set(key, { count: isCurrent ? entry.count + 1 : 1, untilMs: now + this.#windowMs });
    const oldest = this.#failures.keys().next().value;
    if (this.#failures.size > maxEntries && oldest !== undefined) this.#failures.delete(oldest);
  }

  succeeded(key: string): void {
    this.#failures.delete(key);
  }
}
