import { CamelDeviceUpdate, CamelUserAnswer } from '@intermix/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { auditedUser } from '../audited.js';
import { camelSecret } from '../http/envelope.js';
import type { IntegrationParts } from '../parts.js';
import { camelSpelling } from '../services/spelling.js';
import { documented } from './documented.js';
import { camelUserOf } from './user-routes.js';

const userIdIn = ({ body }: FastifyRequest) => (body as CamelDeviceUpdate).UserId;

/**
 * `PUT /device`. Both devices have a switch of their own, as in the other generation; `ActiveDeviceId` is the one that was
 * switched on last, or the one that is left.
 */
export function deviceRoutes(app: FastifyInstance, parts: IntegrationParts): void {
  const { auth, random, users } = parts;
  app.put<{ Body: CamelDeviceUpdate }>(
    '/device',
    {
      onRequest: auth.requireToken('app'),
      config: { audit: auditedUser(parts.deps, (request) => auth.appOf(request), userIdIn) },
      schema: {
        ...documented(
          { tag: 'devices', summary: 'Switch a device on or off', operationId: 'updateDevice', token: 'token' },
          CamelUserAnswer,
          [400, 401, 404],
        ),
        body: CamelDeviceUpdate,
      },
    },
    async (request, reply) => {
      const scope = auth.appOf(request);
      const { UserId: userId, DeviceName: name, DeviceStatus: isOn } = request.body;
      const user = await users.setDevices(scope, userId, { [name]: isOn }, camelSpelling);
      return camelSecret(reply, await camelUserOf(parts, scope, user), random);
    },
  );
}
