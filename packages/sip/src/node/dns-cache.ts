import type { Clock } from '@intermix/kernel';
import type { DnsQuestions } from './dns-resolver.js';

export interface DnsCacheLimits {
  /** How long an answer is taken as it is. Node's resolver does not tell the time to live of most records. 30 s. */
  freshMs: number;
  /** How long it serves on while it is asked for anew, or while the name server is away. 10 min. */
  staleMs: number;
  /** How long "no such record" is believed, and a name server that fails is left alone. 5 s. */
  negativeMs: number;
  /** A question without an answer after this has failed. 5 s. */
  timeoutMs: number;
  /** Questions kept; the oldest is forgotten first. 1,000. */
  maxEntries: number;
}

export const defaultDnsCacheLimits: DnsCacheLimits = {
  freshMs: 30_000,
  staleMs: 600_000,
  negativeMs: 5_000,
  timeoutMs: 5_000,
  maxEntries: 1_000,
};

interface Entry {
  /** The newest answer that was one. */
  records: unknown[] | undefined;
  answeredAt: number;
  error: unknown;
  failedAt: number;
  asking: Promise<unknown[]> | undefined;
}

/**
 * Remembers what the name server said, so that a call waits for it at most once in a while: whoever asks for what is known
 * gets it at once, equal questions share one, and a name server that is away for minutes does not cut a carrier off.
 */
export class DnsCache implements DnsQuestions {
  readonly #questions: DnsQuestions;
  readonly #clock: Clock;
  readonly #limits: DnsCacheLimits;
  readonly #entries = new Map<string, Entry>();

  constructor(options: { questions: DnsQuestions; clock: Clock; limits?: Partial<DnsCacheLimits> | undefined }) {
    this.#questions = options.questions;
    this.#clock = options.clock;
    this.#limits = { ...defaultDnsCacheLimits, ...options.limits };
  }

  naptr(name: string): ReturnType<DnsQuestions['naptr']> {
    return this.#ask('NAPTR', name, () => this.#questions.naptr(name));
  }

  srv(name: string): ReturnType<DnsQuestions['srv']> {
    return this.#ask('SRV', name, () => this.#questions.srv(name));
  }

  addresses(name: string): ReturnType<DnsQuestions['addresses']> {
    return this.#ask('A', name, () => this.#questions.addresses(name));
  }

  #ask<T>(type: string, name: string, question: () => Promise<T[]>): Promise<T[]> {
    const entry = this.#entry(`${type} ${name.toLowerCase()}`);
    const now = this.#clock.now();
    const age = now - entry.answeredAt;
    const isLeftAlone = now - entry.failedAt < this.#limits.negativeMs;
    if (age >= this.#limits.freshMs && !isLeftAlone) entry.asking ??= this.#refresh(entry, question);
    if (entry.records && age < this.#limits.freshMs + this.#limits.staleMs) {
      entry.asking?.catch(() => undefined); // Nobody waits for it.
      return Promise.resolve(entry.records as T[]);
    }
    return (entry.asking as Promise<T[]> | undefined) ?? Promise.reject(entry.error);
  }

  async #refresh<T>(entry: Entry, question: () => Promise<T[]>): Promise<T[]> {
    try {
      const records = await this.#inTime(question);
      entry.records = records;
      entry.answeredAt = this.#clock.now();
      return records;
    } catch (error) {
      entry.error = error;
      entry.failedAt = this.#clock.now();
      throw error;
    } finally {
      entry.asking = undefined;
    }
  }

  /** The system's look-up has no time limit of its own. */
  #inTime<T>(question: () => Promise<T[]>): Promise<T[]> {
    return new Promise((resolve, reject) => {
      const { timeoutMs } = this.#limits;
      const timer = this.#clock.schedule(timeoutMs, () => reject(new Error(`no answer in ${timeoutMs} ms`)));
      question()
        .then(resolve, reject)
        .finally(() => timer.cancel());
    });
  }

  #entry(key: string): Entry {
    const known = this.#entries.get(key);
    if (known) return known;
    if (this.#entries.size >= this.#limits.maxEntries) this.#entries.delete(this.#entries.keys().next().value!);
    const never = Number.NEGATIVE_INFINITY;
    const entry: Entry = {
      records: undefined,
      answeredAt: never,
      error: undefined,
      failedAt: never,
      asking: undefined,
    };
    this.#entries.set(key, entry);
    return entry;
  }
}
