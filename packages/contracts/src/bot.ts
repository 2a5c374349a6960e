import Type, { type Static } from 'typebox';
import { Id, Name, nullable, oneOf, Timestamp } from './fields.js';
import { listOf, PageQuery } from './list.js';

const closed = { additionalProperties: false };
const TimeOfDay = Type.String({
  pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$',
  maxLength: 5,
  description: 'a time of the day as HH:MM; 24:00 is its end',
});

/** When a bot takes calls. Of a window that ends before it begins, the end is on the next day. */
export const BotActiveHours = Type.Object(
  {
    time_zone: Type.String({ minLength: 1, maxLength: 64, description: 'IANA name', examples: ['Asia/Kolkata'] }),
    windows: Type.Array(
      Type.Object(
        {
          days: Type.Array(oneOf(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']), {
            minItems: 1,
            maxItems: 7,
            uniqueItems: true,
          }),
          from: TimeOfDay,
          to: TimeOfDay,
        },
        closed,
      ),
      { minItems: 1, maxItems: 50 },
    ),
  },
  closed,
);
export type BotActiveHours = Static<typeof BotActiveHours>;

/** The same as it is written: without a zone, they are in the account's `display_timezone`. */
const { time_zone: zone, ...windows } = BotActiveHours.properties;
export const BotActiveHoursInput = Type.Object({ time_zone: Type.Optional(zone), ...windows }, closed);
export type BotActiveHoursInput = Static<typeof BotActiveHoursInput>;

/** Whoever knows the URL may guess it. */
const Secret = Type.String({ minLength: 16, maxLength: 256, pattern: '^[^\\x00-\\x20\\x7f]+$' });

/** Who may open the bot's WebSocket: whoever knows its URL, who sends Basic credentials, or who has `?token=`. */
export const BotAuthInput = Type.Object(
  {
    type: oneOf(['none', 'basic', 'token']),
    username: Type.Optional(Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\x00-\\x20\\x7f:]+$' })),
    password: Type.Optional(Secret),
    token: Type.Optional(Secret),
  },
  closed,
);
export type BotAuthInput = Static<typeof BotAuthInput>;

const config = Type.Record(Type.String({ maxLength: 128 }), Type.Unknown(), {
  description: 'As the kind has it; see docs/guide/bots.md. Secrets are answered masked, and kept when written back so',
});
const fields = {
  name: Name,
  kind: Type.String({ minLength: 1, maxLength: 32, description: 'echo, ivr, agent, remote' }),
  config,
  auth: BotAuthInput,
  active_hours: nullable(BotActiveHoursInput),
  max_call_seconds: Type.Integer({ minimum: 10, maximum: 3600 }),
};
const { name, kind, ...optional } = fields;

/** `POST /api/v1/bots`. */
export const BotCreate = Type.Object(
  { name, kind, ...Type.Partial(Type.Object(optional)).properties },
  { ...closed, examples: [{ name: 'Echo', kind: 'echo', config: { delay_ms: 500 } }] },
);
export type BotCreate = Static<typeof BotCreate>;

/** `PUT`: what is left out stays; `active_hours: null` is always. */
export const BotUpdate = Type.Object(
  {
    ...Type.Partial(Type.Object(fields)).properties,
    version: Type.Optional(
      Type.Integer({ minimum: 1, description: 'The one that was read: 409 when the bot has another by now' }),
    ),
  },
  { ...closed, minProperties: 1 },
);
export type BotUpdate = Static<typeof BotUpdate>;

export const BotRead = Type.Object({
  bot_id: Id,
  ...{ name, kind, config },
  auth: Type.Object({ type: oneOf(['none', 'basic', 'token']), username: nullable(Type.String()) }),
  active_hours: nullable(BotActiveHours),
  max_call_seconds: Type.Integer(),
  version: Type.Integer({ description: 'Counts from 1' }),
  websocket_url: Type.String({ description: 'Where a stream to the bot is opened' }),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type BotRead = Static<typeof BotRead>;

export const BotList = listOf(BotRead);

export const BotVersionRead = Type.Object({
  version: Type.Integer(),
  ...{ name, kind, config },
  active_hours: nullable(BotActiveHours),
  max_call_seconds: Type.Integer(),
  created_at: Timestamp,
});
export type BotVersionRead = Static<typeof BotVersionRead>;
export const BotVersionList = listOf(BotVersionRead);

export const BotValidation = Type.Object({
  valid: Type.Boolean(),
  problems: Type.Array(Type.Object({ path: Type.String(), message: Type.String() })),
});

const statuses = ['in-progress', 'completed', 'failed', 'voicemail'] as const;

/** A call of a bot in a list. */
export const BotCallSummary = Type.Object({
  session_id: Id,
  bot_id: Type.String(),
  stream_sid: Type.String(),
  call_sid: Type.String(),
  from: Type.String(),
  to: Type.String(),
  status: oneOf(statuses),
  disconnected_by: nullable(
    Type.String({ description: 'customer, bot, timeout, error, outside_hours, or what was reported' }),
  ),
  detail: nullable(Type.String()),
  started_at: Timestamp,
  ended_at: nullable(Timestamp),
  duration_ms: Type.Integer(),
  source: oneOf(['bot', 'reported']),
  recording_url: nullable(
    Type.String({ description: 'Of the call, when it is one of the account’s and its recording is ready' }),
  ),
});
export type BotCallSummary = Static<typeof BotCallSummary>;

const Figures = Type.Object({
  count: Type.Integer(),
  average_ms: Type.Number(),
  p50_ms: Type.Number(),
  p95_ms: Type.Number(),
  max_ms: Type.Number(),
});

export const BotCallRead = Type.Object({
  ...BotCallSummary.properties,
  custom_parameters: Type.Record(Type.String(), Type.String()),
  transcript: Type.Unknown({ description: 'Lines { role, text, at_ms }; of a reported call as it was reported' }),
  events: Type.Unknown(),
  usage: Type.Unknown(),
  latency: Type.Record(Type.String(), Figures),
  latency_samples: Type.Unknown({ description: 'Each { name, ms, at_ms }' }),
  details: Type.Record(Type.String(), Type.Unknown()),
});
export type BotCallRead = Static<typeof BotCallRead>;

export const BotCallList = listOf(BotCallSummary);

export const BotCallListQuery = Type.Object(
  {
    ...PageQuery.properties,
    bot_id: Type.Optional(Id),
    call_sid: Type.Optional(Id),
    status: Type.Optional(oneOf(statuses)),
    disconnected_by: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    from: Type.Optional(Type.String({ format: 'date-time', maxLength: 40 })),
    to: Type.Optional(Type.String({ format: 'date-time', maxLength: 40 })),
  },
  closed,
);
export type BotCallListQuery = Static<typeof BotCallListQuery>;

/** `POST /api/v1/call-results`, as orchestrators of others send them; a member that is null counts as absent. */
export const CallResultsBody = Type.Object(
  { session_id: Id },
  { additionalProperties: true, description: 'session_id, disconnected_by, transcript, events, latency, …' },
);
export type CallResultsBody = Static<typeof CallResultsBody> & Record<string, unknown>;
