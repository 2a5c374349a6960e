import { toE164 } from '@intermix/calls';
import { SnakeCallAnswer, SnakeCallPage, SnakeCallsQuery } from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';
import { ApiError } from '../../http/api-error.js';
import { timeRange } from '../../http/time-range.js';
import type { IntegrationParts } from '../parts.js';
import type { AppCallQuery } from '../ports.js';
import { snakeSuccess } from './answers.js';
import { snakeCall, snakeCallStory } from './call-mapping.js';
import { documented } from './documented.js';
import type { PathScope } from './path-scope.js';
import { AppPath, appBase, CallPath } from './paths.js';

const tag = 'call records';
const defaultPageSize = 50;

/** `…/calls`: what the app's calls came to. */
export function callRoutes(app: FastifyInstance, { auth, callRecords }: IntegrationParts, scope: PathScope): void {
  app.get<{ Querystring: SnakeCallsQuery }>(
    `${appBase}/calls`,
    {
      onRequest: scope.requireApp(),
      schema: {
        ...documented(
          {
            tag,
            summary: 'The app’s calls, newest first',
            description: 'Days and times are UTC unless a time says otherwise; end_date as a day counts whole.',
            operationId: 'listAppCalls',
          },
          SnakeCallPage,
          [400],
        ),
        params: AppPath,
        querystring: SnakeCallsQuery,
      },
    },
    async (request) => {
      const { calls, nextCursor } = await callRecords.list(scope.app(request), filterOf(request.query));
      return snakeSuccess({ calls: calls.map(snakeCall), next_cursor: nextCursor ?? null });
    },
  );

  app.get<{ Params: { call_sid: string } }>(
    `${appBase}/calls/:call_sid`,
    {
      onRequest: scope.requireApp(),
      schema: {
        ...documented(
          {
            tag,
            summary: 'One call with its legs, events, audio quality, and what webhooks told of it',
            operationId: 'getAppCall',
          },
          SnakeCallAnswer,
          [],
        ),
        params: CallPath,
      },
    },
    async (request) => {
      const isForApp = auth.accessOf(request).appId !== undefined;
      return snakeSuccess(
        snakeCallStory(await callRecords.find(scope.app(request), request.params.call_sid), { isForApp }),
      );
    },
  );
}

function filterOf(query: SnakeCallsQuery): Omit<AppCallQuery, 'accountSid' | 'appId'> {
  const { user_id: userId, direction, status, number, cursor, limit = defaultPageSize } = query;
  const names = { from: 'start_date', to: 'end_date' };
  const { from, to } = timeRange({ from: query.start_date, to: query.end_date }, names);
  return {
    limit,
    ...(userId !== undefined && { userId }),
    ...(direction !== undefined && { direction }),
    ...(status !== undefined && { status }),
    ...(number !== undefined && { number: numberOf(number) }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(cursor !== undefined && { cursor }),
  };
}

/** A plus that was not percent-encoded arrives as a space. */
function numberOf(text: string): string {
  const number = toE164(text.replace(/^ /, '+'));
  if (number !== undefined) return number;
  throw ApiError.invalid('number', '"number" is no telephone number: give it as +<country code><number>.');
}
