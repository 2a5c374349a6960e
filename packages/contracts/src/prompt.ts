import Type, { type Static } from 'typebox';
import { Id, Name, Timestamp } from './fields.js';

const closed = { additionalProperties: false };

/**
 * `POST /api/v1/prompts`. As JSON a text, which is spoken once and kept; as `multipart/form-data` the fields `name` and
 * `audio`, a WAV or MP3 file of at most 10 MB and 10 minutes.
 */
export const PromptCreate = Type.Object(
  {
    name: Name,
    text: Type.Optional(
      Type.String({ minLength: 1, maxLength: 2_000, description: 'What is spoken; in place of audio' }),
    ),
    voice: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'Of the engine that speaks; its default when left out' }),
    ),
    audio: Type.Optional(Type.Unknown({ description: 'A WAV or MP3 file, as a file of multipart/form-data' })),
  },
  closed,
);
export type PromptCreate = Static<typeof PromptCreate>;

export const PromptRead = Type.Object({
  id: Id,
  name: Name,
  duration_ms: Type.Integer({ minimum: 0 }),
  bytes: Type.Integer({ minimum: 0, description: 'Size of the WAV file that is played: 8 kHz, mono, 16 bit' }),
  sha256: Type.String({ description: 'Of that file, hexadecimal' }),
  created_at: Timestamp,
});
export type PromptRead = Static<typeof PromptRead>;
