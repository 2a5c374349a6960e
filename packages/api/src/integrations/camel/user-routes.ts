import {
  CamelDeleted,
  type CamelUser,
  CamelUserAnswer,
  CamelUserOrPage,
  CamelUsersAnswer,
  CamelUsersCreate,
  CamelUsersDeletion,
  CamelUsersQuery,
  CamelUserUpdate,
} from '@intermix/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { AuditedRoute } from '../../audit/audit-hook.js';
import { givenFields } from '../../audit/field-changes.js';
import { ApiError } from '../../http/api-error.js';
import { auditedUser, everyOne, within } from '../audited.js';
import { camelSecret, camelSuccess } from '../http/envelope.js';
import type { IntegrationParts } from '../parts.js';
import type { MappedUser } from '../ports.js';
import type { AppScope } from '../services/app-scope.js';
import { camelSpelling } from '../services/spelling.js';
import { documented } from './documented.js';
import { camelUser, checkPersonName, wantedUser } from './mapping.js';

const UserPath = Type.Object({ id: Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\x00-\\x1f\\x7f]+$' }) });
const defaultPageSize = 20;
const tag = 'users';

/** The object of a user, with its password as `SipSecret`. */
export async function camelUserOf(parts: IntegrationParts, app: AppScope, user: MappedUser): Promise<CamelUser> {
  const found = await camelUserStillThere(parts, app, user);
  if (found === undefined) throw new ApiError(404, 'ERR_NOT_FOUND', 'record not found', 'user_id');
  return found;
}

/** The same; undefined when the user was deleted meanwhile. */
async function camelUserStillThere(
  parts: IntegrationParts,
  app: AppScope,
  user: MappedUser,
): Promise<CamelUser | undefined> {
  const password = await parts.deps.users.sipPassword(app.accountSid, app.appId, user.userId);
  return password === undefined ? undefined : camelUser(app, user, password, parts.random);
}

/** `/usermapping`: users of an app, each with a SIP account. */
export function userRoutes(app: FastifyInstance, parts: IntegrationParts): void {
  createUsers(app, parts);
  readUsers(app, parts);
  updateUser(app, parts);
  deleteUsers(app, parts);
}

function createUsers(app: FastifyInstance, { auth, random, users }: IntegrationParts): void {
  const madeUsers = (request: FastifyRequest) =>
    (request.body as CamelUsersCreate).map((user) => ({
      id: within(auth.appOf(request), user.AppUserId),
      changes: givenFields(user),
    }));
  app.post<{ Body: CamelUsersCreate }>(
    '/usermapping',
    {
      onRequest: auth.requireToken('app'),
      config: { audit: { resource: 'app-user', things: madeUsers } },
      schema: {
        ...documented(
          {
            tag,
            summary: 'Map users: a list, for one too; all are made or none',
            operationId: 'createUserMappings',
            token: 'token',
          },
          CamelUsersAnswer,
          [400, 401, 404],
        ),
        body: CamelUsersCreate,
      },
    },
    async (request, reply) => {
      const scope = auth.appOf(request);
      for (const [index, user] of request.body.entries()) {
        checkPersonName(user.AppUsername, `${index}.AppUsername`);
        checkPersonName(user.ExotelUserName, `${index}.ExotelUserName`);
        if (user.ExotelAccountSid !== scope.accountSid) throw otherAccount(`${index}.ExotelAccountSid`);
      }
      const made = await users.provision(scope, request.body.map(wantedUser), camelSpelling, { isList: true });
      return camelSecret(
        reply,
        made.map(({ user, sipPassword }) => camelUser(scope, user, sipPassword, random)),
        random,
      );
    },
  );
}

function readUsers(app: FastifyInstance, parts: IntegrationParts): void {
  const { auth, random, users } = parts;
  app.get<{ Querystring: CamelUsersQuery }>(
    '/usermapping',
    {
      onRequest: auth.requireToken('app'),
      schema: {
        ...documented(
          { tag, summary: 'One user by user_id, or a page of all', operationId: 'getUserMappings', token: 'token' },
          CamelUserOrPage,
          [400, 401, 404],
        ),
        querystring: CamelUsersQuery,
      },
    },
    async (request, reply) => {
      const scope = auth.appOf(request);
      const { user_id: userId, next_key: nextKey, last_value: lastValue, page_size: limit } = request.query;
      if (userId !== undefined)
        return camelSecret(reply, await camelUserOf(parts, scope, await findByQuery(parts, scope, userId)), random);
      const offset = nextKey ? Number(nextKey) : (lastValue ?? 0);
      return camelSecret(reply, await pageOf(parts, scope, { offset, limit: limit ?? defaultPageSize }), random);
    },
  );

  async function pageOf(of: IntegrationParts, scope: AppScope, page: { limit: number; offset: number }) {
    const { users: found, total } = await users.list(scope, page);
    const next = page.offset + found.length;
    const stillThere = await Promise.all(found.map((user) => camelUserStillThere(of, scope, user)));
    return {
      Users: stillThere.filter((user) => user !== undefined),
      NextKey: found.length > 0 && next < total ? String(next) : '',
      Total: total,
    };
  }
}

/** The vendor's SDK does not percent-encode the id, so that a plus in it arrives as a space. */
async function findByQuery(parts: IntegrationParts, scope: AppScope, userId: string): Promise<MappedUser> {
  const { accountSid, appId } = scope;
  const asWritten = await parts.deps.users.find(accountSid, appId, userId);
  if (asWritten !== undefined || !userId.includes(' ')) return asWritten ?? parts.users.find(scope, userId);
  return parts.users.find(scope, userId.replaceAll(' ', '+'));
}

const idInBody = ({ body }: FastifyRequest) => (body as CamelUserUpdate).AppUserId;
const idInPath = ({ params }: FastifyRequest) => (params as { id: string }).id;

function updateUser(app: FastifyInstance, parts: IntegrationParts): void {
  const { auth, random, users } = parts;
  app.put<{ Body: CamelUserUpdate }>(
    '/usermapping',
    {
      onRequest: auth.requireToken('app'),
      config: { audit: auditedUser(parts.deps, (request) => auth.appOf(request), idInBody) },
      schema: {
        ...documented(
          { tag, summary: 'Change a user’s virtual number', operationId: 'updateUserMapping', token: 'token' },
          CamelUserAnswer,
          [400, 401, 404],
        ),
        body: CamelUserUpdate,
      },
    },
    async (request, reply) => {
      const scope = auth.appOf(request);
      const { AppUserId: userId, VirtualNumber: virtualNumber } = request.body;
      const user = await users.update(scope, userId, { virtualNumber }, camelSpelling);
      return camelSecret(reply, await camelUserOf(parts, scope, user), random);
    },
  );
}

function deleteUsers(app: FastifyInstance, { auth, random, users, deps }: IntegrationParts): void {
  const onRequest = auth.requireToken('app');
  const scopeOf = (request: FastifyRequest) => auth.appOf(request);
  const all: AuditedRoute = {
    resource: 'app-user',
    before: async (request) => {
      const { accountSid, appId } = scopeOf(request);
      return { users: (await deps.users.list(accountSid, appId, { limit: 1, offset: 0 })).total };
    },
    id: (request) => within(scopeOf(request), everyOne),
  };
  const listed: AuditedRoute = {
    resource: 'app-user',
    things: (request) =>
      (request.body as CamelUsersDeletion).map((id) => ({ id: within(scopeOf(request), id), changes: {} })),
  };
  const deleting = (summary: string, operationId: string, refusals: readonly number[]) =>
    documented({ tag, summary, operationId, token: 'token' }, CamelDeleted, refusals);

  app.delete(
    '/usermapping',
    {
      ...{ onRequest, config: { audit: all } },
      schema: deleting('Delete all users of the app', 'deleteAllUserMappings', [401]),
    },
    async (request) => {
      await users.deleteAll(auth.appOf(request));
      return camelSuccess('Deleted Successfuly', random); // The vendor's spelling.
    },
  );

  app.delete<{ Params: { id: string } }>(
    '/usermapping/:id',
    {
      ...{ onRequest, config: { audit: auditedUser(deps, scopeOf, idInPath) } },
      schema: { ...deleting('Delete one user', 'deleteUserMapping', [400, 401, 404]), params: UserPath },
    },
    async (request) => {
      await users.delete(auth.appOf(request), [request.params.id]);
      return camelSuccess('Deleted Successfully', random);
    },
  );

  app.delete<{ Body: CamelUsersDeletion }>(
    '/users',
    {
      ...{ onRequest, config: { audit: listed } },
      schema: {
        ...deleting('Delete the users that a list names; all or none', 'deleteUsers', [400, 401, 404]),
        body: CamelUsersDeletion,
      },
    },
    async (request) => {
      await users.delete(auth.appOf(request), request.body);
      return camelSuccess('Deleted Successfully', random);
    },
  );
}

function otherAccount(field: string): ApiError {
  return new ApiError(404, 'ERR_NOT_FOUND', `"${field}" is not the account of this app.`, field);
}
