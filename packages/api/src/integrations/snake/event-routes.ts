import { SnakeEventPage, SnakeEventsQuery } from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';
import type { IntegrationParts } from '../parts.js';
import { namingCursor } from '../services/store-cursor.js';
import { snakeSuccess } from './answers.js';
import { documented } from './documented.js';
import type { PathScope } from './path-scope.js';
import { AppPath, appBase } from './paths.js';

const defaultPageSize = 100;

/** `…/events`: all that webhooks tell, or would tell, for a backend that reads instead of being told. */
export function eventRoutes(app: FastifyInstance, { deps }: IntegrationParts, scope: PathScope): void {
  app.get<{ Querystring: SnakeEventsQuery }>(
    `${appBase}/events`,
    {
      onRequest: scope.requireApp(),
      schema: {
        ...documented(
          {
            tag: 'call records',
            summary: 'The app’s events in the order in which they were committed; send the cursor as "after" to go on',
            description:
              'Events are kept for 30 days. Whoever goes on from the cursor misses none and gets none twice.',
            operationId: 'listAppEvents',
          },
          SnakeEventPage,
          [400],
        ),
        params: AppPath,
        querystring: SnakeEventsQuery,
      },
    },
    async (request) => {
      const { accountSid, appId } = scope.app(request);
      const { after, limit = defaultPageSize, call_sid: callSid, event: type } = request.query;
      const query = { accountSid, appId, after, limit, callSid, type };
      const { events, cursor, hasMore } = await namingCursor('after', deps.feed.read(query));
      const items = events.map((event) => ({
        event_id: event.eventId,
        event: event.type,
        call_sid: event.callSid,
        timestamp: event.at.toISOString(),
        payload: event.payload,
      }));
      return snakeSuccess({ events: items, cursor: cursor ?? null, has_more: hasMore });
    },
  );
}
