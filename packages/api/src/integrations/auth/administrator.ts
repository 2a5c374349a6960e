import type { Clock } from '@intermix/kernel';
import type { FastifyRequest } from 'fastify';
import type { AccessTokens } from '../../auth/access-tokens.js';
import { roles } from '../../auth/admin.js';
import { GuessLimit } from '../../auth/guess-limit.js';
import { ApiError } from '../../http/api-error.js';
import type { AccountDirectory } from '../ports.js';

const cure =
  'Making a customer is the account’s own business: send an administrator’s access token (POST /api/v1/auth/login) as "Authorization: Bearer …", or the account’s api_key:api_token by Basic.';

const windowMs = 60_000;
/** A whole office may share an address; a key's own limit is what stops guessing. */
const wrongTokensPerSource = 300;

/** Who may make customers: an administrator of the account, or a machine that holds the account's API key and token. */
export class AccountAuth {
  readonly #deps: { accounts: AccountDirectory; adminTokens: AccessTokens };
  readonly #perKey: GuessLimit;
  readonly #perSource: GuessLimit;
  readonly #accountOf = new WeakMap<FastifyRequest, string>();

  constructor(deps: { accounts: AccountDirectory; adminTokens: AccessTokens; clock: Clock }) {
    this.#deps = deps;
    this.#perKey = new GuessLimit({ clock: deps.clock, allowed: 10, windowMs });
    this.#perSource = new GuessLimit({ clock: deps.clock, allowed: wrongTokensPerSource, windowMs });
  }

  /** A hook; 401 with the cure for everybody else. */
  require() {
    return async (request: FastifyRequest): Promise<void> => {
      const [scheme = '', credentials = ''] = (request.headers.authorization ?? '').split(' ');
      const sid =
        scheme.toLowerCase() === 'basic'
          ? await this.#byBasic(request.ip, credentials)
          : await this.#byAccessToken(scheme.toLowerCase() === 'bearer' ? credentials : scheme);
      if (sid === undefined) throw ApiError.unauthorized(cure);
      this.#accountOf.set(request, sid);
    };
  }

  /** Sid of the account. Only behind `require`. */
  accountOf(request: FastifyRequest): string {
    const sid = this.#accountOf.get(request);
    if (sid === undefined) throw new Error('the route lacks AccountAuth');
    return sid;
  }

  async #byAccessToken(token: string): Promise<string | undefined> {
    const claims = token === '' ? undefined : await this.#deps.adminTokens.verify(token);
    if (claims === undefined) return undefined;
    return roles.indexOf(claims.role) >= roles.indexOf('admin') ? claims.accountSid : undefined;
  }

  async #byBasic(source: string, credentials: string): Promise<string | undefined> {
    const text = Buffer.from(credentials, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const key = text.slice(0, colon);
    const ofKey = `${source} ${key.slice(0, 128)}`;
    const waitSec = Math.max(this.#perKey.waitSec(ofKey), this.#perSource.waitSec(source));
    if (waitSec > 0) throw ApiError.tooMany('Too many wrong API keys: wait a minute.', waitSec);
    const isPossible = colon > 0 && text.length <= 1024 && !text.includes('\0');
    const account = isPossible ? await this.#deps.accounts.authenticateAccount(key, text.slice(colon + 1)) : undefined;
    if (account === undefined) {
      this.#perKey.failed(ofKey);
      this.#perSource.failed(source);
    }
    return account?.sid;
  }
}
