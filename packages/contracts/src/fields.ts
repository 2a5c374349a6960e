import Type, { type TSchema } from 'typebox';

// Fields that several resources share. Every text is bounded: a request is checked before anything of it is kept.

/** Our ids, and customers' ids of their users: any printable text without spaces around it. */
export const Id = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^[^\\s\\x00-\\x1f]([^\\x00-\\x1f]*[^\\s\\x00-\\x1f])?$',
});

/** What people call a thing. */
export const Name = Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\x00-\\x1f\\x7f]+$' });

/** ISO 8601 in UTC with milliseconds, as `Date.toISOString` writes it. */
export const Timestamp = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
  maxLength: 24,
  description: 'ISO 8601, UTC',
  examples: ['2026-01-31T09:30:00.000Z'],
});

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** One of some words, spelled as on the wire. */
export const oneOf = <const W extends readonly string[]>(words: W, options: { description?: string } = {}) =>
  Type.Unsafe<W[number]>({ type: 'string', enum: words, ...options });

/** What a backend gives along with a call, and is told again with it. One type with two names, as a union's refusal would speak of its branches. */
export const CustomField = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  maxLength: 128,
  pattern: '^[^\\x00-\\x1f\\x7f]*$',
  description: 'anything of yours, at most 128 printable characters: it is kept with the call and told in its webhooks',
  examples: ['order-42'],
});
