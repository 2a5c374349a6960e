import Type, { type Static } from 'typebox';
import { snakeEnvelope } from './snake-envelope.js';
import { snakeTimestamp, snakeTimestampOrNull } from './snake-fields.js';

const SnakeWebhookSecret = Type.Object({
  id: Type.String(),
  secret: Type.String({ description: 'As Standard Webhooks write it: whsec_ and base64' }),
  created_at: snakeTimestamp,
  expires_at: snakeTimestampOrNull,
});
export type SnakeWebhookSecret = Static<typeof SnakeWebhookSecret>;

/** Those in force, newest first. */
export const SnakeWebhookSecrets = snakeEnvelope(Type.Object({ secrets: Type.Array(SnakeWebhookSecret) }), {
  secrets: [
    {
      id: 'Xk2f9QbC4dLm7RtY8wZpAg',
      secret: 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
      created_at: '2024-06-15T10:30:00.000Z',
      expires_at: null,
    },
  ],
});

/** `POST …/webhook-secrets/rotate`. */
export const SnakeSecretRotation = Type.Object(
  {
    overlap_hours: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 720,
        default: 24,
        description: 'How long the old secrets sign beside the new one; 0: no longer',
      }),
    ),
  },
  { examples: [{ overlap_hours: 24 }] },
);
export type SnakeSecretRotation = Static<typeof SnakeSecretRotation>;
