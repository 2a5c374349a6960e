import { foreignKeyViolation, StoreConflictError, sqlState, uniqueViolation } from '../store-error.js';

const conflicts: Record<string, [field: string, message: string]> = {
  accounts_pkey: ['sid', 'There is an account of this sid already.'],
  accounts_api_key_unique: ['api_key', 'The API key is in use already.'],
  customers_pkey: ['id', 'There is a customer of this id already.'],
  customers_account_sid_fkey: ['account_sid', 'There is no such account.'],
  apps_pkey: ['id', 'There is an app of this id already.'],
  apps_account_sid_fkey: ['account_sid', 'There is no such account.'],
  apps_customer: ['customer_id', 'The account has no such customer.'],
  integration_tokens_pkey: ['token', 'The token exists already.'],
  integration_tokens_customer: ['customer_id', 'The account has no such customer.'],
  integration_tokens_app: ['app_id', 'The account has no such app.'],
};

/** The write's outcome; a broken rule between rows of tenants becomes a StoreConflictError. */
export async function refuseConflicts<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (cause) {
    const [field, message] = conflicts[sqlState(cause, uniqueViolation, foreignKeyViolation)?.constraint ?? ''] ?? [];
    if (field !== undefined && message !== undefined) throw new StoreConflictError(field, message, { cause });
    throw cause;
  }
}
