import { LoginRequest, LoginResponse, RefreshRequest } from '@intermix/contracts';
import type { Clock } from '@intermix/kernel';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { originOf } from '../audit/actor.js';
import { RequestRate } from '../integrations/auth/request-rate.js';
import type { AccessTokens } from './access-tokens.js';
import { adminOf, requireRole } from './require-role.js';
import type { SignIn, TokenPair } from './sign-in.js';

/** Far above what an office of people needs; each asks the database. */
const refreshesPerMinute = 600;
const tags = ['auth'];

/** `/api/v1/auth/login`, `refresh` and `logout`. */
export function sessionRoutes(
  app: FastifyInstance,
  { signIn, tokens, clock }: { signIn: SignIn; tokens: AccessTokens; clock: Clock },
): void {
  const refreshes = new RequestRate({ clock, perMinute: refreshesPerMinute });
  const config = { access: 'public', audit: 'own' } as const;

  app.post<{ Body: LoginRequest }>(
    '/api/v1/auth/login',
    {
      config,
      schema: {
        ...{ tags, operationId: 'login', summary: 'Sign in' },
        description:
          'Wrong passwords are slowed by address. A client that sends its last access token along, expired or not, is counted by itself.',
        ...{ body: LoginRequest, response: { 200: LoginResponse } },
      },
    },
    async (request) => {
      const [scheme = '', token = ''] = (request.headers.authorization ?? '').split(' ');
      const shown = scheme.toLowerCase() === 'bearer' ? token : '';
      return pairRead(await signIn.begin({ ...request.body, shown }, originOf(request)));
    },
  );

  app.post<{ Body: RefreshRequest }>(
    '/api/v1/auth/refresh',
    {
      config,
      schema: {
        ...{
          tags,
          operationId: 'refreshTokens',
          summary: 'The next pair of tokens for a refresh token, which is good once',
        },
        ...{ body: RefreshRequest, response: { 200: LoginResponse } },
      },
    },
    async (request) => {
      refreshes.take(request.ip);
      return pairRead(await signIn.refresh(request.body.refresh_token, originOf(request)));
    },
  );

  app.post(
    '/api/v1/auth/logout',
    {
      config: { audit: 'own' },
      preHandler: requireRole(tokens, 'agent'),
      schema: {
        ...{ tags, operationId: 'logout', summary: 'End this session: its tokens are good no more' },
        ...{ security: [{ accessToken: [] }], response: { 204: Type.Null() } },
      },
    },
    async (request, reply) => {
      await signIn.end(adminOf(request), originOf(request));
      return reply.status(204).send();
    },
  );
}

function pairRead(pair: TokenPair): LoginResponse {
  return {
    access_token: pair.accessToken,
    token_type: 'Bearer',
    expires_in: pair.expiresInSec,
    refresh_token: pair.refreshToken,
    refresh_expires_in: pair.refreshExpiresInSec,
  };
}
