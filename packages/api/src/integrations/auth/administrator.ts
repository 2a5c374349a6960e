import type { Clock } from '@intermix/kernel';
import type { FastifyRequest } from 'fastify';
import { type AccountActor, actorOf, apiKeyActor, personActor, setActor } from '../../audit/actor.js';
import type { AccessTokens } from '../../auth/access-tokens.js';
import { outranks } from '../../auth/admin.js';
import { BasicCredentials } from '../../auth/basic-credentials.js';
import { ApiError } from '../../http/api-error.js';
import type { AccountDirectory } from '../ports.js';

const cure =
  'Making a customer is the account’s own business: send an administrator’s access token (POST /api/v1/auth/login) as "Authorization: Bearer …", or the account’s api_key:api_token by Basic.';

/** Who may make customers: an administrator of the account, or a machine that holds the account's API key and token. */
export class AccountAuth {
  readonly #deps: { adminTokens: AccessTokens };
  readonly #basic: BasicCredentials;

  constructor(deps: { accounts: AccountDirectory; adminTokens: AccessTokens; clock: Clock }) {
    this.#deps = deps;
    this.#basic = new BasicCredentials(deps);
  }

  /** A hook; 401 with the cure for everybody else. */
  require() {
    return async (request: FastifyRequest): Promise<void> => {
      const [scheme = '', credentials = ''] = (request.headers.authorization ?? '').split(' ');
      const who =
        scheme.toLowerCase() === 'basic'
          ? await this.#byApiKey(request)
          : await this.#byAccessToken(scheme.toLowerCase() === 'bearer' ? credentials : scheme);
      if (who === undefined) throw ApiError.unauthorized(cure);
      setActor(request, who);
    };
  }

  /** Sid of the account. Only behind `require`. */
  accountOf(request: FastifyRequest): string {
    const who = actorOf(request);
    if (who === undefined) throw new Error('the route lacks AccountAuth');
    return who.accountSid;
  }

  async #byApiKey(request: FastifyRequest): Promise<AccountActor | undefined> {
    const sid = await this.#basic.accountOf(request.ip, request.headers.authorization);
    return sid === undefined ? undefined : apiKeyActor(sid);
  }

  async #byAccessToken(token: string): Promise<AccountActor | undefined> {
    const claims = token === '' ? undefined : await this.#deps.adminTokens.verify(token);
    return claims === undefined || outranks('admin', claims.role) ? undefined : personActor(claims);
  }
}
