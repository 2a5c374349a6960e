import Type, { type Static } from 'typebox';
import { Id, nullable, oneOf, Timestamp } from './fields.js';
import { listOf, PageQuery } from './list.js';

export const DeliveryStatus = oneOf(['pending', 'delivered', 'dropped']);
export type DeliveryStatus = Static<typeof DeliveryStatus>;

/** One notification on its way to one URL. */
export const DeliveryRead = Type.Object({
  delivery_id: Type.String(),
  event_id: Type.String({ description: 'Replays, and repeats after a crash, share it' }),
  event: Type.String({ description: 'incoming_call, call_ringing, …' }),
  account_sid: Type.String(),
  app_id: Type.String(),
  call_sid: Type.String(),
  url: Type.String(),
  host: Type.String({ description: 'Host and port of the URL' }),
  status: DeliveryStatus,
  attempts: Type.Integer({ description: 'Attempts that have ended' }),
  next_attempt_at: nullable(Timestamp),
  replay_of: nullable(Type.String({ description: 'The delivery that this one repeats by an order' })),
  last_http_status: nullable(Type.Integer()),
  last_error: nullable(Type.String()),
  created_at: Timestamp,
  finished_at: nullable(Timestamp),
});
export type DeliveryRead = Static<typeof DeliveryRead>;

/** One attempt, as it went. */
export const DeliveryAttemptRead = Type.Object({
  number: Type.Integer({ description: '1 is the first' }),
  at: Timestamp,
  latency_ms: Type.Integer(),
  http_status: nullable(Type.Integer({ description: 'null when no answer came' })),
  error: nullable(Type.String({ description: 'null when it was acknowledged' })),
  response_body: nullable(Type.String({ description: 'The first 4,096 octets of the answer' })),
});
export type DeliveryAttemptRead = Static<typeof DeliveryAttemptRead>;

/** `GET /api/v1/webhook-deliveries/{delivery_id}`. */
export const DeliveryDetailRead = Type.Object({
  ...DeliveryRead.properties,
  body: Type.String({ description: 'The exact text that is sent' }),
  history: Type.Array(DeliveryAttemptRead, { description: 'In order' }),
});
export type DeliveryDetailRead = Static<typeof DeliveryDetailRead>;

/** An instant with its zone, or a day, which begins in UTC. */
const moment = (description: string) =>
  Type.String({
    minLength: 10,
    maxLength: 35,
    pattern: '^\\d{4}-\\d\\d-\\d\\d([Tt ].+)?$',
    description: `a time as 2024-06-01T09:30:00Z or a day as 2024-06-01: ${description}`,
    examples: ['2024-06-01T09:30:00Z'],
  });

const filterFields = {
  app_id: Type.Optional(Id),
  status: Type.Optional(DeliveryStatus),
  call_sid: Type.Optional(Id),
  event: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  host: Type.Optional(Type.String({ minLength: 1, maxLength: 300, description: 'host and port, as crm.example:443' })),
  from: Type.Optional(moment('made then or later')),
  to: Type.Optional(moment('made before; of a day, all of it')),
};

/** `GET /api/v1/webhook-deliveries`, newest first. */
export const DeliveryListQuery = Type.Object(
  { ...PageQuery.properties, ...filterFields },
  { additionalProperties: false },
);
export type DeliveryListQuery = Static<typeof DeliveryListQuery>;

export const DeliveryList = listOf(DeliveryRead);

const toCurrentUrl = 'To the URL that the app has for this event today, where it has one; else to the same as before';

/** `POST /api/v1/webhook-deliveries/{delivery_id}/replay`. */
export const DeliveryReplayQuery = Type.Object(
  {
    to_current_url: Type.Optional(
      Type.Union([Type.Literal('true'), Type.Literal('false')], { description: toCurrentUrl }),
    ),
  },
  { additionalProperties: false },
);
export type DeliveryReplayQuery = Static<typeof DeliveryReplayQuery>;

/** `POST /api/v1/webhook-deliveries/replay`. */
export const DeliveryReplayRequest = Type.Object(
  {
    filter: Type.Object(filterFields, {
      additionalProperties: false,
      minProperties: 1,
      description: 'At least one field, so that nobody repeats everything by mistake',
    }),
    cursor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'next_cursor of the answer before, with the same filter',
      }),
    ),
    to_current_url: Type.Optional(Type.Boolean({ description: toCurrentUrl })),
  },
  { additionalProperties: false, examples: [{ filter: { status: 'dropped', from: '2024-06-01T09:30:00Z' } }] },
);
export type DeliveryReplayRequest = Static<typeof DeliveryReplayRequest>;

export const DeliveryReplayResult = Type.Object({
  replayed: Type.Integer({
    description: 'At most 1,000 at once, oldest first; left out are pending ones, replays and those of deleted apps',
  }),
  has_more: Type.Boolean({ description: 'The filter finds more: ask again with next_cursor' }),
  next_cursor: nullable(Type.String({ description: 'For the next request with the same filter' })),
  last_delivery_at: nullable(Timestamp),
});
export type DeliveryReplayResult = Static<typeof DeliveryReplayResult>;
