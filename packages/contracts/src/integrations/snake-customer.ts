import Type, { type Static } from 'typebox';
import { snakeEnvelope } from './snake-envelope.js';
import { snakeDate, snakeTimestamp } from './snake-fields.js';

const SnakeCustomer = Type.Object({
  customer_id: Type.String(),
  name: Type.String(),
  account_sid: Type.String(),
  status: Type.String(),
  apps_count: Type.Integer(),
  users_count: Type.Integer({ description: 'Users of all apps' }),
  plan: Type.Object({
    type: Type.String(),
    max_apps: Type.Integer(),
    max_users_per_app: Type.Unsafe<number | null>({ type: ['integer', 'null'], description: 'null: no limit' }),
  }),
  created_at: snakeTimestamp,
  updated_at: snakeTimestamp,
});
export type SnakeCustomer = Static<typeof SnakeCustomer>;

/** `GET /{customer_id}`. */
export const SnakeCustomerAnswer = snakeEnvelope(SnakeCustomer, {
  customer_id: '2e6440ed-ff62-49d7-bb00-5494b313a863',
  name: 'Acme',
  account_sid: 'acct1',
  status: 'active',
  apps_count: 3,
  users_count: 25,
  plan: { type: 'self-hosted', max_apps: 100, max_users_per_app: null },
  created_at: '2024-01-15T09:00:00.000Z',
  updated_at: '2024-06-15T10:00:00.000Z',
});

/** `GET /{customer_id}/usage`. Without dates: the month that is running, in UTC, until now. */
export const SnakeUsageQuery = Type.Object({
  start_date: Type.Optional(snakeDate),
  end_date: Type.Optional(snakeDate),
});
export type SnakeUsageQuery = Static<typeof SnakeUsageQuery>;

const SnakeUsage = Type.Object({
  customer_id: Type.String(),
  period: Type.Object({ start: snakeTimestamp, end: snakeTimestamp }),
  usage: Type.Object({
    total_calls: Type.Integer(),
    total_minutes: Type.Number({ description: 'Minutes talked, to two decimals' }),
    inbound_calls: Type.Integer(),
    outbound_calls: Type.Integer(),
    sip_calls: Type.Integer({ description: 'Calls whose user spoke by browser or SIP telephone' }),
    pstn_calls: Type.Integer({ description: 'Calls whose user spoke by telephone line' }),
    active_apps: Type.Integer({ description: 'Apps with a call in the period' }),
    active_users: Type.Integer({ description: 'Users with a call in the period' }),
  }),
});
export type SnakeUsage = Static<typeof SnakeUsage>;

export const SnakeUsageAnswer = snakeEnvelope(SnakeUsage, {
  customer_id: '2e6440ed-ff62-49d7-bb00-5494b313a863',
  period: { start: '2024-06-01T00:00:00.000Z', end: '2024-06-30T23:59:59.999Z' },
  usage: {
    total_calls: 5420,
    total_minutes: 12_350.5,
    inbound_calls: 3200,
    outbound_calls: 2220,
    sip_calls: 4100,
    pstn_calls: 1320,
    active_apps: 3,
    active_users: 22,
  },
});
