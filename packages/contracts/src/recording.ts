import Type, { type Static } from 'typebox';
import { Id, nullable, oneOf, Timestamp } from './fields.js';

const channels = oneOf(['single', 'dual'], {
  description: 'dual: the calling party left, what it hears right; single: both in one',
});
const format = oneOf(['mp3', 'mp3-hq', 'wav'], {
  description: 'mp3: 16 kbit/s a channel; mp3-hq: 32; wav: linear PCM, 16 bit; all at 8 kHz',
});

/** A recording of a call. */
export const RecordingRead = Type.Object({
  recording_sid: Id,
  call_sid: Id,
  state: oneOf(['recording', 'processing', 'ready', 'failed'], {
    description:
      'processing: it has ended and is on its way to where it is kept; failed: there is none, or not the whole',
  }),
  paused: Type.Boolean(),
  channels,
  format,
  started_at: Timestamp,
  ended_at: nullable(Timestamp),
  duration_ms: nullable(Type.Integer({ description: 'Length of the file; null while there is none' })),
  bytes: nullable(Type.Integer()),
  url: nullable(
    Type.String({
      description: 'When it is ready, or what there is of a failed one: for everybody who has it, for an hour',
    }),
  ),
  cause: nullable(
    Type.String({ description: 'Of a failure: disk-full, write-failed, encoder-behind, tone-failed, …' }),
  ),
  detail: nullable(Type.String({ description: 'A sentence: why it failed, or is not kept yet' })),
});
export type RecordingRead = Static<typeof RecordingRead>;

/** `GET /api/v1/calls/{call_sid}/recordings`. */
export const RecordingList = Type.Object({ items: Type.Array(RecordingRead) });
export type RecordingList = Static<typeof RecordingList>;

/** `POST /api/v1/calls/{call_sid}/recordings`: what is left out, the app's settings say. */
export const RecordingCreate = Type.Object(
  { channels: Type.Optional(channels), format: Type.Optional(format) },
  { additionalProperties: false, examples: [{ channels: 'dual' }] },
);
export type RecordingCreate = Static<typeof RecordingCreate>;

/** `GET` and `PUT /api/v1/apps/{app_id}/recording`: how an app's calls are recorded. */
export const RecordingSettings = Type.Object(
  {
    channels,
    format,
    paused_as: oneOf(['silence', 'cut'], { description: 'What is written for a pause: as much silence, or nothing' }),
    held_as: Type.Optional(
      oneOf(['silence', 'sound'], {
        description:
          'What is written while a party has the other on hold: silence, the default, or what is on the line (music of the one that holds)',
      }),
    ),
    tone: oneOf(['off', 'start', 'repeat'], {
      description:
        'Whether both parties hear 200 ms of 1400 Hz in place of all else: at the start, or each 15 s; who joins later hears it then. A call in which it cannot be heard is not recorded, and recording_failed says tone-failed',
    }),
    retention_days: nullable(
      Type.Integer({ minimum: 1, maximum: 36_500, description: 'null: recordings are kept until they are deleted' }),
    ),
    control: Type.Optional(
      oneOf(['none', 'agent'], {
        description:
          'agent: pages of the app’s users may start, pause, resume and stop the recording of their call; none, unless said otherwise',
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [
      { channels: 'dual', format: 'mp3', paused_as: 'silence', held_as: 'silence', tone: 'off', retention_days: 90 },
    ],
  },
);
export type RecordingSettings = Static<typeof RecordingSettings>;
