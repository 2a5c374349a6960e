import type { CallStore } from '@intermix/calls';
import { CallCreate, CallList, CallListQuery, CallRead, CallSummary } from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { AccessTokens } from '../auth/access-tokens.js';
import { adminOf, requireRole } from '../auth/require-role.js';
import { ApiError } from '../http/api-error.js';
import type { CallService } from '../integrations/services/call-service.js';
import { callRead, callSummary } from './call-mapping.js';

export interface CallRoutesDeps {
  calls: Pick<CallStore, 'find' | 'list'>;
  tokens: AccessTokens;
  /** Places calls for users. */
  placing: Pick<CallService, 'place'>;
}

const CallPath = Type.Object({ call_sid: Type.String({ maxLength: 128 }) });
const defaultLimit = 50;

/** `/api/v1/calls`: the account's calls, newest first, one call with legs and events, and new ones for users. */
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

  app.post<{ Body: CallCreate }>(
    '/api/v1/calls',
    {
      preHandler: requireRole(deps.tokens, 'admin'),
      config: { audit: { id: (_request, answer) => (answer as CallSummary | undefined)?.call_sid } },
      schema: {
        tags: ['calls'],
        summary: 'Place a call for a user, whose devices ring first',
        operationId: 'createCall',
        security,
        body: CallCreate,
        response: { 201: CallSummary },
      },
    },
    async (request, reply) => {
      const { app_id: appId, user_id: userId, to, custom_field: customField } = request.body;
      const { accountSid } = adminOf(request);
      const { call } = await deps.placing.place({ accountSid, appId }, { userId, to, customField }, { to: 'to' });
      return reply.status(201).send(callSummary(call));
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
