import type { Clock, Logger } from '@intermix/kernel';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, IntegrationTokensTable } from '../database.js';
import { ReadThroughCache } from '../read-through-cache.js';
import { hashToken } from '../secret-box.js';
import { refuseConflicts } from '../tenants/tenant-conflicts.js';
import { WriteBehindTimes } from './write-behind-times.js';

/** Whom a token speaks for. A customer's token has no `appId`. */
export interface IntegrationToken {
  accountSid: string;
  customerId: string;
  appId: string | undefined;
  createdAt: Date;
  expiresAt: Date;
  lastUsedAt: Date | undefined;
}

export interface TokenStoreDeps {
  db: Kysely<Database>;
  clock: Clock;
  logger: Logger;
  /** How long another node's write may stay unseen; `Infinity` when there is no other. */
  cacheTtlMs: number;
}

const maxCachedTokens = 50_000;
/** An expired token is told from an unknown one for a day. */
const keptAfterExpiry = sql`interval '1 day'`;
const deletedAtOnce = 1_000;

/** Tokens of the integrations API. Only their hashes are kept. */
export class TokenStore {
  readonly #db: Kysely<Database>;
  readonly #clock: Clock;
  readonly #tokens: ReadThroughCache<IntegrationToken | undefined>;
  readonly #lastUsed: WriteBehindTimes;

  constructor(deps: TokenStoreDeps) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#tokens = new ReadThroughCache({ clock: deps.clock, ttlMs: deps.cacheTtlMs, maxEntries: maxCachedTokens });
    const write = (times: ReadonlyArray<readonly [string, Date]>) => this.#writeLastUsed(times);
    this.#lastUsed = new WriteBehindTimes({ clock: deps.clock, logger: deps.logger, what: 'token uses', write });
  }

  /** Throws a conflict on `customer_id` or `app_id` when it is not the account's. */
  async create(token: string, record: Omit<IntegrationToken, 'createdAt' | 'lastUsedAt'>): Promise<void> {
    const row = {
      token_hash: hashToken(token),
      account_sid: record.accountSid,
      customer_id: record.customerId,
      app_id: record.appId ?? null,
      expires_at: record.expiresAt,
    };
    await refuseConflicts(this.#db.insertInto('integration_tokens').values(row).execute());
  }

  /**
   * In force or expired: the caller compares `expiresAt`. Undefined when it is unknown or revoked, its customer or app is
   * gone, or its app is inactive. Notes the use of one that is in force.
   */
  async find(token: string): Promise<IntegrationToken | undefined> {
    const hash = hashToken(token);
    const found = await this.#tokens.get(hash, () => this.#read(hash));
    if (!found) return undefined;
    const lastUsedAt = this.#lastUsed.noted(hash) ?? found.lastUsedAt;
    const now = this.#clock.now();
    if (found.expiresAt.getTime() > now) this.#lastUsed.note(hash, new Date(now));
    return { ...found, lastUsedAt };
  }

  /** False when there was none. */
  async revoke(token: string): Promise<boolean> {
    const hash = hashToken(token);
    try {
      const deletion = this.#db.deleteFrom('integration_tokens').where('token_hash', '=', hash);
      return (await deletion.executeTakeFirst()).numDeletedRows > 0n;
    } finally {
      this.#tokens.invalidate(hash);
    }
  }

  /** Forgets what is cached: a customer or an app changed. */
  invalidate(): void {
    this.#tokens.clear();
  }

  /** Deletes tokens that expired more than a day ago, at most 1,000. Gives how many. */
  async deleteExpired(): Promise<number> {
    const expired = this.#db
      .selectFrom('integration_tokens')
      .select('token_hash')
      .where('expires_at', '<', sql<Date>`now() - ${keptAfterExpiry}`)
      .orderBy('expires_at')
      .limit(deletedAtOnce);
    const deletion = this.#db
      .deleteFrom('integration_tokens')
      .where('token_hash', 'in', expired)
      .returning('token_hash');
    const rows = await deletion.execute();
    for (const row of rows) this.#tokens.invalidate(row.token_hash);
    return rows.length;
  }

  /** Writes when tokens were used. */
  flush(): Promise<void> {
    return this.#lastUsed.flush();
  }

  /** Writes when tokens were used, and notes no use any more. */
  stop(): Promise<void> {
    return this.#lastUsed.stop();
  }

  async #read(hash: string): Promise<IntegrationToken | undefined> {
    const row = await this.#db
      .selectFrom('integration_tokens as token')
      .innerJoin('customers', 'customers.id', 'token.customer_id')
      .leftJoin('apps', 'apps.id', 'token.app_id')
      .selectAll('token')
      .where('token.token_hash', '=', hash)
      .where((on) => on.or([on('token.app_id', 'is', null), on('apps.is_active', '=', true)]))
      .executeTakeFirst();
    return row && tokenOfRow(row);
  }

  async #writeLastUsed(times: ReadonlyArray<readonly [hash: string, at: Date]>): Promise<void> {
    const hashes = times.map(([hash]) => hash);
    await sql`
      UPDATE integration_tokens t SET last_used_at = greatest(t.last_used_at, used.at)
      FROM unnest(${hashes}::text[], ${times.map(([, at]) => at)}::timestamptz[]) AS used (token_hash, at)
      WHERE t.token_hash = used.token_hash`.execute(this.#db);
    for (const hash of hashes) this.#tokens.invalidate(hash);
  }
}

function tokenOfRow(row: Selectable<IntegrationTokensTable>): IntegrationToken {
  return {
    accountSid: row.account_sid,
    customerId: row.customer_id,
    appId: row.app_id ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}
