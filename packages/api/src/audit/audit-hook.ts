import type { Logger } from '@intermix/kernel';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { administrationPrefix } from '../auth/route-access.js';
import { actorOf, originOf } from './actor.js';
import type { AuditLog, FieldChange, NewAuditEntry } from './audit-log.js';
import { changedFields, givenFields, lostFields } from './field-changes.js';

/** How changes by a route are put on record. */
export interface AuditedRoute {
  /** Default: the operation's id. */
  action?: string;
  /** Type of what is changed. Default: the last word of the path that is no parameter, in the singular. */
  resource?: string;
  /** The thing as the API shows it, read before the change: only then can the entry tell what differs. */
  before?(request: FastifyRequest): Promise<object | undefined>;
  /** Id of what was changed. Default: `id` of the answer, or `<resource>_id`, where the path names a collection; else the path's last parameter. */
  id?(request: FastifyRequest, answer: unknown): string | undefined;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * How changes by the route are put on record: under `/api/v1` also where nothing is said, elsewhere only where something
     * is. `own`: it writes its entry itself, with the change; false: it changes nothing.
     */
    audit?: AuditedRoute | 'own' | false;
  }
}

const changing = ['POST', 'PUT', 'PATCH', 'DELETE'];

interface Change {
  before?: object | undefined;
  answer?: unknown;
}

/**
 * Puts on record what persons and machines of an account change: an entry for every request that succeeded, written before
 * its answer is sent. The OpenAPI document tells its action as `x-audit`.
 */
export function auditRoutes(app: FastifyInstance, deps: { audit: AuditLog; logger: Logger }): void {
  app.addHook('onRoute', (route: RouteOptions) => {
    const given = route.config?.audit;
    if (given === false || ![route.method].flat().some((method) => changing.includes(method))) return;
    if (given === undefined && !route.url.startsWith(administrationPrefix)) return;
    const { operationId } = (route.schema ?? {}) as { operationId?: string };
    const audited = given === 'own' ? {} : (given ?? {});
    const action = audited.action ?? operationId ?? `${route.method} ${route.url}`;
    route.schema = { ...route.schema, 'x-audit': action } as RouteOptions['schema'] & object;
    if (given !== 'own') watch(route, { ...audited, action }, deps);
  });
}

function watch(
  route: RouteOptions,
  audited: AuditedRoute & { action: string },
  deps: { audit: AuditLog; logger: Logger },
): void {
  const changes = new WeakMap<FastifyRequest, Change>();
  const { action } = audited;
  const type = audited.resource ?? resourceOf(route.url);

  prepend(route, 'preHandler', async (request: FastifyRequest) => {
    changes.set(request, { before: await audited.before?.(request) });
  });
  prepend(route, 'preSerialization', async (request: FastifyRequest, _reply: FastifyReply, answer: unknown) => {
    const change = changes.get(request);
    if (change) change.answer = answer;
    return answer;
  });
  prepend(route, 'onSend', async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
    const change = changes.get(request);
    const who = actorOf(request);
    if (change === undefined || who === undefined || reply.statusCode >= 400) return payload;
    changes.delete(request);
    const id = audited.id ? audited.id(request, change.answer) : idOf(request, change.answer, type);
    await put({ ...who, ...originOf(request), action, resource: { type, id }, changes: told(request, change) }, deps);
    return payload;
  });
}

/** What is done cannot be undone when the record fails: then the log has it, and the answer is 500. */
async function put(entry: NewAuditEntry, { audit, logger }: { audit: AuditLog; logger: Logger }): Promise<void> {
  try {
    await audit.append(entry);
  } catch (error) {
    logger.error({ err: error, entry }, 'a change could not be put on record; this line is all there is of it');
    throw error;
  }
}

function told(request: FastifyRequest, { before, answer }: Change): Readonly<Record<string, FieldChange>> {
  if (before === undefined) return givenFields(request.body, answer);
  return request.method === 'DELETE' ? lostFields(before) : changedFields(before, answer, request.body);
}

function idOf(request: FastifyRequest, answer: unknown, type: string): string | undefined {
  const last = Object.values((request.params ?? {}) as Record<string, string>).at(-1);
  const fields = (answer ?? {}) as Record<string, unknown>;
  const id = fields.id ?? fields[`${type}_id`];
  return isCollection(request) && typeof id === 'string' ? id : last;
}

/** Whether the path names no single thing at its end. */
function isCollection(request: FastifyRequest): boolean {
  return !(request.routeOptions.url ?? '').includes(':', (request.routeOptions.url ?? '').lastIndexOf('/'));
}

function resourceOf(url: string): string {
  const words = url.slice(administrationPrefix.length).split('/');
  const word = words.filter((part) => !part.startsWith(':')).at(-1) ?? '';
  return word.replace(/s$/, '');
}

function prepend(route: RouteOptions, name: 'preHandler' | 'preSerialization' | 'onSend', hook: unknown): void {
  const hooks = route as unknown as Record<string, unknown>;
  hooks[name] = [hook, ...[hooks[name] ?? []].flat()];
}
