import Type, { type Static } from 'typebox';
import { snakeEnvelope } from './snake-envelope.js';
import { orNull, snakeBooleanOrNull, snakeTimestamp } from './snake-fields.js';

const format = { enum: ['camel_case', 'snake_case', null] };
const formatMeaning = 'How webhooks are written; null: as the generation of the API that wrote the settings last';

const url = (what: string) => orNull(Type.String({ maxLength: 2000, description: `${what}; null clears it` }));

/** `PUT …/settings`. What is left out stays as it is; null clears. */
export const SnakeSettingsUpdate = Type.Object(
  {
    popup_url: Type.Optional(url('http(s) URL that is told of each call that arrives')),
    missed_call_url: Type.Optional(url('http(s) URL that is told of each missed call')),
    callback_url: Type.Optional(url('http(s) URL that is told of each step of a call')),
    recording_enabled: Type.Optional(snakeBooleanOrNull('Record calls; null means false')),
    recording_url: Type.Optional(url('http(s) URL that is told of each recording')),
    streaming_enabled: Type.Optional(snakeBooleanOrNull('Stream the audio of calls; null means false')),
    streaming_url: Type.Optional(url('http(s) or ws(s) URL that the audio goes to')),
    notification_format: Type.Optional(
      Type.Unsafe<'camel_case' | 'snake_case' | null>({ ...format, description: `${formatMeaning} (an addition)` }),
    ),
  },
  {
    examples: [
      {
        popup_url: 'https://your-server.com/webhook/popup',
        missed_call_url: 'https://your-server.com/webhook/missed-call',
        recording_enabled: true,
        recording_url: 'https://your-server.com/webhook/recording',
      },
    ],
  },
);
export type SnakeSettingsUpdate = Static<typeof SnakeSettingsUpdate>;

const urlRead = orNull(Type.String());

const SnakeSettings = Type.Object({
  popup_url: urlRead,
  missed_call_url: urlRead,
  callback_url: urlRead,
  recording_enabled: Type.Boolean(),
  recording_url: urlRead,
  streaming_enabled: Type.Boolean(),
  streaming_url: urlRead,
  notification_format: orNull(Type.String({ description: formatMeaning })),
  created_at: Type.Optional(snakeTimestamp),
  updated_at: snakeTimestamp,
});
export type SnakeSettings = Static<typeof SnakeSettings>;

const example = {
  app_id: '5b7e0f3c-0d5c-4a55-9d0e-6f1f0a2b3c4d',
  settings: {
    popup_url: 'https://your-server.com/webhook/popup',
    missed_call_url: 'https://your-server.com/webhook/missed-call',
    callback_url: null,
    recording_enabled: true,
    recording_url: 'https://your-server.com/webhook/recording',
    streaming_enabled: false,
    streaming_url: null,
    notification_format: null,
    updated_at: '2024-06-15T10:30:00.000Z',
  },
};

/** `PUT` answers without `created_at`, `GET` with it. */
export const SnakeSettingsAnswer = snakeEnvelope(
  Type.Object({ app_id: Type.String(), settings: SnakeSettings }),
  example,
);
