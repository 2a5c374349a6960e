import type { FastifyRequest } from 'fastify';
import type { BasicCredentials } from '../../auth/basic-credentials.js';
import { ApiError } from '../../http/api-error.js';
import { withoutSuffix } from '../http/answer-form.js';

const cure = 'Authentication failed: send api_key:api_token of the account by HTTP Basic.';

/** Lets in who holds the key pair of the account in the address. */
export class VoiceAuth {
  readonly #credentials: BasicCredentials;
  readonly #accountOf = new WeakMap<FastifyRequest, string>();

  constructor(deps: { credentials: BasicCredentials }) {
    this.#credentials = deps.credentials;
  }

  /** A hook (onRequest): 401 without a right pair, 404 when the pair is another account's, so that nobody learns which there are. */
  require() {
    return async (request: FastifyRequest): Promise<void> => {
      const sid = await this.#credentials.accountOf(request.ip, request.headers.authorization);
      if (sid === undefined) throw ApiError.unauthorized(cure);
      const { account_sid: named = '' } = request.params as { account_sid?: string };
      if (withoutSuffix(named) !== sid) throw ApiError.notFound('account, or these credentials are not its own');
      this.#accountOf.set(request, sid);
    };
  }

  /** Sid of the account. Only behind `require`. */
  accountOf(request: FastifyRequest): string {
    const sid = this.#accountOf.get(request);
    if (sid === undefined) throw new Error('the route lacks VoiceAuth');
    return sid;
  }
}
