import { sourceNetworkOf } from '@intermix/bots';
import type { Clock } from '@intermix/kernel';
import { ApiError } from '../http/api-error.js';
import { GuessLimit } from './guess-limit.js';
import { WaitingLines } from './waiting-lines.js';

const windowMs = 60_000;
const guessesPerPerson = 5;
const guessesPerSource = 30;

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
  readonly #linesOfPersons = new WaitingLines({ atOnce: 1, longest: 20 });
  /** Passwords are checked two at a time: whoever sends many from one place holds a few places of that, not all of them. */
  readonly #linesOfSources = new WaitingLines({ atOnce: 4, longest: 40 });

  constructor(deps: { clock: Clock }) {
    this.#perPerson = new GuessLimit({ clock: deps.clock, allowed: guessesPerPerson, windowMs });
    this.#perSource = new GuessLimit({ clock: deps.clock, allowed: guessesPerSource, windowMs });
  }

  /** Runs the check of a password unless there were too many wrong ones; throws 429 then. Undefined: it was wrong. */
  check<T>(one: SignInTry, verify: () => Promise<T | undefined>): Promise<T | undefined> {
    const { client, email } = one;
    const source = sourceNetworkOf(one.source);
    if (client !== undefined) {
      const key = `client ${client} ${email}`;
      return this.#linesOfPersons.run(key, () => this.#counted(key, undefined, verify));
    }
    const key = `${source} ${email}`;
    return this.#linesOfPersons.run(key, () =>
      this.#linesOfSources.run(source, () => this.#counted(key, source, verify)),
    );
  }

  /** The try counts as wrong before it is checked, and until it is known to be right. */
  async #counted<T>(
    key: string,
    source: string | undefined,
    verify: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    this.#refuse(key, source);
    const ofSource = source === undefined ? undefined : this.#perSource.begin(source);
    let isWrong = false; // Nor is it when the check itself fails.
    let found: T | undefined;
    try {
      found = await verify();
      isWrong = found === undefined;
    } finally {
      ofSource?.over(!isWrong);
    }
    if (found !== undefined) this.#perPerson.succeeded(key);
    else this.#perPerson.failed(key);
    return found;
  }

  #refuse(key: string, source: string | undefined): void {
    const ofSource = source === undefined ? 0 : this.#perSource.waitSec(source);
    const waitSec = Math.max(this.#perPerson.waitSec(key), ofSource);
    if (waitSec > 0) throw ApiError.tooMany('Too many wrong passwords: wait a minute.', waitSec);
  }
}
