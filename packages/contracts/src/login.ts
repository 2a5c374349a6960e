import Type, { type Static } from 'typebox';

/** `POST /api/v1/auth/login`. */
export const LoginRequest = Type.Object(
  {
    email: Type.String({ minLength: 1, maxLength: 254 }),
    password: Type.String({ minLength: 1, maxLength: 1024 }),
  },
  { additionalProperties: false },
);
export type LoginRequest = Static<typeof LoginRequest>;

/** Of `login` and of `refresh`. */
export const LoginResponse = Type.Object({
  access_token: Type.String({ description: 'A JWT; sent as "Authorization: Bearer …"' }),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'seconds' }),
  refresh_token: Type.String({
    description: 'Good once: `POST /api/v1/auth/refresh` takes it for the next two tokens',
  }),
  refresh_expires_in: Type.Integer({ description: 'seconds' }),
});
export type LoginResponse = Static<typeof LoginResponse>;

/** `POST /api/v1/auth/refresh`. */
export const RefreshRequest = Type.Object(
  { refresh_token: Type.String({ minLength: 1, maxLength: 256 }) },
  { additionalProperties: false },
);
export type RefreshRequest = Static<typeof RefreshRequest>;
