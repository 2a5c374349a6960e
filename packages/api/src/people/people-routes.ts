import {
  PageQuery,
  PasswordChange,
  PasswordReset,
  PersonCreate,
  PersonList,
  PersonRead,
  PersonUpdate,
  ProfileUpdate,
} from '@intermix/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { originOf } from '../audit/actor.js';
import type { AccessTokens } from '../auth/access-tokens.js';
import type { Admin, AdminDirectory } from '../auth/admin.js';
import { adminOf, requireRole } from '../auth/require-role.js';
import type { Doer, PeopleService } from './people-service.js';

export interface PeopleRoutesDeps {
  admins: AdminDirectory;
  people: PeopleService;
  tokens: AccessTokens;
}

const base = '/api/v1/auth';
const UserPath = Type.Object({ user_id: Type.String({ maxLength: 128 }) });
type UserParams = { Params: { user_id: string } };
const defaultLimit = 50;

/** They write their entries of the audit log themselves, with the change. */
const config = { audit: 'own' } as const;

const documented = (summary: string, operationId: string) => ({
  ...{ tags: ['auth'], summary, operationId, security: [{ accessToken: [] }] },
});

const doerOf = (request: FastifyRequest): Doer => ({ who: adminOf(request), origin: originOf(request) });

/** `/api/v1/auth/register`, `me` and `users`: those who sign in. */
export function peopleRoutes(app: FastifyInstance, deps: PeopleRoutesDeps): void {
  ownRoutes(app, deps);
  readRoutes(app, deps);
  writeRoutes(app, deps);
}

function ownRoutes(app: FastifyInstance, { people, tokens }: PeopleRoutesDeps): void {
  const preHandler = requireRole(tokens, 'agent');

  app.get(
    `${base}/me`,
    { preHandler, schema: { ...documented('Who you are', 'getOwnUser'), response: { 200: PersonRead } } },
    async (request) => personRead(await people.find(adminOf(request).personId, adminOf(request))),
  );

  app.put<{ Body: ProfileUpdate }>(
    `${base}/me`,
    {
      ...{ preHandler, config },
      schema: {
        ...documented('Change your name', 'updateOwnUser'),
        ...{ body: ProfileUpdate, response: { 200: PersonRead } },
      },
    },
    async (request) => personRead(await people.rename(request.body.name, doerOf(request))),
  );

  app.put<{ Body: PasswordChange }>(
    `${base}/me/password`,
    {
      ...{ preHandler, config },
      schema: {
        ...documented('Change your password: your other sessions end', 'changeOwnPassword'),
        ...{ body: PasswordChange, response: { 204: Type.Null() } },
      },
    },
    async (request, reply) => {
      const { current_password: current, new_password: wanted } = request.body;
      await people.changeOwnPassword({ current, wanted }, doerOf(request));
      return reply.status(204).send();
    },
  );
}

function readRoutes(app: FastifyInstance, { admins, people, tokens }: PeopleRoutesDeps): void {
  const preHandler = requireRole(tokens, 'admin');

  app.get<{ Querystring: PageQuery }>(
    `${base}/users`,
    {
      preHandler,
      schema: {
        ...documented('People of the account who sign in, oldest first', 'listPeople'),
        ...{ querystring: PageQuery, response: { 200: PersonList } },
      },
    },
    async (request) => {
      const { limit = defaultLimit, cursor } = request.query;
      const page = await admins.listAdmins({ accountSid: adminOf(request).accountSid, limit, cursor });
      return { items: page.admins.map(personRead), next_cursor: page.nextCursor ?? null };
    },
  );

  app.get<UserParams>(
    `${base}/users/:user_id`,
    {
      preHandler,
      schema: { ...documented('One person', 'getPerson'), params: UserPath, response: { 200: PersonRead } },
    },
    async (request) => personRead(await people.find(request.params.user_id, adminOf(request))),
  );
}

function writeRoutes(app: FastifyInstance, { people, tokens }: PeopleRoutesDeps): void {
  const preHandler = requireRole(tokens, 'admin');

  app.post<{ Body: PersonCreate }>(
    `${base}/register`,
    {
      ...{ preHandler, config },
      schema: {
        ...documented('Add a person, of your own role at most', 'registerUser'),
        ...{ body: PersonCreate, response: { 201: PersonRead } },
      },
    },
    async (request, reply) => {
      const made = await people.create({ role: 'agent', ...request.body }, doerOf(request));
      return reply.status(201).send(personRead(made));
    },
  );

  app.put<UserParams & { Body: PersonUpdate }>(
    `${base}/users/:user_id`,
    {
      ...{ preHandler, config },
      schema: {
        ...documented('Change a person of a lower role; fields that are left out stay', 'updatePerson'),
        ...{ params: UserPath, body: PersonUpdate, response: { 200: PersonRead } },
      },
    },
    async (request) => {
      const { name, role, is_active: isActive } = request.body;
      return personRead(await people.update(request.params.user_id, { name, role, isActive }, doerOf(request)));
    },
  );

  app.put<UserParams & { Body: PasswordReset }>(
    `${base}/users/:user_id/password`,
    {
      ...{ preHandler, config },
      schema: {
        ...documented('Give a person of a lower role a new password: their sessions end', 'resetPassword'),
        ...{ params: UserPath, body: PasswordReset, response: { 204: Type.Null() } },
      },
    },
    async (request, reply) => {
      await people.resetPassword(request.params.user_id, request.body.password, doerOf(request));
      return reply.status(204).send();
    },
  );
}

function personRead(admin: Admin): PersonRead {
  const { id, email, name, role, accountSid, isActive, lastLoginAt, createdAt } = admin;
  const times = { last_login_at: lastLoginAt?.toISOString() ?? null, created_at: createdAt.toISOString() };
  return { id, email, name, role, account_sid: accountSid, is_active: isActive, ...times };
}
