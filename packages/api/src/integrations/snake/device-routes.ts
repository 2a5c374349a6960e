import { SnakeDevicesAnswer, SnakeDevicesChanged, SnakeDevicesUpdate } from '@intermix/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../../http/api-error.js';
import { auditedUser } from '../audited.js';
import type { IntegrationParts } from '../parts.js';
import { snakeSpelling } from '../services/spelling.js';
import { snakeSuccess } from './answers.js';
import { documented } from './documented.js';
import { knownUser } from './known-user.js';
import type { PathScope } from './path-scope.js';
import { appBase, UserPath } from './paths.js';
import { changedDevices, snakeDevices } from './user-mapping.js';

const userIdIn = ({ params }: FastifyRequest) => (params as { user_id: string }).user_id;

/** `…/users/{user_id}/devices`: which of a user's devices ring. */
export function deviceRoutes(app: FastifyInstance, { users, deps }: IntegrationParts, scope: PathScope): void {
  const tag = 'devices';
  const url = `${appBase}/users/:user_id/devices`;

  app.put<{ Params: { user_id: string }; Body: SnakeDevicesUpdate }>(
    url,
    {
      onRequest: scope.requireApp(),
      config: { audit: auditedUser(deps, (request) => scope.app(request), userIdIn) },
      schema: {
        ...documented(
          {
            tag,
            summary: 'Switch devices on and off; at least one stays on',
            operationId: 'updateDevices',
          },
          SnakeDevicesChanged,
          [400],
        ),
        params: UserPath,
        body: SnakeDevicesUpdate,
      },
    },
    async (request) => {
      const { user_id: userId } = request.params;
      const { phone, sip } = request.body;
      if (phone === undefined && sip === undefined)
        throw ApiError.invalid('body', 'Send "phone" or "sip", or both, as true or false.');
      const devices = { ...(phone !== undefined && { phone }), ...(sip !== undefined && { sip }) };
      const user = await knownUser(userId, users.setDevices(scope.app(request), userId, devices, snakeSpelling));
      return snakeSuccess(changedDevices(user));
    },
  );

  app.get<{ Params: { user_id: string } }>(
    url,
    {
      onRequest: scope.requireApp(),
      schema: {
        ...documented(
          { tag, summary: 'Which devices ring, and whether one is registered now', operationId: 'getDevices' },
          SnakeDevicesAnswer,
          [],
        ),
        params: UserPath,
      },
    },
    async (request) => {
      const { user_id: userId } = request.params;
      return snakeSuccess(snakeDevices(await knownUser(userId, users.deviceState(scope.app(request), userId))));
    },
  );
}
