import type { FastifyRequest } from 'fastify';
import { ApiError } from '../http/api-error.js';
import type { AccessClaims, AccessTokens } from './access-tokens.js';
import { type Role, roles } from './admin.js';

const claimsOf = new WeakMap<FastifyRequest, AccessClaims>();

/** A preHandler that lets in who holds a token of at least this role. */
export function requireRole(tokens: AccessTokens, least: Role) {
  return async (request: FastifyRequest): Promise<void> => {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    const claims = scheme?.toLowerCase() === 'bearer' && token ? await tokens.verify(token) : undefined;
    if (claims === undefined) throw ApiError.unauthorized();
    if (roles.indexOf(claims.role) < roles.indexOf(least)) {
      throw ApiError.forbidden(`This needs the role ${least}; you are ${claims.role}.`);
    }
    claimsOf.set(request, claims);
  };
}

/** Who asks. Only behind `requireRole`. */
export function adminOf(request: FastifyRequest): AccessClaims {
  const claims = claimsOf.get(request);
  if (claims === undefined) throw new Error('the route lacks requireRole');
  return claims;
}
