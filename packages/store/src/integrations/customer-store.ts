import type { Random } from '@intermix/kernel';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { CustomersTable, Database } from '../database.js';
import { hashToken, nobodysHash, tokenMatches } from '../secret-box.js';
import { refuseConflicts } from '../tenants/tenant-conflicts.js';
import { droppedWith } from './dropped-deliveries.js';
import { createUuid } from './uuid.js';

export interface CustomerRecord {
  id: string;
  accountSid: string;
  name: string;
  email: string | undefined;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewCustomer {
  /** Default: a new UUID. */
  id?: string;
  accountSid: string;
  name: string;
  email?: string | undefined;
  /** Kept as a hash. */
  secret: string;
}

/** What a customer's apps did in a period. */
export interface CustomerUsage {
  totalCalls: number;
  /** Seconds talked. */
  talkSeconds: number;
  inboundCalls: number;
  outboundCalls: number;
  /** Calls whose user spoke by browser or SIP telephone; by telephone line. */
  sipCalls: number;
  pstnCalls: number;
  /** Apps and users with a call in the period. */
  activeApps: number;
  activeUsers: number;
}

export interface CustomerStoreDeps {
  db: Kysely<Database>;
  random: Random;
  /** Empties every cache that holds something of a customer or an app. */
  forgetTenants(): void;
}

/** Customers: an account's users of the integrations API, with apps of their own. */
export class CustomerStore {
  readonly #db: Kysely<Database>;
  readonly #random: Random;
  readonly #forgetTenants: () => void;

  constructor(deps: CustomerStoreDeps) {
    this.#db = deps.db;
    this.#random = deps.random;
    this.#forgetTenants = deps.forgetTenants;
  }

  /** Throws a conflict on `id` (taken), or on `account_sid` when there is no such account. */
  async create(input: NewCustomer): Promise<CustomerRecord> {
    const row = {
      id: input.id ?? createUuid(this.#random),
      account_sid: input.accountSid,
      name: input.name,
      email: input.email ?? null,
      secret_hash: hashToken(input.secret),
    };
    const insertion = this.#db.insertInto('customers').values(row).returningAll();
    return customerOfRow(await refuseConflicts(insertion.executeTakeFirstOrThrow()));
  }

  async find(accountSid: string, customerId: string): Promise<CustomerRecord | undefined> {
    const row = await this.#db
      .selectFrom('customers')
      .selectAll()
      .where('id', '=', customerId)
      .where('account_sid', '=', accountSid)
      .executeTakeFirst();
    return row && customerOfRow(row);
  }

  /**
   * With its apps, their users, settings, contacts and tokens; deliveries that wait are dropped. Calls stay. False when
   * there was none.
   */
  async delete(accountSid: string, customerId: string): Promise<boolean> {
    try {
      const gone = sql`
        gone AS (DELETE FROM customers WHERE id = ${customerId} AND account_sid = ${accountSid} RETURNING id),
        gone_apps AS (SELECT apps.id FROM apps JOIN gone ON apps.customer_id = gone.id)`;
      const { rows } = await droppedWith(gone, 'the customer was deleted').execute(this.#db);
      return (rows[0]?.gone ?? 0) > 0;
    } finally {
      this.#forgetTenants();
    }
  }

  /** The customer whose id and secret these are; undefined when either is wrong. */
  async authenticate(id: string, secret: string): Promise<CustomerRecord | undefined> {
    const row = await this.#db.selectFrom('customers').selectAll().where('id', '=', id).executeTakeFirst();
    const isRight = tokenMatches(secret, row?.secret_hash ?? nobodysHash);
    return row && isRight ? customerOfRow(row) : undefined;
  }

  /** Figures of the calls that began in the period, `from` included and `to` not. */
  async usage(accountSid: string, customerId: string, from: Date, to: Date): Promise<CustomerUsage> {
    const { rows } = await sql<CustomerUsage>`
      SELECT count(*)::int AS "totalCalls",
        coalesce(sum(c.duration_sec), 0)::float8 AS "talkSeconds",
        (count(*) FILTER (WHERE c.direction = 'inbound'))::int AS "inboundCalls",
        (count(*) FILTER (WHERE c.direction = 'outbound'))::int AS "outboundCalls",
        (count(*) FILTER (WHERE spoke.by_sip))::int AS "sipCalls",
        (count(*) FILTER (WHERE spoke.by_phone))::int AS "pstnCalls",
        count(DISTINCT c.app_id)::int AS "activeApps",
        (count(DISTINCT (c.app_id, c.user_id)) FILTER (WHERE c.user_id IS NOT NULL))::int AS "activeUsers"
      FROM apps a
      JOIN calls c ON c.app_id = a.id AND c.account_sid = a.account_sid
        AND c.created_at >= ${from} AND c.created_at < ${to}
      CROSS JOIN LATERAL (
        SELECT bool_or(l.device = 'sip') AS by_sip, bool_or(l.device = 'phone') AS by_phone
        FROM call_legs l WHERE l.call_sid = c.call_sid AND l.answered_at IS NOT NULL
      ) spoke
      WHERE a.customer_id = ${customerId} AND a.account_sid = ${accountSid}`.execute(this.#db);
    return rows[0] as CustomerUsage; // An aggregate without groups has one row.
  }

  /** How many apps the customer has, and how many users these have. */
  async counts(accountSid: string, customerId: string): Promise<{ apps: number; users: number }> {
    const { rows } = await sql<{ apps: number; users: number }>`
      SELECT count(*)::int AS apps, coalesce(sum(of_app.users), 0)::int AS users
      FROM apps a CROSS JOIN LATERAL (SELECT count(*) AS users FROM users u WHERE u.app_id = a.id) of_app
      WHERE a.customer_id = ${customerId} AND a.account_sid = ${accountSid}`.execute(this.#db);
    return rows[0] as { apps: number; users: number };
  }
}

function customerOfRow(row: Selectable<CustomersTable>): CustomerRecord {
  return {
    id: row.id,
    accountSid: row.account_sid,
    name: row.name,
    email: row.email ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
