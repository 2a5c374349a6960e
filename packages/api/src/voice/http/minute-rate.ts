import type { Clock } from '@intermix/kernel';
import type { FastifyReply } from 'fastify';
import { ApiError } from '../../http/api-error.js';

const windowMs = 60_000;
const maxKeys = 10_000;

/** At most so many in any minute, by key: the times of the last ones are kept, so that no two windows meet in a double portion. */
export class MinuteRate {
  readonly #times = new Map<string, number[]>();
  readonly #clock: Clock;
  readonly #perMinute: number;

  constructor(options: { clock: Clock; perMinute: number }) {
    this.#clock = options.clock;
    this.#perMinute = options.perMinute;
  }

  /** Counts one, and tells how it stands in the answer's headers. Throws 429 when it is one too many; that one is not counted. */
  take(key: string, reply: FastifyReply): void {
    const now = this.#clock.now();
    const times = (this.#times.get(key) ?? []).filter((time) => time > now - windowMs);
    const isFull = times.length >= this.#perMinute;
    if (!isFull) times.push(now);
    this.#keep(key, times);
    const freeInMs = (times[0] ?? now) + windowMs - now;
    void reply
      .header('x-ratelimit-limit', String(this.#perMinute))
      .header('x-ratelimit-remaining', String(this.#perMinute - times.length))
      .header('x-ratelimit-reset', String(Math.ceil((now + freeInMs) / 1000)));
    if (isFull) {
      const message = `At most ${this.#perMinute} calls a minute: try again in ${Math.ceil(freeInMs / 1000)} s.`;
      throw ApiError.tooMany(message, freeInMs / 1000);
    }
  }

  #keep(key: string, times: number[]): void {
    this.#times.delete(key);
    this.#times.set(key, times);
    const oldest = this.#times.keys().next();
    if (this.#times.size > maxKeys && !oldest.done) this.#times.delete(oldest.value);
  }
}
