import Type, { type TSchema } from 'typebox';

/** The envelope that the snake_case generation of the integrations API puts around what it gives. */
export const snakeEnvelope = <T extends TSchema>(data: T, example?: unknown) =>
  Type.Object(
    { success: Type.Literal(true), data },
    example === undefined ? {} : { examples: [{ success: true, data: example }] },
  );

/** What a deletion answers. */
export const SnakeDone = Type.Object(
  { success: Type.Literal(true), message: Type.String() },
  { examples: [{ success: true, message: 'User deleted successfully' }] },
);

/** Every refusal and failure of this generation. */
export const SnakeFailure = Type.Object(
  {
    success: Type.Literal(false),
    error: Type.Object({
      code: Type.Integer({ description: 'The HTTP status once more', examples: [400] }),
      message: Type.String({
        description: 'What is wrong, with the field and the cure',
        examples: ['"user_id" is missing.'],
      }),
    }),
  },
  { description: 'Refused or failed' },
);
