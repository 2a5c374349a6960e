import type { Clock } from '@intermix/kernel';

const maxEntries = 10_000;

/**
 * Slows guessing: after `allowed` failures of one key within the window, further tries are refused until it has passed.
 * Keys hold the source address, so nobody can lock another person out.
 */
export class GuessLimit {
  readonly #failures = new Map<string, { count: number; untilMs: number }>();
  readonly #clock: Clock;
  readonly #allowed: number;
  readonly #windowMs: number;

  constructor(options: { clock: Clock; allowed: number; windowMs: number }) {
    this.#clock = options.clock;
    this.#allowed = options.allowed;
    this.#windowMs = options.windowMs;
  }

  /** Seconds to wait before the next try; 0 when it may come now. */
  waitSec(key: string): number {
    const entry = this.#failures.get(key);
    if (entry === undefined || entry.count < this.#allowed) return 0;
    return Math.max(0, (entry.untilMs - this.#clock.now()) / 1000);
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
