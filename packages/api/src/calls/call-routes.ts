import type { CallStore } from '@intermix/calls';
import { CallList, CallListQuery, CallRead } from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { AccessTokens } from '../auth/access-tokens.js';
import { adminOf, requireRole } from '../auth/require-role.js';
import { ApiError } from '../http/api-error.js';
import { callRead, callSummary } from './call-mapping.js';

export interface CallRoutesDeps {
  calls: Pick<CallStore, 'find' | 'list'>;
  tokens: AccessTokens;
}

const CallPath = Type.Object({ call_sid: Type.String({ maxLength: 128 }) });
const defaultLimit = 50;

/** `/api/v1/calls`: the account's calls, newest first, and one call with legs and events. */
export function callRoutes(app: FastifyInstance, deps: CallRoutesDeps): void {
  const preHandler = requireRole(deps.tokens, 'supervisor');
  const security = [{ accessToken: [] }];

  app.get<{ Querystring: CallListQuery }>(
    '/api/v1/calls',
    {
      preHandler,
      schema: {
        tags: ['calls'],
        summary: 'Calls, newest first',
        operationId: 'listCalls',
        security,
        querystring: CallListQuery,
        response: { 200: CallList },
      },
    },
    async (request) => {
      const { status, cursor, limit = defaultLimit } = request.query;
      const { accountSid } = adminOf(request);
      const page = await deps.calls.list({
        accountSid,
        limit,
        ...(status !== undefined && { status }),
        ...(cursor !== undefined && { cursor }),
      });
      return { items: page.calls.map(callSummary), next_cursor: page.nextCursor ?? null };
    },
  );

  app.get<{ Params: { call_sid: string } }>(
    '/api/v1/calls/:call_sid',
    {
      preHandler,
      schema: {
        tags: ['calls'],
        summary: 'One call with its legs and events',
        operationId: 'getCall',
        security,
        params: CallPath,
        response: { 200: CallRead },
      },
    },
    async (request) => {
      const story = await deps.calls.find(adminOf(request).accountSid, request.params.call_sid);
      if (story === undefined) throw ApiError.notFound('call');
      return callRead(story);
    },
  );
}
