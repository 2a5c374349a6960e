import Type, { type Static } from 'typebox';
import { snakeEnvelope } from './snake-envelope.js';
import { orNull, snakeCursor, snakeTimestamp } from './snake-fields.js';

/** `GET …/events`. */
export const SnakeEventsQuery = Type.Object({
  after: Type.Optional({ ...snakeCursor, description: 'the cursor of the answer before; without it, from the oldest' }),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
  call_sid: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  event: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'incoming_call, call_answered, …' })),
});
export type SnakeEventsQuery = Static<typeof SnakeEventsQuery>;

const SnakeEvent = Type.Object({
  event_id: Type.String({ description: 'The same that webhooks carry: a repeat has the same one' }),
  event: Type.String(),
  call_sid: Type.String(),
  timestamp: snakeTimestamp,
  payload: Type.Record(Type.String(), Type.Unknown(), {
    description: 'The webhook’s body in its snake_case form, whatever form the app’s webhooks have',
  }),
});
export type SnakeEvent = Static<typeof SnakeEvent>;

/** The feed of an app, in the order of what was committed. Events are kept for 30 days. */
export const SnakeEventPage = snakeEnvelope(
  Type.Object({
    events: Type.Array(SnakeEvent),
    cursor: orNull(Type.String({ description: 'Send as "after" to go on; null while there has been no event' })),
    has_more: Type.Boolean({ description: 'Whether there is more at once' }),
  }),
  {
    events: [
      {
        event_id: 'evt_0b9f3f6f5a3d4f0b8f1b6f0a7a9d2c11',
        event: 'call_ringing',
        call_sid: 'call_in_abc123',
        timestamp: '2024-06-15T10:30:01.000Z',
        payload: {
          event: 'call_ringing',
          call_sid: 'call_in_abc123',
          status: 'ringing',
          timestamp: '2024-06-15T10:30:01.000Z',
        },
      },
    ],
    cursor: 'NzQxLjEy',
    has_more: false,
  },
);
