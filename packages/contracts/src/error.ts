import Type, { type Static } from 'typebox';

/** Every refusal and failure of the API. `code` is stable; `field` names the input to change. */
export const ErrorResponse = Type.Object({
  error: Type.Object({
    code: Type.String({ pattern: '^ERR_[A-Z0-9_]+$' }),
    message: Type.String(),
    field: Type.Optional(Type.String()),
  }),
});
export type ErrorResponse = Static<typeof ErrorResponse>;
