import type { Clock } from '@intermix/kernel';

interface Entry<V> {
  value: V;
  expiresAt: number;
}

/**
 * Answers of the database, kept for the call path: bounded, the least recently used goes first. Readers of the same
 * key share one query. An answer that was under way when its key was invalidated is not kept, nor is `undefined`:
 * what is not there may be made by another node, and a guesser of names must not push the real ones out.
 */
export class ReadThroughCache<V> {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #maxEntries: number;
  readonly #entries = new Map<string, Entry<V>>();
  readonly #loading = new Map<string, Promise<V>>();

  /** `ttlMs` is `Infinity` where every write passes through this process. */
  constructor(options: { clock: Clock; ttlMs: number; maxEntries: number }) {
    this.#clock = options.clock;
    this.#ttlMs = options.ttlMs;
    this.#maxEntries = options.maxEntries;
  }

  get size(): number {
    return this.#entries.size;
  }

  async get(key: string, load: () => Promise<V>): Promise<V> {
    const entry = this.#entries.get(key);
    if (entry && entry.expiresAt > this.#clock.now()) {
      this.#entries.delete(key); // Set again: a Map keeps the order of insertion.
      this.#entries.set(key, entry);
      return entry.value;
    }
    return this.#loading.get(key) ?? this.#load(key, load);
  }

  invalidate(key: string): void {
    this.#entries.delete(key);
    this.#loading.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#loading.clear();
  }

  async #load(key: string, load: () => Promise<V>): Promise<V> {
    const loading = load();
    this.#loading.set(key, loading);
    try {
      const value = await loading;
      if (value !== undefined && this.#loading.get(key) === loading) this.#keep(key, value);
      return value;
    } finally {
      if (this.#loading.get(key) === loading) this.#loading.delete(key);
    }
  }

  #keep(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, expiresAt: this.#clock.now() + this.#ttlMs });
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > this.#maxEntries && !oldest.done) this.#entries.delete(oldest.value);
  }
}
