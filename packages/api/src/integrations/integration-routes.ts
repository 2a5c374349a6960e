import cors from '@fastify/cors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { camelRoutes } from './camel/camel-routes.js';
import { integrationFailureReply, sendFailure } from './http/failure-reply.js';
import { integrationsPrefix } from './http/generation.js';
import { readJsonBodies } from './http/json-body.js';
import { MethodRefusals } from './http/method-refusals.js';
import { newRequestId } from './http/request-id.js';
import type { IntegrationDeps, IntegrationParts } from './parts.js';
import { snakeRoutes } from './snake/snake-routes.js';

/** Seconds that a browser may keep the answer to a preflight; browsers keep it two hours at most. */
const preflightMaxAgeSec = 7_200;

/**
 * `/v2/integrations`, both generations of it: a scope of its own with its own errors, 404 and 405, so that every answer comes
 * in the envelope of the generation that was called.
 */
export async function integrationRoutes(app: FastifyInstance, parts: IntegrationParts): Promise<void> {
  await app.register(
    async (scope) => {
      const { random } = parts;
      const { origins } = parts.deps;
      await scope.register(cors, {
        origin: origins === '*' ? '*' : [...origins],
        methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
        allowedHeaders: ['authorization', 'content-type'],
        exposedHeaders: ['retry-after'],
        maxAge: preflightMaxAgeSec,
        strictPreflight: false,
      });
      readJsonBodies(scope);
      scope.setErrorHandler(integrationFailureReply(parts));
      scope.setNotFoundHandler((request, reply) => {
        const message = `There is no ${request.method} ${request.url.split('?', 1)[0]} here; see /docs.`;
        sendFailure(request, reply, { status: 404, code: 'ERR_NOT_FOUND', message }, newRequestId(random));
      });
      const refusals = new MethodRefusals();
      refusals.watch(scope);
      camelRoutes(scope, parts);
      snakeRoutes(scope, parts);
      refusals.refuseTheOthers(scope);
    },
    { prefix: integrationsPrefix },
  );
}

/** What the CORS plugin does, for an answer that is given before any route's hooks run. */
export function allowOrigin(request: FastifyRequest, reply: FastifyReply, origins: IntegrationDeps['origins']): void {
  const { origin } = request.headers;
  if (origins === '*') void reply.header('access-control-allow-origin', '*');
  else if (origin !== undefined && origins.includes(origin))
    void reply.header('access-control-allow-origin', origin).header('vary', 'Origin');
}
