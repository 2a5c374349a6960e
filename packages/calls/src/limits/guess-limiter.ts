import { type Clock, TokenBuckets } from '@intermix/kernel';

/** Wrong passwords allowed at once, and milliseconds until one more is. */
export interface GuessLimit {
  burst: number;
  refillMs: number;
}

export interface GuessLimits {
  /** For one address. Generous: an office behind one address has honest clients with a forgotten password too. */
  perSource: GuessLimit;
  /** For one user, all addresses together. */
  perUser: GuessLimit;
}

/** Who asks: the peer's address, and the address of record with what is known of it. */
export interface Guesser {
  source: string;
  user: string;
  /**
   * `flow`: the user is registered over this very flow, so nothing slows it. `address`: from this address, so what is
   * guessed elsewhere does not.
   */
  bound: 'flow' | 'address' | undefined;
}

/** Slows the guessing of passwords, per source and per user. Only failures count, so honest clients never notice. */
export class GuessLimiter {
  readonly #sources: TokenBuckets;
  readonly #users: TokenBuckets;

  constructor(deps: { clock: Clock; limits: GuessLimits }) {
    this.#sources = new TokenBuckets({ clock: deps.clock, ...deps.limits.perSource });
    this.#users = new TokenBuckets({ clock: deps.clock, ...deps.limits.perUser });
  }

  /** Seconds to wait before a password is looked at again; 0 means now. */
  waitSec({ source, user, bound }: Guesser): number {
    if (bound === 'flow') return 0;
    const userMs = bound === 'address' ? 0 : this.#users.waitMs(user);
    return Math.ceil(Math.max(this.#sources.waitMs(source), userMs) / 1000);
  }

  failed({ source, user }: Guesser): void {
    this.#sources.take(source);
    this.#users.take(user);
  }
}
