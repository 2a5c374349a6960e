import type { Clock } from '@intermix/kernel';
import { ApiError } from '../../http/api-error.js';

const maxKeys = 10_000;
const windowMs = 60_000;

/** At most so many requests a minute of one key, for what anybody may send. Counted in windows that begin with the first. */
export class RequestRate {
  readonly #windows = new Map<string, { count: number; endsAtMs: number }>();
  readonly #clock: Clock;
  readonly #perMinute: number;

  constructor(options: { clock: Clock; perMinute: number }) {
    this.#clock = options.clock;
    this.#perMinute = options.perMinute;
  }

  /** Counts one; throws 429 when it is one too many. */
  take(key: string): void {
    const now = this.#clock.now();
    const window = this.#windows.get(key);
    if (window === undefined || window.endsAtMs <= now) {
      this.#begin(key, now + windowMs);
      return;
    }
    window.count++;
    if (window.count > this.#perMinute)
      throw ApiError.tooMany(`At most ${this.#perMinute} of these a minute: wait.`, (window.endsAtMs - now) / 1000);
  }

  #begin(key: string, endsAtMs: number): void {
    this.#windows.delete(key);
    this.#windows.set(key, { count: 1, endsAtMs });
    const oldest = this.#windows.keys().next();
    if (this.#windows.size > maxKeys && !oldest.done) this.#windows.delete(oldest.value);
  }
}
