import Type, { type Static } from 'typebox';
import { CallEventRead, CallLegRead, CallStatus, CallSummary } from '../call.js';
import { nullable, oneOf } from '../fields.js';
import { SnakeDeliveryOfCall } from './snake-delivery.js';
import { snakeEnvelope } from './snake-envelope.js';
import {
  orNull,
  snakeCursor,
  snakeDate,
  snakePhone,
  snakeTimestamp,
  snakeTimestampOrNull,
  snakeUserId,
} from './snake-fields.js';

const direction = oneOf(['inbound', 'outbound', 'internal']);

/** `GET …/calls`, newest first. */
export const SnakeCallsQuery = Type.Object({
  start_date: Type.Optional(snakeDate),
  end_date: Type.Optional(snakeDate),
  user_id: Type.Optional(snakeUserId),
  direction: Type.Optional(direction),
  status: Type.Optional(CallStatus),
  number: Type.Optional({ ...snakePhone, description: 'a number of either party, or the ExoPhone' }),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
  cursor: Type.Optional(snakeCursor),
});
export type SnakeCallsQuery = Static<typeof SnakeCallsQuery>;

const seconds = (description: string) =>
  Type.Integer({ minimum: 0, description: `Whole seconds, a begun one counts: ${description}` });

/** A call in a list. Of a call that is up, the times are as they stand now. */
const SnakeCall = Type.Object({
  call_sid: Type.String(),
  app_id: Type.String(),
  user_id: orNull(Type.String({ description: 'Who placed it, who answered it, or the first whom it rang' })),
  direction,
  from: Type.String(),
  to: Type.String(),
  exophone: orNull(Type.String()),
  custom_field: orNull(Type.String({ description: 'What came with outbound_call' })),
  status: CallStatus,
  created_at: snakeTimestamp,
  answered_at: snakeTimestampOrNull,
  ended_at: snakeTimestampOrNull,
  duration: seconds('from the beginning to the end'),
  ring_time: seconds('from the first ringing to the other party’s answer, or the end'),
  talk_time: seconds('from the other party’s answer to the end'),
  termination: CallSummary.properties.termination,
  recording: nullable(
    Type.Object(
      {
        recording_sid: Type.String(),
        url: Type.String({ description: 'Signed: for everybody who has it, for an hour' }),
        duration: Type.Integer({ minimum: 0, description: 'Whole seconds, a begun one counts' }),
      },
      { description: 'The last recording that is ready; null until there is one' },
    ),
  ),
});
export type SnakeCall = Static<typeof SnakeCall>;

/** Which carrier took a leg is the operator's business. */
const { party: _party, ...legFields } = CallLegRead.properties;

const SnakeLeg = Type.Object(legFields);
export type SnakeLeg = Static<typeof SnakeLeg>;

/** A call with its whole story. */
const SnakeCallStory = Type.Object({
  ...SnakeCall.properties,
  legs: Type.Array(SnakeLeg),
  events: Type.Array(CallEventRead),
  webhooks: Type.Array(SnakeDeliveryOfCall, { description: 'What the app’s receivers were told, and how it went' }),
});
export type SnakeCallStory = Static<typeof SnakeCallStory>;

const call = {
  call_sid: '1f7a0c5be9d24c1f8a3b6d5e4f702913',
  app_id: '5b7e0f3c-0d5c-4a55-9d0e-6f1f0a2b3c4d',
  user_id: 'agent_001',
  direction: 'inbound',
  from: '+919876543210',
  to: '+918047100000',
  exophone: '+918047100000',
  custom_field: null,
  status: 'completed',
  created_at: '2024-06-15T10:30:00.000Z',
  answered_at: '2024-06-15T10:30:05.000Z',
  ended_at: '2024-06-15T10:35:05.000Z',
  duration: 305,
  ring_time: 5,
  talk_time: 300,
  termination: { by: 'caller', reason: 'hangup', sip_status: null },
  recording: null,
};

export const SnakeCallPage = snakeEnvelope(
  Type.Object({ calls: Type.Array(SnakeCall), next_cursor: orNull(Type.String()) }),
  { calls: [call], next_cursor: null },
);
export const SnakeCallAnswer = snakeEnvelope(SnakeCallStory, { ...call, legs: [], events: [], webhooks: [] });
