import Type, { type Static } from 'typebox';
import { CustomField, Id, nullable, oneOf, Timestamp } from './fields.js';
import { listOf, PageQuery } from './list.js';
import { PhoneNumber } from './phone-number.js';

/** States of a call and of a leg, in Exotel's words. */
export const CallStatus = oneOf([
  'queued',
  'ringing',
  'in-progress',
  'completed',
  'busy',
  'no-answer',
  'failed',
  'canceled',
]);
export type CallStatus = Static<typeof CallStatus>;

const Termination = Type.Object({
  by: oneOf(['caller', 'callee', 'platform']),
  reason: Type.String(),
  sip_status: nullable(Type.Integer()),
});

const LegQuality = Type.Object({
  codec: nullable(Type.String()),
  packets_sent: Type.Integer(),
  packets_received: Type.Integer(),
  packets_lost: Type.Integer(),
  jitter_ms: Type.Number(),
  round_trip_ms: nullable(Type.Number()),
});

/** One party of a call. */
export const CallLegRead = Type.Object({
  leg_id: Id,
  role: oneOf(['caller', 'callee']),
  kind: oneOf(['browser', 'telephone', 'carrier']),
  party: Type.String({ description: 'User id of a browser or SIP telephone, carrier id of a carrier' }),
  address: Type.String(),
  user_id: nullable(Type.String({ description: 'The user whose device it is' })),
  device: nullable(oneOf(['sip', 'phone'])),
  sip_call_id: nullable(Type.String()),
  status: CallStatus,
  created_at: Timestamp,
  ringing_at: nullable(Timestamp),
  answered_at: nullable(Timestamp),
  ended_at: nullable(Timestamp),
  termination: nullable(Termination),
  quality: nullable(LegQuality),
});
export type CallLegRead = Static<typeof CallLegRead>;

/** Something that happened in a call. */
export const CallEventRead = Type.Object({
  type: Type.String(),
  leg_id: nullable(Id),
  at: Timestamp,
  data: Type.Record(Type.String(), Type.Unknown()),
});
export type CallEventRead = Static<typeof CallEventRead>;

/** A call in a list. */
export const CallSummary = Type.Object({
  call_sid: Id,
  direction: oneOf(['inbound', 'outbound', 'internal']),
  from: Type.String(),
  to: Type.String(),
  user_id: nullable(Type.String({ description: 'The app’s user: who placed it, who answered, or was rung first' })),
  exophone: nullable(Type.String({ description: 'Our number in the call' })),
  custom_field: nullable(Type.String({ description: 'What the backend that had it placed gave along' })),
  status: CallStatus,
  created_at: Timestamp,
  answered_at: nullable(Timestamp),
  ended_at: nullable(Timestamp),
  duration: Type.Integer({ minimum: 0, description: 'Seconds between answer and end, rounded up' }),
  termination: nullable(Termination),
});
export type CallSummary = Static<typeof CallSummary>;

/** `GET /api/v1/calls/{call_sid}`: the call with its whole story. */
export const CallRead = Type.Object({
  ...CallSummary.properties,
  legs: Type.Array(CallLegRead),
  events: Type.Array(CallEventRead),
});
export type CallRead = Static<typeof CallRead>;

/** `POST /api/v1/calls`: the user's devices ring, and when one answers, the other party is called. */
export const CallCreate = Type.Object(
  { app_id: Id, user_id: Id, to: PhoneNumber, custom_field: Type.Optional(CustomField) },
  { additionalProperties: false, examples: [{ app_id: 'a1b2c3', user_id: 'agent_001', to: '+919876543210' }] },
);
export type CallCreate = Static<typeof CallCreate>;

/** `GET /api/v1/calls`. */
export const CallListQuery = Type.Object(
  { ...PageQuery.properties, status: Type.Optional(CallStatus) },
  { additionalProperties: false },
);
export type CallListQuery = Static<typeof CallListQuery>;

export const CallList = listOf(CallSummary);
export type CallList = Static<typeof CallList>;
