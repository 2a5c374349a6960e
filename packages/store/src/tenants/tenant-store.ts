import type { Kysely } from 'kysely';
import type { Database } from '../database.js';
import { hashToken, tokenMatches } from '../secret-box.js';
import { refuseConflicts } from './tenant-conflicts.js';

export interface Account {
  sid: string;
  name: string;
  apiKey: string;
}

export interface KnownAccount extends Account {
  createdAt: Date;
}

/** Accounts, the tenants, and the secrets with which their machines say who they are. */
export class TenantStore {
  readonly #db: Kysely<Database>;

  constructor(deps: { db: Kysely<Database> }) {
    this.#db = deps.db;
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

  async findAccount(sid: string): Promise<KnownAccount | undefined> {
    const row = await this.#db.selectFrom('accounts').selectAll().where('sid', '=', sid).executeTakeFirst();
    return row && { sid: row.sid, name: row.name, apiKey: row.api_key, createdAt: row.created_at };
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
}
