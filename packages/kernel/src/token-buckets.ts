import type { Clock } from './clock.js';

interface Bucket {
  tokens: number;
  at: number;
}

/** Token buckets by key, bounded in number: the oldest is forgotten first, which only ever favours its owner. */
export class TokenBuckets {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #refillMs: number;
  readonly #maxKeys: number;
  readonly #buckets = new Map<string, Bucket>();

  /** `refillMs`: milliseconds for one token. */
  constructor(options: { clock: Clock; burst: number; refillMs: number; maxKeys?: number }) {
    this.#clock = options.clock;
    this.#burst = options.burst;
    this.#refillMs = options.refillMs;
    this.#maxKeys = options.maxKeys ?? 20_000;
  }

  /** Takes a token if there is one. */
  take(key: string): boolean {
    const bucket = this.#current(key);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    this.#keep(key, bucket);
    return true;
  }

  /** Milliseconds until a token is there; 0 when one is. */
  waitMs(key: string): number {
    const { tokens } = this.#current(key);
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) * this.#refillMs);
  }

  #current(key: string): Bucket {
    const now = this.#clock.now();
    const bucket = this.#buckets.get(key);
    if (!bucket) return { tokens: this.#burst, at: now };
    const refilled = Math.min(this.#burst, bucket.tokens + (now - bucket.at) / this.#refillMs);
    return { tokens: refilled, at: now };
  }

  #keep(key: string, bucket: Bucket): void {
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size <= this.#maxKeys) return;
    const oldest = this.#buckets.keys().next();
    if (!oldest.done) this.#buckets.delete(oldest.value);
  }
}
