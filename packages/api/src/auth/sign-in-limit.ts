import type { Clock } from '@intermix/kernel';
import { ApiError } from '../http/api-error.js';
import { GuessLimit } from './guess-limit.js';

const windowMs = 60_000;
const guessesPerPerson = 5;
const guessesPerSource = 30;
const maxInLine = 20;

/** Who tries to sign in. */
export interface SignInTry {
  email: string;
  /** Address. */
  source: string;
  /** The client, when it showed a token that this person was given: nobody else's guesses count against it. */
  client: string | undefined;
}

/**
 * Slows guessing by source, and by source and person; never by person alone, so that nobody is locked out by guesses that
 * others make elsewhere. Not even by guesses from the own address: a client that the person signed in with before is counted
 * by itself.
 */
export class SignInLimit {
  readonly #perPerson: GuessLimit;
  readonly #perSource: GuessLimit;
  readonly #lines = new Map<string, { length: number; last: Promise<unknown> }>();

  constructor(deps: { clock: Clock }) {
    this.#perPerson = new GuessLimit({ clock: deps.clock, allowed: guessesPerPerson, windowMs });
    this.#perSource = new GuessLimit({ clock: deps.clock, allowed: guessesPerSource, windowMs });
  }

  /** Runs the check of a password unless there were too many wrong ones; throws 429 then. Undefined: it was wrong. */
  check<T>(one: SignInTry, verify: () => Promise<T | undefined>): Promise<T | undefined> {
    const key = one.client === undefined ? `${one.source} ${one.email}` : `client ${one.client} ${one.email}`;
    const sourceKey = one.client === undefined ? one.source : undefined;
    return this.#inLine(key, async () => {
      this.#refuse(key, sourceKey);
      const found = await verify();
      if (found !== undefined) this.#perPerson.succeeded(key);
      else {
        this.#perPerson.failed(key);
        if (sourceKey !== undefined) this.#perSource.failed(sourceKey);
      }
      return found;
    });
  }

  #refuse(key: string, sourceKey: string | undefined): void {
    const ofSource = sourceKey === undefined ? 0 : this.#perSource.waitSec(sourceKey);
    const waitSec = Math.max(this.#perPerson.waitSec(key), ofSource);
    if (waitSec > 0) throw ApiError.tooMany('Too many wrong passwords: wait a minute.', waitSec);
  }

  /** One after the other for a key: many at once would all be let through before the first is counted. */
  async #inLine<T>(key: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { length: 0, last: Promise.resolve() };
    if (line.length >= maxInLine) throw ApiError.tooMany('Too many tries at once: wait a moment.', 1);
    this.#lines.set(key, line);
    line.length++;
    const result = line.last.then(work);
    line.last = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      line.length--;
      if (line.length === 0) this.#lines.delete(key);
    }
  }
}
