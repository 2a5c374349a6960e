import type { Clock, Random } from '@intermix/kernel';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { AppsTable, Database } from '../database.js';
import { ReadThroughCache } from '../read-through-cache.js';
import { hashToken, nobodysHash, tokenMatches } from '../secret-box.js';
import { refuseConflicts } from '../tenants/tenant-conflicts.js';
import { droppedWith } from './dropped-deliveries.js';
import { createUuid } from './uuid.js';

export interface AppRecord {
  id: string;
  customerId: string;
  accountSid: string;
  name: string;
  /** Region, as the customer wrote it. */
  exotelDomain: string;
  isActive: boolean;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewApp {
  /** Default: a new UUID. */
  id?: string;
  customerId: string;
  accountSid: string;
  name: string;
  /** Default: `mumbai`. */
  exotelDomain?: string;
  /** Default: true. */
  isActive?: boolean;
  /** Kept as a hash. */
  secret: string;
}

export interface AppStoreDeps {
  db: Kysely<Database>;
  clock: Clock;
  random: Random;
  /** How long another node's write may stay unseen; `Infinity` when there is no other. */
  cacheTtlMs: number;
  /** Empties every cache that holds something of a customer or an app, this one's too. */
  forgetTenants(): void;
}

const maxCachedApps = 10_000;

/** Apps: what a customer connects, each with users, settings and webhooks of its own. */
export class AppStore {
  readonly #db: Kysely<Database>;
  readonly #random: Random;
  readonly #apps: ReadThroughCache<AppRecord | undefined>;
  readonly #forgetTenants: () => void;

  constructor(deps: AppStoreDeps) {
    this.#db = deps.db;
    this.#random = deps.random;
    this.#apps = new ReadThroughCache({ clock: deps.clock, ttlMs: deps.cacheTtlMs, maxEntries: maxCachedApps });
    this.#forgetTenants = deps.forgetTenants;
  }

  /** Throws a conflict on `id` (taken), or on `customer_id` or `account_sid` when the account has none such. */
  async create(input: NewApp): Promise<AppRecord> {
    const row = {
      id: input.id ?? createUuid(this.#random),
      customer_id: input.customerId,
      account_sid: input.accountSid,
      name: input.name,
      secret_hash: hashToken(input.secret),
      ...(input.exotelDomain !== undefined && { exotel_domain: input.exotelDomain }),
      ...(input.isActive !== undefined && { is_active: input.isActive }),
    };
    const insertion = this.#db.insertInto('apps').values(row).returningAll();
    return appOfRow(await refuseConflicts(insertion.executeTakeFirstOrThrow()));
  }

  /** Active or not. Cached. */
  async find(accountSid: string, appId: string): Promise<AppRecord | undefined> {
    const app = await this.findById(appId);
    return app?.accountSid === accountSid ? app : undefined;
  }

  /** By the id alone, which is unique in the installation: for a route without a token. Cached. */
  findById(appId: string): Promise<AppRecord | undefined> {
    return this.#apps.get(appId, async () => {
      const row = await this.#db.selectFrom('apps').selectAll().where('id', '=', appId).executeTakeFirst();
      return row && appOfRow(row);
    });
  }

  /** A customer's, oldest first. */
  async list(accountSid: string, customerId: string): Promise<AppRecord[]> {
    const rows = await this.#db
      .selectFrom('apps')
      .selectAll()
      .where('account_sid', '=', accountSid)
      .where('customer_id', '=', customerId)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(appOfRow);
  }

  /** An account's, of whichever customer; oldest first. */
  async listOfAccount(accountSid: string): Promise<AppRecord[]> {
    const rows = await this.#db
      .selectFrom('apps')
      .selectAll()
      .where('account_sid', '=', accountSid)
      .orderBy('created_at')
      .orderBy('id')
      .execute();
    return rows.map(appOfRow);
  }

  /** An app that is switched off: its tokens are dead and its users cannot register. Undefined when there is none. */
  async setActive(accountSid: string, appId: string, isActive: boolean): Promise<AppRecord | undefined> {
    try {
      const row = await this.#db
        .updateTable('apps')
        .set({ is_active: isActive, updated_at: sql`now()` })
        .where('id', '=', appId)
        .where('account_sid', '=', accountSid)
        .returningAll()
        .executeTakeFirst();
      return row && appOfRow(row);
    } finally {
      this.#forgetTenants();
    }
  }

  /** With its users, settings, contacts and tokens; deliveries that wait are dropped. Calls stay. */
  async delete(accountSid: string, appId: string): Promise<boolean> {
    try {
      const gone = sql`
        gone AS (DELETE FROM apps WHERE id = ${appId} AND account_sid = ${accountSid} RETURNING id),
        gone_apps AS (SELECT id FROM gone)`;
      const { rows } = await droppedWith(gone, 'the app was deleted').execute(this.#db);
      return (rows[0]?.gone ?? 0) > 0;
    } finally {
      this.#forgetTenants();
    }
  }

  /** The app whose id and secret these are; undefined when either is wrong, or the app is inactive. */
  async authenticate(id: string, secret: string): Promise<AppRecord | undefined> {
    const row = await this.#db.selectFrom('apps').selectAll().where('id', '=', id).executeTakeFirst();
    const isRight = tokenMatches(secret, row?.secret_hash ?? nobodysHash);
    return row?.is_active && isRight ? appOfRow(row) : undefined;
  }

  /** Forgets what is cached. */
  invalidate(): void {
    this.#apps.clear();
  }
}

function appOfRow(row: Selectable<AppsTable>): AppRecord {
  return {
    id: row.id,
    customerId: row.customer_id,
    accountSid: row.account_sid,
    name: row.name,
    exotelDomain: row.exotel_domain,
    isActive: row.is_active,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
