import Type from 'typebox';

// Fields of the CamelCase generation. Every text is bounded; unknown fields are let pass, as existing backends send some.

/** An id that the customer chose: printable, no space at either end. */
export const camelUserId = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^[^\\s\\x00-\\x1f\\x7f]([^\\x00-\\x1f\\x7f]*[^\\s\\x00-\\x1f\\x7f])?$',
  description: 'your id of the user, 1 to 128 printable characters without spaces at either end',
  examples: ['agent_001'],
});

/** The same in a query, where a literal plus has become a space, at either end too. */
export const camelUserIdQuery = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^[^\\x00-\\x1f\\x7f]+$',
  description: 'your id of the user; a plus that was not percent-encoded is understood',
  examples: ['agent_001'],
});

export const camelName = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\x00-\\x1f\\x7f]+$', description, examples: [example] });

export const camelEmail = Type.String({
  minLength: 3,
  maxLength: 254,
  pattern: '^[^\\s@\\x00-\\x1f\\x7f]+@[^\\s@\\x00-\\x1f\\x7f]+$',
  description: 'an e-mail address, such as asha@example.com',
  examples: ['asha@example.com'],
});

/** A credential or an id of ours, given back to us. */
export const camelText = (description: string, example: string, maxLength = 512) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\x00-\\x1f\\x7f]+$', description, examples: [example] });

export const camelTimestamp = Type.String({
  description: 'ISO 8601, UTC',
  examples: ['2023-03-23T06:17:46.000Z'],
});
