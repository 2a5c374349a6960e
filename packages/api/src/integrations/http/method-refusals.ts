import type { FastifyInstance, RouteOptions } from 'fastify';
import { ApiError } from '../../http/api-error.js';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/**
 * Watches which routes are made in this scope. `refuseTheOthers` then makes the methods that a path does not have answer 405
 * with Allow. It must not be left to the router: `GET /token` would be taken for the customer whose id is "token".
 */
export class MethodRefusals {
  readonly #methodsOf = new Map<string, Set<string>>();

  watch(app: FastifyInstance): void {
    app.addHook('onRoute', (route: RouteOptions) => {
      const known = this.#methodsOf.get(route.url) ?? new Set<string>();
      for (const method of [route.method].flat()) known.add(method);
      this.#methodsOf.set(route.url, known);
    });
  }

  refuseTheOthers(app: FastifyInstance): void {
    for (const [url, known] of [...this.#methodsOf]) {
      if (url.includes('*')) continue; // The preflight's.
      const missing = methods.filter((method) => !known.has(method));
      const allow = [...known].sort().join(', ');
      if (missing.length > 0) refuse(app, { url, missing, allow });
    }
  }
}

function refuse(app: FastifyInstance, route: { url: string; missing: string[]; allow: string }): void {
  app.route({
    method: route.missing,
    url: route.url.slice(app.prefix.length),
    schema: { hide: true },
    onRequest: async (request, reply) => {
      void reply.header('allow', route.allow);
      throw new ApiError(405, 'ERR_METHOD_NOT_ALLOWED', `${request.method} is not possible here: use ${route.allow}.`);
    },
    handler: () => undefined,
  });
}
