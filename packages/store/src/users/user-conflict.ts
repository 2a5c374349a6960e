import { checkViolation, foreignKeyViolation, StoreConflictError, sqlState, uniqueViolation } from '../store-error.js';

/** The error as a conflict between users, when it is one. */
export function userConflict(cause: unknown): StoreConflictError | undefined {
  const taken = sqlState(cause, uniqueViolation)?.constraint;
  if (taken === 'users_sip_username_unique')
    return new StoreConflictError('sip_username', 'The account has this SIP user name already.', { cause });
  if (taken === 'users_pkey')
    return new StoreConflictError('user_id', 'The app has a user of this id already.', { cause });
  if (sqlState(cause, foreignKeyViolation)?.constraint === 'users_app')
    return new StoreConflictError('app_id', 'There is no such app.', { cause });
  if (sqlState(cause, checkViolation)?.constraint === 'users_device_enabled')
    return new StoreConflictError('devices', 'At least one device of the user must stay enabled.', { cause });
  return undefined;
}
