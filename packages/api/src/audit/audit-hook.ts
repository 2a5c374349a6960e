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
  /** The part of the answer that shows the thing as it is now. Default: all of it. */
  shown?(answer: unknown): unknown;
  /** What was changed, where that is several things, or is not to be seen from `before`, the answer and the request's body. */
  things?(request: FastifyRequest, change: Change): readonly AuditedThing[] | Promise<readonly AuditedThing[]>;
  /** Id of what was changed. Default: `id` of the answer, or `<resource>_id`, where the path names a collection; else the path's last parameter. */
  id?(request: FastifyRequest, answer: unknown): string | undefined;
}

/** One of the things that a request changed. */
export interface AuditedThing {
  id: string | undefined;
  changes: Readonly<Record<string, FieldChange>>;
}

/** What is known of a change once it is made. */
export interface Change {
  before?: object | undefined;
  answer?: unknown;
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
    const things = (await audited.things?.(request, change)) ?? [theThing(request, change, audited, type)];
    const common = { ...who, ...originOf(request), action };
    await put(
      things.map(({ id, changes: fields }) => ({ ...common, resource: { type, id }, changes: fields })),
      deps,
    );
    return payload;
  });
}

/** What is done cannot be undone when the record fails: then the log has it, and the answer is 500. */
async function put(entries: NewAuditEntry[], { audit, logger }: { audit: AuditLog; logger: Logger }): Promise<void> {
  try {
    await audit.append(...entries);
  } catch (error) {
    for (const entry of entries)
      logger.error({ err: error, entry }, 'a change could not be put on record; this line is all there is of it');
    throw error;
  }
}

function theThing(
  request: FastifyRequest,
  { before, answer }: Change,
  audited: AuditedRoute,
  type: string,
): AuditedThing {
  const id = audited.id ? audited.id(request, answer) : idOf(request, answer, type);
  const shown = audited.shown ? audited.shown(answer) : answer;
  if (before === undefined) return { id, changes: givenFields(request.body, shown) };
  const changes = request.method === 'DELETE' ? lostFields(before) : changedFields(before, shown, request.body);
  return { id, changes };
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
