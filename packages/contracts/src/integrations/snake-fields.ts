import Type, { type TString } from 'typebox';

// Fields of the snake_case generation. Every text is bounded; unknown fields are let pass, as existing backends send some.

/** The same text, or null. One type with two names: a union's refusal would speak of its branches. */
export const orNull = (schema: TString) => Type.Unsafe<string | null>({ ...schema, type: ['string', 'null'] });

export const snakeBooleanOrNull = (description: string) =>
  Type.Unsafe<boolean | null>({ type: ['boolean', 'null'], description });

export const snakeTimestamp = Type.String({
  description: 'ISO 8601, UTC, with milliseconds',
  examples: ['2024-06-15T10:30:00.000Z'],
});

export const snakeTimestampOrNull = orNull(snakeTimestamp);

/** An id that the customer chose: printable, no space at either end. */
export const snakeUserId = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^[^\\s\\x00-\\x1f\\x7f]([^\\x00-\\x1f\\x7f]*[^\\s\\x00-\\x1f\\x7f])?$',
  description: 'your id of the user, 1 to 128 printable characters without spaces at either end',
  examples: ['agent_001'],
});

export const snakeName = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: '^[^\\x00-\\x1f\\x7f]+$',
  description: 'a name of 1 to 100 printable characters',
  examples: ['Ashwini Sharma'],
});

export const snakePhone = Type.String({
  minLength: 2,
  maxLength: 32,
  description: 'a telephone number, best as + and E.164 digits',
  examples: ['+919876543210'],
});

/** A time to filter by: a day, which counts whole and in UTC, or an instant. */
export const snakeDate = Type.String({
  minLength: 10,
  maxLength: 35,
  pattern: '^\\d{4}-\\d\\d-\\d\\d([Tt ].+)?$',
  description: 'a day as 2024-06-01 or a time as 2024-06-01T09:30:00Z',
  examples: ['2024-06-01'],
});

/** Where the page before ended. */
export const snakeCursor = Type.String({
  minLength: 1,
  maxLength: 512,
  pattern: '^[A-Za-z0-9_-]+$',
  description: 'as the answer before gave it',
});
