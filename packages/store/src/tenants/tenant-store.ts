import type { Kysely } from 'kysely';
import type { Database } from '../database.js';
import { hashToken, tokenMatches } from '../secret-box.js';
import { foreignKeyViolation, StoreConflictError, sqlState, uniqueViolation } from '../store-error.js';
import type { NewUser, UserRecord } from '../users/user-rows.js';
import type { UserStore } from '../users/user-store.js';

export interface Account {
  sid: string;
  name: string;
  apiKey: string;
}

export interface Customer {
  id: string;
  accountSid: string;
  name: string;
  email: string | undefined;
}

export interface App {
  id: string;
  customerId: string;
  accountSid: string;
  name: string;
  isActive: boolean;
}

/** Accounts, customers and apps: who owns what, and the secrets with which machines say who they are. */
export class TenantStore {
  readonly #db: Kysely<Database>;
  readonly #users: UserStore;

  constructor(deps: { db: Kysely<Database>; users: UserStore }) {
    this.#db = deps.db;
    this.#users = deps.users;
  }

  /** Whether this is the first start: there is no account yet. */
  async isEmpty(): Promise<boolean> {
    return (await this.#db.selectFrom('accounts').select('sid').limit(1).executeTakeFirst()) === undefined;
  }

  /** The token is kept as a hash. Throws a conflict on `sid` or `api_key`. */
  async createAccount(input: Account & { apiToken: string }): Promise<Account> {
    const { sid, name, apiKey, apiToken } = input;
    await refuseConflicts(
      this.#db
        .insertInto('accounts')
        .values({ sid, name, api_key: apiKey, api_token_hash: hashToken(apiToken) })
        .execute(),
    );
    return { sid, name, apiKey };
  }

  async findAccount(sid: string): Promise<Account | undefined> {
    const row = await this.#db.selectFrom('accounts').selectAll().where('sid', '=', sid).executeTakeFirst();
    return row && { sid: row.sid, name: row.name, apiKey: row.api_key };
  }

  async listAccounts(): Promise<Account[]> {
    const rows = await this.#db.selectFrom('accounts').selectAll().orderBy('created_at').orderBy('sid').execute();
    return rows.map((row) => ({ sid: row.sid, name: row.name, apiKey: row.api_key }));
  }

  /** The account that this pair belongs to; undefined when either is wrong. */
  async authenticateAccount(apiKey: string, apiToken: string): Promise<Account | undefined> {
    const row = await this.#db.selectFrom('accounts').selectAll().where('api_key', '=', apiKey).executeTakeFirst();
    if (!row || !tokenMatches(apiToken, row.api_token_hash)) return undefined;
    return { sid: row.sid, name: row.name, apiKey: row.api_key };
  }

  /** The secret is kept as a hash. Throws a conflict on `id` or `account_sid`. */
  async createCustomer(input: Omit<Customer, 'email'> & { email?: string; secret: string }): Promise<Customer> {
    const { id, accountSid, name, email, secret } = input;
    await refuseConflicts(
      this.#db
        .insertInto('customers')
        .values({ id, account_sid: accountSid, name, email: email ?? null, secret_hash: hashToken(secret) })
        .execute(),
    );
    return { id, accountSid, name, email };
  }

  /** The customer whose id and secret these are; undefined when either is wrong. */
  async authenticateCustomer(id: string, secret: string): Promise<Customer | undefined> {
    const row = await this.#db.selectFrom('customers').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row || !tokenMatches(secret, row.secret_hash)) return undefined;
    return { id: row.id, accountSid: row.account_sid, name: row.name, email: row.email ?? undefined };
  }

  /** The secret is kept as a hash. Throws a conflict on `id`, or on `customer_id` when it is not the account's. */
  async createApp(input: Omit<App, 'isActive'> & { secret: string }): Promise<App> {
    const { id, customerId, accountSid, name, secret } = input;
    await refuseConflicts(
      this.#db
        .insertInto('apps')
        .values({ id, customer_id: customerId, account_sid: accountSid, name, secret_hash: hashToken(secret) })
        .execute(),
    );
    return { id, customerId, accountSid, name, isActive: true };
  }

  /** The app whose id and secret these are; undefined when either is wrong, or the app is inactive. */
  async authenticateApp(id: string, secret: string): Promise<App | undefined> {
    const row = await this.#db.selectFrom('apps').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row?.is_active || !tokenMatches(secret, row.secret_hash)) return undefined;
    return appOfRow(row);
  }

  async listApps(accountSid: string): Promise<App[]> {
    const rows = await this.#db
      .selectFrom('apps')
      .selectAll()
      .where('account_sid', '=', accountSid)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(appOfRow);
  }

  /** As `users.createUser`: a tenant is made in one place. */
  createUser(input: NewUser): Promise<UserRecord> {
    return this.#users.createUser(input);
  }
}

function appOfRow(row: {
  id: string;
  customer_id: string;
  account_sid: string;
  name: string;
  is_active: boolean;
}): App {
  return {
    id: row.id,
    customerId: row.customer_id,
    accountSid: row.account_sid,
    name: row.name,
    isActive: row.is_active,
  };
}

const conflicts: Record<string, [field: string, message: string]> = {
  accounts_pkey: ['sid', 'There is an account of this sid already.'],
  accounts_api_key_unique: ['api_key', 'The API key is in use already.'],
  customers_pkey: ['id', 'There is a customer of this id already.'],
  customers_account_sid_fkey: ['account_sid', 'There is no such account.'],
  apps_pkey: ['id', 'There is an app of this id already.'],
  apps_account_sid_fkey: ['account_sid', 'There is no such account.'],
  apps_customer: ['customer_id', 'The account has no such customer.'],
};

async function refuseConflicts<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (cause) {
    const [field, message] = conflicts[sqlState(cause, uniqueViolation, foreignKeyViolation)?.constraint ?? ''] ?? [];
    if (field !== undefined && message !== undefined) throw new StoreConflictError(field, message, { cause });
    throw cause;
  }
}
