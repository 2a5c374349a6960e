import { type BotCapacity, type Fleet, fleetHealthOf, workerHealthOf } from '@intermix/bots';
import { FleetHealth, FleetStatus, WorkerHealth } from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';
import type { AccessTokens } from '../auth/access-tokens.js';
import { adminOf, requireRole } from '../auth/require-role.js';

export interface FleetRoutesDeps {
  fleet: Fleet;
  /** Of this server. */
  capacity: BotCapacity;
  tokens: AccessTokens;
}

/**
 * `/api/v1/fleet/status`: the servers that run bots; `/health` and `/health/fleet`: this one, as such a server tells of
 * itself. Anybody may ask these, as load balancers do.
 */
export function fleetRoutes(app: FastifyInstance, { fleet, capacity, tokens }: FleetRoutesDeps): void {
  app.get(
    '/api/v1/fleet/status',
    {
      preHandler: requireRole(tokens, 'admin'),
      schema: {
        tags: ['fleet'],
        summary: 'How the servers that run bots are',
        operationId: 'getFleetStatus',
        security: [{ accessToken: [] }],
        response: { 200: FleetStatus },
      },
    },
    async (request) => fleet.status(adminOf(request).accountSid),
  );

  app.get(
    '/health',
    { schema: { tags: ['operations'], summary: 'A worker that runs bots', response: { 200: WorkerHealth } } },
    async () => workerHealthOf(capacity, process.pid),
  );

  app.get(
    '/health/fleet',
    { schema: { tags: ['operations'], summary: 'All workers that run bots', response: { 200: FleetHealth } } },
    async () => fleetHealthOf(capacity),
  );
}
