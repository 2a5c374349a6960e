import Type, { type Static } from 'typebox';
import { Id, Name, nullable, oneOf, Timestamp } from './fields.js';
import { listOf } from './list.js';

// People who sign in to the administration API.

/** From least to most; each may do what the ones before it may. */
export const Role = oneOf(['agent', 'supervisor', 'admin', 'super_admin']);
export type Role = Static<typeof Role>;

const Email = Type.String({
  minLength: 3,
  maxLength: 254,
  pattern: '^[^\\s@\\x00-\\x1f\\x7f]+@[^\\s@\\x00-\\x1f\\x7f]+$',
  description: 'an e-mail address',
});
const NewPassword = Type.String({ minLength: 10, maxLength: 1024, description: 'at least 10 characters' });

export const PersonRead = Type.Object({
  id: Id,
  email: Type.String(),
  name: Type.String(),
  role: Role,
  account_sid: Type.String(),
  is_active: Type.Boolean({ description: 'who is not cannot sign in' }),
  last_login_at: nullable(Timestamp),
  created_at: Timestamp,
});
export type PersonRead = Static<typeof PersonRead>;

export const PersonList = listOf(PersonRead);

/** `POST /api/v1/auth/register`. */
export const PersonCreate = Type.Object(
  { email: Email, password: NewPassword, name: Name, role: Type.Optional(Role) },
  { additionalProperties: false },
);
export type PersonCreate = Static<typeof PersonCreate>;

/** `PUT /api/v1/auth/users/{user_id}`. Fields that are left out stay. */
export const PersonUpdate = Type.Object(
  { name: Type.Optional(Name), role: Type.Optional(Role), is_active: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
);
export type PersonUpdate = Static<typeof PersonUpdate>;

/** `PUT /api/v1/auth/me`. */
export const ProfileUpdate = Type.Object({ name: Name }, { additionalProperties: false });
export type ProfileUpdate = Static<typeof ProfileUpdate>;

/** `PUT /api/v1/auth/me/password`. */
export const PasswordChange = Type.Object(
  { current_password: Type.String({ minLength: 1, maxLength: 1024 }), new_password: NewPassword },
  { additionalProperties: false },
);
export type PasswordChange = Static<typeof PasswordChange>;

/** `PUT /api/v1/auth/users/{user_id}/password`. */
export const PasswordReset = Type.Object({ password: NewPassword }, { additionalProperties: false });
export type PasswordReset = Static<typeof PasswordReset>;
