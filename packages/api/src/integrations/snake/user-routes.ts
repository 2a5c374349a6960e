import {
  SnakeDone,
  SnakeUserAnswer,
  SnakeUserCreate,
  SnakeUserMade,
  SnakeUserPage,
  SnakeUsersQuery,
  SnakeUserUpdate,
} from '@intermix/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { auditedUser, within } from '../audited.js';
import type { IntegrationParts } from '../parts.js';
import { snakeSpelling } from '../services/spelling.js';
import { snakeDone, snakeSuccess } from './answers.js';
import { documented } from './documented.js';
import { knownUser } from './known-user.js';
import type { PathScope } from './path-scope.js';
import { AppPath, appBase, UserPath } from './paths.js';
import { madeUser, snakeUser, wantedUser } from './user-mapping.js';

const defaultPageSize = 20;
const tag = 'users';
const idInBody = ({ body }: FastifyRequest) => (body as SnakeUserCreate).user_id;
const idInPath = ({ params }: FastifyRequest) => (params as { user_id: string }).user_id;
const onePath = `${appBase}/users/:user_id`;

/** `…/users`: users of an app, each with a SIP account. */
export function userRoutes(app: FastifyInstance, parts: IntegrationParts, scope: PathScope): void {
  createUser(app, parts, scope);
  listUsers(app, parts, scope);
  oneUser(app, parts, scope);
  changeUser(app, parts, scope);
}

function createUser(app: FastifyInstance, { users, deps }: IntegrationParts, scope: PathScope): void {
  app.post<{ Body: SnakeUserCreate }>(
    `${appBase}/users`,
    {
      onRequest: scope.requireApp(),
      config: { audit: { resource: 'app-user', id: (request) => within(scope.app(request), idInBody(request)) } },
      schema: {
        ...documented(
          {
            tag,
            summary: 'Make a user with a SIP account that works at once; its password is shown here and never again',
            description: 'With a telephone number, both devices are on. PUT …/devices switches them.',
            operationId: 'createUser',
            status: 201,
          },
          SnakeUserMade,
          [400],
        ),
        params: AppPath,
        body: SnakeUserCreate,
      },
    },
    async (request, reply) => {
      const wanted = wantedUser(request.body);
      const [made] = await users.provision(scope.app(request), [wanted], snakeSpelling, { isList: false });
      if (made === undefined) throw new Error('a user was asked for and none was made');
      return reply
        .status(201)
        .header('cache-control', 'no-store')
        .send(snakeSuccess(madeUser(made.user, made.sipPassword, deps.sipDomain)));
    },
  );
}

function listUsers(app: FastifyInstance, { users, deps }: IntegrationParts, scope: PathScope): void {
  app.get<{ Querystring: SnakeUsersQuery }>(
    `${appBase}/users`,
    {
      onRequest: scope.requireApp(),
      schema: {
        ...documented({ tag, summary: 'A page of the app’s users', operationId: 'listUsers' }, SnakeUserPage, [400]),
        params: AppPath,
        querystring: SnakeUsersQuery,
      },
    },
    async (request) => {
      const { limit = defaultPageSize, offset = 0 } = request.query;
      const page = await users.list(scope.app(request), { limit, offset });
      const items = page.users.map((user) => snakeUser(user, deps.sipDomain));
      return snakeSuccess({ users: items, total: page.total, limit, offset });
    },
  );
}

function oneUser(app: FastifyInstance, { users, deps }: IntegrationParts, scope: PathScope): void {
  app.get<{ Params: { user_id: string } }>(
    onePath,
    {
      onRequest: scope.requireApp(),
      schema: {
        ...documented({ tag, summary: 'One user', operationId: 'getUser' }, SnakeUserAnswer, []),
        params: UserPath,
      },
    },
    async (request) => {
      const { user_id: userId } = request.params;
      const user = await knownUser(userId, users.find(scope.app(request), userId));
      return snakeSuccess(snakeUser(user, deps.sipDomain));
    },
  );

  app.delete<{ Params: { user_id: string } }>(
    onePath,
    {
      onRequest: scope.requireApp(),
      config: { audit: auditedUser(deps, (request) => scope.app(request), idInPath) },
      schema: {
        ...documented(
          { tag, summary: 'Delete a user: its registrations end, calls go on', operationId: 'deleteUser' },
          SnakeDone,
          [],
        ),
        params: UserPath,
      },
    },
    async (request) => {
      const { user_id: userId } = request.params;
      await knownUser(userId, users.delete(scope.app(request), [userId]));
      return snakeDone('User deleted successfully');
    },
  );
}

/** An addition of ours: the documents have no way to change a user. */
function changeUser(app: FastifyInstance, { users, deps }: IntegrationParts, scope: PathScope): void {
  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<{ Params: { user_id: string }; Body: SnakeUserUpdate }>({
      method,
      url: onePath,
      onRequest: scope.requireApp(),
      config: { audit: auditedUser(deps, (request) => scope.app(request), idInPath) },
      schema: {
        ...documented(
          {
            tag,
            summary: 'Change a user: fields that are left out stay, null clears',
            operationId: method === 'PUT' ? 'updateUser' : 'patchUser',
          },
          SnakeUserAnswer,
          [400],
        ),
        params: UserPath,
        body: SnakeUserUpdate,
      },
      handler: async (request) => {
        const { user_id: userId } = request.params;
        const { name, phone, virtual_number: virtualNumber } = request.body;
        const patch = {
          ...(name !== undefined && { name: name.trim() }),
          ...(phone !== undefined && { phone: phone ?? undefined }),
          ...(virtualNumber !== undefined && { virtualNumber: virtualNumber ?? undefined }),
        };
        const user = await knownUser(userId, users.update(scope.app(request), userId, patch, snakeSpelling));
        return snakeSuccess(snakeUser(user, deps.sipDomain));
      },
    });
  }
}
