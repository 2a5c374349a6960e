import Type from 'typebox';

// Fields that several applets share. Every text is bounded.

export const closed = { additionalProperties: false };

/** What an applet is called within its flow. */
export const AppletKey = Type.String({
  pattern: '^[A-Za-z0-9_-]{1,64}$',
  maxLength: 64,
  description: 'letters, digits, _ and -, at most 64: the key of an applet of this flow',
});

export const Id = Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\x00-\\x1f\\x7f]+$' });

export const PhoneNumber = Type.String({
  pattern: '^\\+[1-9][0-9]{6,14}$',
  maxLength: 16,
  description: 'a number as +<country code><number>',
});

/** Whether its scheme, host and address may be used is the validator's to say. */
export const Url = Type.String({ minLength: 8, maxLength: 2048, pattern: '^[^\\x00-\\x20\\x7f]+$' });

/** A stream's whole URL, query included, is shorter than 600 characters. */
export const StreamUrl = Type.String({ minLength: 8, maxLength: 599, pattern: '^[^\\x00-\\x20\\x7f]+$' });

/** At most three, of 256 characters together. */
export const CustomParameters = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }),
  Type.String({ maxLength: 256, pattern: '^[^\\x00-\\x1f\\x7f]*$' }),
  { maxProperties: 3 },
);

/** What is said: exactly one of a text, a prompt that was uploaded, and the URL of a WAV or MP3 file. */
export const Prompt = Type.Object(
  {
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 2000, pattern: '^[^\\x00-\\x08\\x0b-\\x1f\\x7f]+$' })),
    voice: Type.Optional(Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\x00-\\x1f\\x7f]+$' })),
    prompt_id: Type.Optional(Id),
    url: Type.Optional(Url),
  },
  { ...closed, minProperties: 1, maxProperties: 2 },
);

/** Digits of a telephone's keys. */
export const Digits = Type.String({
  pattern: '^[0-9*#A-D]{1,32}$',
  maxLength: 32,
  description: 'digits 0–9, *, #, A–D',
});

/** Seconds that parties may ring, and that a talk may last. */
export const RingTimeoutSec = Type.Integer({ minimum: 5, maximum: 180 });
export const TimeLimitSec = Type.Integer({ minimum: 1, maximum: 14_400 });
