import Type, { type Static } from 'typebox';
import { nullable, oneOf, Timestamp } from './fields.js';
import { PhoneNumber } from './phone-number.js';

const closed = { additionalProperties: false };
const DurationMs = Type.Integer({ minimum: 0, maximum: 3_600_000, description: 'milliseconds' });

/** One thing that a simulated caller does after the answer. */
export const ScriptStep = Type.Union([
  Type.Object({ wait_ms: DurationMs }, closed),
  Type.Object(
    {
      dtmf: Type.String({
        pattern: '^[0-9A-D*#,]+$',
        minLength: 1,
        maxLength: 64,
        description: 'a comma waits 500 ms',
      }),
    },
    closed,
  ),
  Type.Object({ tone_hz: Type.Number({ minimum: 50, maximum: 3900 }), ms: DurationMs }, closed),
  Type.Object({ hangup: Type.Literal(true) }, closed),
]);
export type ScriptStep = Static<typeof ScriptStep>;

/** `POST /api/v1/simulator/calls`: someone on the simulated telephone network calls one of our numbers. */
export const SimulatorCallRequest = Type.Object(
  {
    to: PhoneNumber,
    from: Type.Optional(Type.Union([PhoneNumber, Type.Literal('anonymous')])),
    answer_script: Type.Optional(Type.Array(ScriptStep, { maxItems: 100 })),
  },
  closed,
);
export type SimulatorCallRequest = Static<typeof SimulatorCallRequest>;

/** The call as the simulated network sees it. */
export const SimulatorCallRead = Type.Object({
  id: Type.String(),
  sip_call_id: Type.String(),
  direction: oneOf(['received', 'placed']),
  to: Type.String(),
  from: Type.String(),
  from_name: Type.String(),
  state: oneOf(['dialling', 'ringing', 'answered', 'ended']),
  started_at: Timestamp,
  answered_at: nullable(Timestamp),
  ended_at: nullable(Timestamp),
  end: nullable(
    Type.Object({
      by: oneOf(['pstn', 'intermix']),
      cause: Type.String(),
      sip_status: Type.Optional(Type.Integer()),
      reason: Type.Optional(Type.String()),
    }),
  ),
  codec: nullable(Type.String()),
  on_hold: Type.Boolean(),
  digits_heard: Type.String(),
  hearing_hz: nullable(Type.Number({ description: 'The tone that the simulated party hears now, in hertz' })),
  tone_heard_hz: nullable(Type.Number({ description: 'The tone that it heard last' })),
  packets_sent: Type.Integer(),
  packets_received: Type.Integer(),
  packets_lost: Type.Integer(),
  events: Type.Array(Type.Object({ at_ms: Type.Number(), event: Type.String() })),
});
export type SimulatorCallRead = Static<typeof SimulatorCallRead>;
