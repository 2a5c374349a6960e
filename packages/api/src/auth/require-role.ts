import type { FastifyRequest } from 'fastify';
import { ApiError } from '../http/api-error.js';
import type { AccessClaims, AccessTokens } from './access-tokens.js';
import { type Role, roles } from './admin.js';

const claimsOf = new WeakMap<FastifyRequest, AccessClaims>();
const leastOf = new WeakMap<object, Role>();

/** A hook that lets in who holds a token of at least this role. Under `/api/v1` it runs before the body is read. */
export function requireRole(tokens: AccessTokens, least: Role) {
  const hook = async (request: FastifyRequest): Promise<void> => {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    const claims = scheme?.toLowerCase() === 'bearer' && token ? await tokens.verify(token) : undefined;
    if (claims === undefined) throw ApiError.unauthorized();
    if (roles.indexOf(claims.role) < roles.indexOf(least)) {
      throw ApiError.forbidden(`This needs the role ${least}; you are ${claims.role}.`);
    }
    claimsOf.set(request, claims);
  };
  leastOf.set(hook, least);
  return hook;
}

/** Who asks. Only behind `requireRole`. */
export function adminOf(request: FastifyRequest): AccessClaims {
  const claims = claimsOf.get(request);
  if (claims === undefined) throw new Error('the route lacks requireRole');
  return claims;
}

/** Who asks, where it is known by an access token. */
export function personOf(request: FastifyRequest): AccessClaims | undefined {
  return claimsOf.get(request);
}

/** The least role that a hook of `requireRole` lets in; undefined for every other hook. */
export function roleOfHook(hook: object): Role | undefined {
  return leastOf.get(hook);
}
