import {
  DeliveryDetailRead,
  DeliveryList,
  DeliveryListQuery,
  DeliveryRead,
  DeliveryReplayQuery,
  DeliveryReplayRequest,
  DeliveryReplayResult,
} from '@intermix/contracts';
import type { DeliveryFilter, DeliveryLog } from '@intermix/webhooks';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { AccessTokens } from '../auth/access-tokens.js';
import { adminOf, requireRole } from '../auth/require-role.js';
import { ApiError } from '../http/api-error.js';
import { timeRange } from '../http/time-range.js';
import { deliveryDetailRead, deliveryRead } from './delivery-mapping.js';

export interface DeliveryRoutesDeps {
  deliveries: Pick<DeliveryLog, 'list' | 'find' | 'replay' | 'replayAll'>;
  tokens: AccessTokens;
}

const base = '/api/v1/webhook-deliveries';
const DeliveryPath = Type.Object({ delivery_id: Type.String({ maxLength: 128 }) });
const defaultLimit = 50;

const documented = (summary: string, operationId: string) => ({
  tags: ['webhook deliveries'],
  summary,
  operationId,
  security: [{ accessToken: [] }],
});

/** `/api/v1/webhook-deliveries`: what apps' receivers were told, how it went, and telling it again. */
export function deliveryRoutes(app: FastifyInstance, deps: DeliveryRoutesDeps): void {
  readDeliveries(app, deps);
  replayDeliveries(app, deps);
}

function readDeliveries(app: FastifyInstance, { deliveries, tokens }: DeliveryRoutesDeps): void {
  const preHandler = requireRole(tokens, 'supervisor');

  app.get<{ Querystring: DeliveryListQuery }>(
    base,
    {
      preHandler,
      schema: {
        ...documented('Deliveries of webhooks, newest first', 'listWebhookDeliveries'),
        querystring: DeliveryListQuery,
        response: { 200: DeliveryList },
      },
    },
    async (request) => {
      const { limit = defaultLimit, cursor, ...filter } = request.query;
      const page = await deliveries.list({ ...filterOf(adminOf(request).accountSid, filter), limit, cursor });
      return { items: page.deliveries.map(deliveryRead), next_cursor: page.nextCursor ?? null };
    },
  );

  app.get<{ Params: { delivery_id: string } }>(
    `${base}/:delivery_id`,
    {
      preHandler,
      schema: {
        ...documented('One delivery with its body and its attempts', 'getWebhookDelivery'),
        params: DeliveryPath,
        response: { 200: DeliveryDetailRead },
      },
    },
    async (request) => {
      const detail = await deliveries.find(adminOf(request).accountSid, request.params.delivery_id);
      if (detail === undefined) throw ApiError.notFound('webhook delivery');
      return deliveryDetailRead(detail);
    },
  );
}

function replayDeliveries(app: FastifyInstance, { deliveries, tokens }: DeliveryRoutesDeps): void {
  const preHandler = requireRole(tokens, 'admin');
  const config = { audit: { resource: 'webhook-delivery' } };

  app.post<{ Params: { delivery_id: string }; Querystring: DeliveryReplayQuery }>(
    `${base}/:delivery_id/replay`,
    {
      ...{ preHandler, config },
      schema: {
        ...documented('Tell it again: a new delivery of the same event, due at once', 'replayWebhookDelivery'),
        params: DeliveryPath,
        querystring: DeliveryReplayQuery,
        response: { 201: DeliveryRead },
      },
    },
    async (request, reply) => {
      const toCurrentUrl = request.query.to_current_url === 'true';
      const { accountSid } = adminOf(request);
      const delivery = await deliveries.replay(accountSid, request.params.delivery_id, { toCurrentUrl });
      if (delivery === undefined) throw ApiError.notFound('webhook delivery');
      return reply.status(201).send(deliveryRead(delivery));
    },
  );

  app.post<{ Body: DeliveryReplayRequest }>(
    `${base}/replay`,
    {
      ...{ preHandler, config },
      schema: {
        ...documented('Tell all again that the filter finds', 'replayWebhookDeliveries'),
        body: DeliveryReplayRequest,
        response: { 200: DeliveryReplayResult },
      },
    },
    async (request) => {
      const { cursor, to_current_url: toCurrentUrl } = request.body;
      const filter = filterOf(adminOf(request).accountSid, request.body.filter);
      const result = await deliveries.replayAll(filter, { cursor, toCurrentUrl });
      return {
        replayed: result.replayed,
        has_more: result.hasMore,
        next_cursor: result.nextCursor ?? null,
        last_delivery_at: result.lastDeliveryAt?.toISOString() ?? null,
      };
    },
  );
}

function filterOf(accountSid: string, given: DeliveryReplayRequest['filter']): DeliveryFilter {
  const { from, to } = timeRange({ from: given.from, to: given.to }, { from: 'from', to: 'to' });
  return {
    accountSid,
    appId: given.app_id,
    callSid: given.call_sid,
    eventType: given.event,
    host: given.host,
    status: given.status,
    from,
    to,
  };
}
