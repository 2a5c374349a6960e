import type { Clock } from '@intermix/kernel';
import type { FastifyRequest } from 'fastify';
import { setActor, tokenActor } from '../../audit/actor.js';
import { ApiError } from '../../http/api-error.js';
import type { IntegrationToken, TokenStore } from '../ports.js';
import type { AppScope } from '../services/app-scope.js';

export type TokenScope = 'customer' | 'app' | 'either';

/** Who asks, and the token that said so. */
export type Access = Pick<IntegrationToken, 'accountSid' | 'customerId' | 'appId'> & { token: string };

const maxTokenLength = 256;
const getOne = 'POST /v2/integrations/token gives one';

/** Knows who asks by the token in the Authorization header, bare or behind "Bearer". */
export class IntegrationAuth {
  readonly #tokens: Pick<TokenStore, 'find'>;
  readonly #clock: Clock;
  readonly #accessOf = new WeakMap<FastifyRequest, Access>();

  constructor(deps: { tokens: Pick<TokenStore, 'find'>; clock: Clock }) {
    this.#tokens = deps.tokens;
    this.#clock = deps.clock;
  }

  /**
   * A hook (onRequest, so that nobody's body is read before) that lets in who holds a token of this scope; 401 else. Then
   * `accessOf` and `appOf` tell whose it is.
   */
  requireToken(scope: TokenScope) {
    return async (request: FastifyRequest): Promise<void> => {
      const access = await this.#verify(request, scope);
      this.#accessOf.set(request, access);
      setActor(request, tokenActor(access));
    };
  }

  /** Whose token it is. Only behind `requireToken`. */
  accessOf(request: FastifyRequest): Access {
    const access = this.#accessOf.get(request);
    if (access === undefined) throw new Error('the route lacks requireToken');
    return access;
  }

  /** The app whose token it is. Only behind `requireToken('app')`. */
  appOf(request: FastifyRequest): AppScope {
    const { accountSid, customerId, appId } = this.accessOf(request);
    if (appId === undefined) throw new Error("the route lacks requireToken('app')");
    return { accountSid, customerId, appId };
  }

  async #verify(request: FastifyRequest, scope: TokenScope): Promise<Access> {
    const token = tokenIn(request.headers.authorization);
    if (token === undefined)
      throw ApiError.unauthorized(
        `Send a token as "Authorization: <token>" or "Authorization: Bearer <token>"; ${getOne}.`,
      );
    const found = await this.#tokens.find(token);
    if (found === undefined) throw ApiError.unauthorized(`The token is not known, or was revoked; ${getOne}.`);
    if (found.expiresAt.getTime() <= this.#clock.now())
      throw ApiError.unauthorized(`The token expired at ${found.expiresAt.toISOString()}; ${getOne}.`);
    const held = found.appId === undefined ? 'customer' : 'app';
    if (scope !== 'either' && scope !== held) throw wrongScope(scope, held);
    return { accountSid: found.accountSid, customerId: found.customerId, appId: found.appId, token };
  }
}

/** The token in the header's value; undefined when there is none, or nothing that could be one. */
function tokenIn(header: string | undefined): string | undefined {
  const token = (header ?? '').replace(/^bearer +/i, '').trim();
  return /^[\x21-\x7e]+$/.test(token) && token.length <= maxTokenLength ? token : undefined;
}

/** 401 that tells which token is needed. */
export function wrongScope(needed: 'customer' | 'app', held: 'customer' | 'app'): ApiError {
  const cure = `POST /v2/integrations/token with Entity "${needed}"`;
  return ApiError.unauthorized(`This needs the token of ${article(needed)}, and yours is ${article(held)}’s: ${cure}.`);
}

function article(entity: 'customer' | 'app'): string {
  return entity === 'app' ? 'an app' : 'a customer';
}
