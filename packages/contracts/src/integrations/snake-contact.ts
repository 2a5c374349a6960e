import Type, { type Static } from 'typebox';
import { snakeEnvelope } from './snake-envelope.js';
import { orNull, snakeCursor, snakeName, snakePhone, snakeTimestamp } from './snake-fields.js';

const maxContactsPerRequest = 1_000;

/** One entry of an app's directory. */
export const SnakeContactWrite = Type.Object({
  number: snakePhone,
  name: snakeName,
  custom_field: Type.Optional(
    orNull(
      Type.String({
        maxLength: 512,
        pattern: '^[^\\x00-\\x1f\\x7f]*$',
        description: 'anything of yours, at most 512 characters: it is told with each of the number’s calls',
      }),
    ),
  ),
});
export type SnakeContactWrite = Static<typeof SnakeContactWrite>;

/** `PUT …/contacts`: a list, all of which is taken or nothing; one object stands for a list of one. */
export const SnakeContactsWrite = Type.Array(SnakeContactWrite, {
  minItems: 1,
  maxItems: maxContactsPerRequest,
  description: 'A list, or one object',
  examples: [[{ number: '+919876543210', name: 'John Customer', custom_field: 'CRM_ID_12345' }]],
});
export type SnakeContactsWrite = Static<typeof SnakeContactsWrite>;

/** `GET …/contacts`, in the order of the numbers. */
export const SnakeContactsQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
  cursor: Type.Optional(snakeCursor),
});
export type SnakeContactsQuery = Static<typeof SnakeContactsQuery>;

const SnakeContact = Type.Object({
  number: Type.String(),
  name: Type.String(),
  custom_field: orNull(Type.String()),
  updated_at: snakeTimestamp,
});
export type SnakeContact = Static<typeof SnakeContact>;

const example = {
  number: '+919876543210',
  name: 'John Customer',
  custom_field: 'CRM_ID_12345',
  updated_at: '2024-06-15T10:30:00.000Z',
};

export const SnakeContactAnswer = snakeEnvelope(SnakeContact, example);
export const SnakeContactPage = snakeEnvelope(
  Type.Object({ contacts: Type.Array(SnakeContact), next_cursor: orNull(Type.String()) }),
  { contacts: [example], next_cursor: null },
);
export const SnakeContactsWritten = snakeEnvelope(
  Type.Object({ written: Type.Integer({ description: 'Numbers that were made or replaced' }) }),
  { written: 1 },
);
