import Type from 'typebox';

// The ids in an address. Whether they are the token's is looked at before; here they are only described and bounded.

const id = (description: string) => Type.String({ minLength: 1, maxLength: 128, description });

const printable = (description: string) =>
  Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\x00-\\x1f\\x7f]+$', description });

export const CustomerPath = Type.Object({ customer_id: id('That of the token') });

export const AppPath = Type.Object({ ...CustomerPath.properties, app_id: id('The app') });

export const UserPath = Type.Object({ ...AppPath.properties, user_id: printable('Your id of the user') });

export const CallPath = Type.Object({ ...AppPath.properties, call_sid: printable('The call') });

export const ContactPath = Type.Object({
  ...AppPath.properties,
  number: printable('A telephone number, best as + and E.164 digits'),
});

/**
 * A customer alone: only what looks like an id, UUID or 32 hex digits, so that a mistyped word is told that it is no path of
 * the other generation.
 */
export const customerBase = '/:customer_id(^[0-9a-fA-F-]{32,36}$)';

/** Where the routes of an app begin. */
export const appBase = '/:customer_id/apps/:app_id';
