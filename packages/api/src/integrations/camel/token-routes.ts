import { CamelDeleted, CamelToken, CamelTokenRequest } from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';
import { setActor, tokenActor } from '../../audit/actor.js';
import { camelSecret, camelSuccess } from '../http/envelope.js';
import type { IntegrationParts } from '../parts.js';
import { documented } from './documented.js';

/** `/token`: an id and its secret against a token, and the end of one. */
export function tokenRoutes(app: FastifyInstance, parts: IntegrationParts): void {
  const { auth, issuer, random, deps } = parts;
  const config = { audit: { resource: 'token' } };

  app.post<{ Body: CamelTokenRequest }>(
    '/token',
    {
      config,
      schema: {
        ...documented(
          { tag: 'tokens', summary: 'Get a token', operationId: 'createIntegrationToken', token: 'none' },
          CamelToken,
          [400, 401, 429],
        ),
        body: CamelTokenRequest,
      },
    },
    async (request, reply) => {
      const { Id: id, Secret: secret, Entity: entity } = request.body;
      const { token, owner } = await issuer.issue({ entity, id, secret, source: request.ip });
      setActor(request, tokenActor(owner));
      return camelSecret(reply, token, random);
    },
  );

  app.delete(
    '/token',
    {
      ...{ onRequest: auth.requireToken('either'), config },
      schema: documented(
        {
          tag: 'tokens',
          summary: 'Revoke the token that is sent',
          operationId: 'revokeIntegrationToken',
          token: 'token',
        },
        CamelDeleted,
        [401],
      ),
    },
    async (request) => {
      await deps.tokens.revoke(auth.accessOf(request).token);
      return camelSuccess('Deleted Successfully', random);
    },
  );
}
