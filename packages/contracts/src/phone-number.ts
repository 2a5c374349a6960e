import Type, { type Static } from 'typebox';

/**
 * A telephone number as people type one: digits with an optional plus, spaces, dots, hyphens and brackets. What number
 * it means, with which country, is for the switch to say.
 */
export const PhoneNumber = Type.String({
  pattern: '^\\+?[0-9(][0-9 ().-]{1,30}$',
  minLength: 2,
  maxLength: 32,
  description: 'A telephone number, best as + and E.164 digits',
  examples: ['+919876543210'],
});
export type PhoneNumber = Static<typeof PhoneNumber>;

/** A number as we store and answer it: plus, country code, subscriber number. ITU-T E.164. */
export const E164Number = Type.String({
  pattern: '^\\+[1-9][0-9]{1,14}$',
  minLength: 3,
  maxLength: 16,
  description: 'A telephone number as + and E.164 digits',
  examples: ['+919876543210'],
});
export type E164Number = Static<typeof E164Number>;
