import type { Clock } from '@intermix/kernel';
import { ApiError } from '../http/api-error.js';
import { GuessLimit } from './guess-limit.js';

const windowMs = 60_000;
const wrongTokensPerKey = 10;
/** A whole office may share an address; a key's own limit is what stops guessing. */
const wrongTokensPerSource = 300;

/** Whose key pair it is. Implemented by the store. */
export interface AccountKeys {
  /** The account that this pair belongs to; undefined when either is wrong. */
  authenticateAccount(apiKey: string, apiToken: string): Promise<{ sid: string } | undefined>;
}

/** Knows accounts by `api_key:api_token` in an Authorization header of HTTP Basic. Guessing is slowed by key and by source. */
export class BasicCredentials {
  readonly #accounts: AccountKeys;
  readonly #perKey: GuessLimit;
  readonly #perSource: GuessLimit;

  constructor(deps: { accounts: AccountKeys; clock: Clock }) {
    this.#accounts = deps.accounts;
    this.#perKey = new GuessLimit({ clock: deps.clock, allowed: wrongTokensPerKey, windowMs });
    this.#perSource = new GuessLimit({ clock: deps.clock, allowed: wrongTokensPerSource, windowMs });
  }

  /** Sid of the account; undefined when the pair is nobody's. `source`: address of the client. Throws 429. */
  async accountOf(source: string, authorization: string | undefined): Promise<string | undefined> {
    const [scheme = '', credentials = ''] = (authorization ?? '').split(' ');
    if (scheme.toLowerCase() !== 'basic') return undefined;
    const text = Buffer.from(credentials, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const key = text.slice(0, colon);
    const ofKey = `${source} ${key.slice(0, 128)}`;
    const waitSec = Math.max(this.#perKey.waitSec(ofKey), this.#perSource.waitSec(source));
    if (waitSec > 0) throw ApiError.tooMany('Too many wrong API keys: wait a minute.', waitSec);
    const isPossible = colon > 0 && text.length <= 1024 && !text.includes('\0');
    const account = isPossible ? await this.#accounts.authenticateAccount(key, text.slice(colon + 1)) : undefined;
    if (account === undefined) {
      this.#perKey.failed(ofKey);
      this.#perSource.failed(source);
    }
    return account?.sid;
  }
}
