import { SnakeCustomerAnswer, SnakeDone, SnakeUsageAnswer, SnakeUsageQuery } from '@intermix/contracts';
import type { FastifyInstance } from 'fastify';
import { timeRange } from '../../http/time-range.js';
import { auditedCustomerDeletion } from '../audited.js';
import type { IntegrationParts } from '../parts.js';
import { maxAppsPerCustomer } from '../services/tenant-service.js';
import { snakeDone, snakeSuccess } from './answers.js';
import { documented } from './documented.js';
import type { PathScope } from './path-scope.js';
import { CustomerPath, customerBase } from './paths.js';

const tag = 'customers';

/** `/{customer_id}`: the customer whose token it is. */
export function customerRoutes(app: FastifyInstance, parts: IntegrationParts, scope: PathScope): void {
  const { tenants, deps } = parts;

  app.get(
    customerBase,
    {
      onRequest: scope.requireCustomer(),
      schema: {
        ...documented({ tag, summary: 'The customer', operationId: 'getCustomer' }, SnakeCustomerAnswer, []),
        params: CustomerPath,
      },
    },
    async (request) => {
      const { accountSid, customerId } = scope.customer(request);
      const customer = await tenants.findCustomer(accountSid, customerId);
      const counts = await deps.customers.counts(accountSid, customerId);
      return snakeSuccess({
        customer_id: customer.id,
        name: customer.name,
        account_sid: accountSid,
        status: 'active',
        apps_count: counts.apps,
        users_count: counts.users,
        plan: { type: 'self-hosted', max_apps: maxAppsPerCustomer, max_users_per_app: null },
        created_at: customer.createdAt.toISOString(),
        updated_at: customer.updatedAt.toISOString(),
      });
    },
  );

  app.delete(
    customerBase,
    {
      onRequest: scope.requireCustomer(),
      config: { audit: auditedCustomerDeletion(deps, (request) => scope.customer(request)) },
      schema: {
        ...documented(
          {
            tag,
            summary: 'Delete the customer with its apps, users, settings and tokens; calls stay on record',
            operationId: 'deleteCustomer',
          },
          SnakeDone,
          [],
        ),
        params: CustomerPath,
      },
    },
    async (request) => {
      const { accountSid, customerId } = scope.customer(request);
      await tenants.deleteCustomer(accountSid, customerId);
      return snakeDone('Customer account and all associated resources deleted successfully');
    },
  );

  usage(app, parts, scope);
}

function usage(app: FastifyInstance, { deps, clock }: IntegrationParts, scope: PathScope): void {
  app.get<{ Querystring: SnakeUsageQuery }>(
    '/:customer_id/usage',
    {
      onRequest: scope.requireCustomer(),
      schema: {
        ...documented(
          {
            tag,
            summary: 'What the customer’s apps did in a period: by default the month that is running',
            description: 'Days and times are UTC unless a time says otherwise; end_date as a day counts whole.',
            operationId: 'getUsage',
          },
          SnakeUsageAnswer,
          [400],
        ),
        params: CustomerPath,
        querystring: SnakeUsageQuery,
      },
    },
    async (request) => {
      const { accountSid, customerId } = scope.customer(request);
      const { start, end } = usagePeriod(request.query, new Date(clock.now()));
      const figures = await deps.customers.usage(accountSid, customerId, start, end);
      return snakeSuccess({
        customer_id: customerId,
        period: { start: start.toISOString(), end: lastInstant(end).toISOString() },
        usage: {
          total_calls: figures.totalCalls,
          total_minutes: Math.round((figures.talkSeconds / 60) * 100) / 100,
          inbound_calls: figures.inboundCalls,
          outbound_calls: figures.outboundCalls,
          sip_calls: figures.sipCalls,
          pstn_calls: figures.pstnCalls,
          active_apps: figures.activeApps,
          active_users: figures.activeUsers,
        },
      });
    },
  );
}

/** `end` no longer belongs to it. Without a start: from the first of the month in which it ends. */
function usagePeriod(query: SnakeUsageQuery, now: Date): { start: Date; end: Date } {
  const names = { from: 'start_date', to: 'end_date' };
  const { from, to } = timeRange({ from: query.start_date, to: query.end_date }, names);
  const end = to ?? new Date(Math.max(now.getTime() + 1, from?.getTime() ?? 0));
  const last = lastInstant(end);
  return { start: from ?? new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth(), 1)), end };
}

/** The last millisecond before `end`. */
function lastInstant(end: Date): Date {
  return new Date(end.getTime() - 1);
}
