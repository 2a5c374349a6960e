import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Role } from './admin.js';
import { roleOfHook } from './require-role.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * For a route of `/api/v1` without `requireRole`: `public` when anybody may call it, `core-secret` when it knows its
     * callers by a secret of their own.
     */
    access?: 'public' | 'core-secret';
  }
}

export const administrationPrefix = '/api/v1/';

/**
 * Holds every route of `/api/v1` to saying who may call it, at start: by `requireRole`, or by `config.access`. The role is
 * checked before the body is read, and stands in the OpenAPI document as `x-role`.
 */
export function guardRoutes(app: FastifyInstance): void {
  app.addHook('onRoute', (route: RouteOptions) => {
    if (!route.url.startsWith(administrationPrefix)) return;
    const role = takeRoleForward(route);
    const access = role ?? route.config?.access;
    if (access === undefined)
      throw new Error(`${route.method} ${route.url} says not who may call it: use requireRole or config.access`);
    route.onRequest = [tellRequestId, ...listOf(route.onRequest)] as NonNullable<RouteOptions['onRequest']>;
    route.schema = { ...route.schema, 'x-role': access } as RouteOptions['schema'] & object;
  });
}

/** Puts the hook of `requireRole` before all others; gives its role. */
function takeRoleForward(route: RouteOptions): Role | undefined {
  const first = listOf(route.onRequest);
  const last = listOf(route.preHandler);
  const guard = [...first, ...last].find((hook) => roleOfHook(hook) !== undefined);
  if (guard === undefined) return undefined;
  const others = (hook: object) => hook !== guard;
  route.onRequest = [guard, ...first.filter(others)] as NonNullable<RouteOptions['onRequest']>;
  route.preHandler = last.filter(others) as NonNullable<RouteOptions['preHandler']>;
  return roleOfHook(guard);
}

/** The audit log and the server's log name a request by it. */
async function tellRequestId(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  void reply.header('x-request-id', request.id);
}

function listOf<Hook extends object>(hooks: Hook | Hook[] | undefined): Hook[] {
  return hooks === undefined ? [] : ([hooks].flat() as Hook[]);
}
