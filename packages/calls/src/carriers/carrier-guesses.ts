import { type Clock, type Logger, TokenBuckets } from '@intermix/kernel';
import type { GuessLimit } from '../limits/guess-limiter.js';

export const defaultCarrierGuessLimit: GuessLimit = { burst: 10, refillMs: 10_000 };

/** How long a source that gave the right password is taken for its carrier. */
const provenMs = 3_600_000;
const maxProven = 20_000;
const logEveryMs = 10_000;

/**
 * Slows the guessing of carriers' passwords, per source. A source that gave the right password within the hour is not
 * slowed: datagrams that forge its address must not shut the true carrier out, and their sender hears no answer.
 */
export class CarrierGuesses {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #buckets: TokenBuckets;
  readonly #provenAt = new Map<string, number>();
  #wrong = 0;
  #unlogged = 0;
  #lastLogAt = Number.NEGATIVE_INFINITY;

  constructor(deps: { clock: Clock; logger: Logger; limit?: GuessLimit | undefined }) {
    this.#clock = deps.clock;
    this.#logger = deps.logger;
    this.#buckets = new TokenBuckets({ clock: deps.clock, ...(deps.limit ?? defaultCarrierGuessLimit) });
  }

  /** Wrong passwords since the start, those that were not looked at any more among them. */
  get wrong(): number {
    return this.#wrong;
  }

  /** True when nothing from this source is looked at for now: answer 403. */
  isExhausted(host: string): boolean {
    return !this.#isProven(host) && this.#buckets.waitMs(host) > 0;
  }

  /** Counts a wrong password, or a call that was refused because of earlier ones. `carrier` is its id, when known. */
  failed(host: string, carrier?: string): void {
    this.#buckets.take(host);
    this.#wrong++;
    this.#log(host, carrier);
  }

  succeeded(host: string): void {
    this.#provenAt.delete(host);
    this.#provenAt.set(host, this.#clock.now());
    if (this.#provenAt.size <= maxProven) return;
    const oldest = this.#provenAt.keys().next();
    if (!oldest.done) this.#provenAt.delete(oldest.value);
  }

  #isProven(host: string): boolean {
    const at = this.#provenAt.get(host);
    return at !== undefined && this.#clock.now() - at < provenMs;
  }

  #log(source: string, carrier: string | undefined): void {
    const now = this.#clock.now();
    this.#unlogged++;
    if (now - this.#lastLogAt < logEveryMs) return;
    this.#logger.warn({ source, carrier, wrong: this.#unlogged }, 'wrong password for calls of a carrier');
    this.#lastLogAt = now;
    this.#unlogged = 0;
  }
}
