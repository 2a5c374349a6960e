import type { Clock } from '@intermix/kernel';
import type { FastifyRequest } from 'fastify';
import type { AccessTokens } from '../../auth/access-tokens.js';
import { roles } from '../../auth/admin.js';
import { BasicCredentials } from '../../auth/basic-credentials.js';
import { ApiError } from '../../http/api-error.js';
import type { AccountDirectory } from '../ports.js';

const cure =
  'Making a customer is the account’s own business: send an administrator’s access token (POST /api/v1/auth/login) as "Authorization: Bearer …", or the account’s api_key:api_token by Basic.';

/** Who may make customers: an administrator of the account, or a machine that holds the account's API key and token. */
export class AccountAuth {
  readonly #deps: { adminTokens: AccessTokens };
  readonly #basic: BasicCredentials;
  readonly #accountOf = new WeakMap<FastifyRequest, string>();

  constructor(deps: { accounts: AccountDirectory; adminTokens: AccessTokens; clock: Clock }) {
    this.#deps = deps;
    this.#basic = new BasicCredentials(deps);
  }

  /** A hook; 401 with the cure for everybody else. */
  require() {
    return async (request: FastifyRequest): Promise<void> => {
      const [scheme = '', credentials = ''] = (request.headers.authorization ?? '').split(' ');
      const sid =
        scheme.toLowerCase() === 'basic'
          ? await this.#basic.accountOf(request.ip, request.headers.authorization)
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
}
