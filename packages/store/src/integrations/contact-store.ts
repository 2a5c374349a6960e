import type { Clock } from '@intermix/kernel';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { ContactsTable, Database } from '../database.js';
import { ReadThroughCache } from '../read-through-cache.js';
import { StoreConflictError, StoreError } from '../store-error.js';

/** What an app knows of a number: it tells its receiver who calls. */
export interface Contact {
  /** `+E.164` */
  number: string;
  name: string;
  customField: string | undefined;
  updatedAt: Date;
}

export type NewContact = Pick<Contact, 'number' | 'name' | 'customField'>;

export interface ContactStoreDeps {
  db: Kysely<Database>;
  clock: Clock;
  /** How long another node's write may stay unseen; `Infinity` when there is no other. */
  cacheTtlMs: number;
}

const maxCachedNumbers = 50_000;
const maxContacts = 100_000;
const writtenAtOnce = 5_000;

/** A small directory for each app. Most callers are in none: that a number is unknown is remembered too. */
export class ContactStore {
  readonly #db: Kysely<Database>;
  readonly #contacts: ReadThroughCache<{ contact: Contact | undefined; accountSid: string | undefined }>;

  constructor(deps: ContactStoreDeps) {
    this.#db = deps.db;
    this.#contacts = new ReadThroughCache({ clock: deps.clock, ttlMs: deps.cacheTtlMs, maxEntries: maxCachedNumbers });
  }

  /**
   * Makes or replaces, all or none; of a number that comes twice the last counts. Gives how many. Throws
   * ERR_STORE_NOT_FOUND when the account has no such app, and a conflict on `contacts` beyond 100,000 an app.
   */
  async put(accountSid: string, appId: string, contacts: readonly NewContact[]): Promise<number> {
    const last = [...new Map(contacts.map((contact) => [contact.number, contact])).values()];
    try {
      await this.#db.transaction().execute(async (trx) => {
        await lockApp(trx, accountSid, appId);
        for (let first = 0; first < last.length; first += writtenAtOnce)
          await upsert(trx, accountSid, appId, last.slice(first, first + writtenAtOnce));
        await refuseTooMany(trx, appId);
      });
    } finally {
      for (const { number } of last) this.#contacts.invalidate(contactKey(appId, number));
    }
    return last.length;
  }

  /** Cached, also when there is none. */
  async find(accountSid: string, appId: string, number: string): Promise<Contact | undefined> {
    const found = await this.#contacts.get(contactKey(appId, number), async () => {
      const row = await this.#db
        .selectFrom('contacts')
        .selectAll()
        .where('app_id', '=', appId)
        .where('number', '=', number)
        .executeTakeFirst();
      return { contact: row && contactOfRow(row), accountSid: row?.account_sid };
    });
    return found.accountSid === accountSid ? found.contact : undefined;
  }

  /** In the order of their numbers. */
  async list(
    accountSid: string,
    appId: string,
    page: { limit: number; afterNumber: string | undefined },
  ): Promise<Contact[]> {
    let select = this.#db
      .selectFrom('contacts')
      .selectAll()
      .where('app_id', '=', appId)
      .where('account_sid', '=', accountSid);
    if (page.afterNumber !== undefined) select = select.where('number', '>', page.afterNumber);
    const rows = await select.orderBy('number').limit(page.limit).execute();
    return rows.map(contactOfRow);
  }

  /** False when there was none. */
  async delete(accountSid: string, appId: string, number: string): Promise<boolean> {
    try {
      const result = await this.#db
        .deleteFrom('contacts')
        .where('app_id', '=', appId)
        .where('account_sid', '=', accountSid)
        .where('number', '=', number)
        .executeTakeFirst();
      return result.numDeletedRows > 0n;
    } finally {
      this.#contacts.invalidate(contactKey(appId, number));
    }
  }

  /** Forgets what is cached: an app is gone. */
  invalidate(): void {
    this.#contacts.clear();
  }
}

const contactKey = (appId: string, number: string) => JSON.stringify([appId, number]);

/** Two writers of one app follow each other: each counts what the other wrote. Does not hinder inserts elsewhere. */
async function lockApp(trx: Kysely<Database>, accountSid: string, appId: string): Promise<void> {
  const app = await trx
    .selectFrom('apps')
    .select('id')
    .where('id', '=', appId)
    .where('account_sid', '=', accountSid)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!app) throw StoreError.notFound('app');
}

async function upsert(
  trx: Kysely<Database>,
  accountSid: string,
  appId: string,
  contacts: readonly NewContact[],
): Promise<void> {
  await sql`
    INSERT INTO contacts (app_id, account_sid, number, name, custom_field)
    SELECT ${appId}, ${accountSid}, number, name, custom_field
    FROM unnest(${contacts.map(({ number }) => number)}::text[], ${contacts.map(({ name }) => name)}::text[],
      ${contacts.map(({ customField }) => customField ?? null)}::text[]) AS given (number, name, custom_field)
    ON CONFLICT (app_id, number) DO UPDATE
      SET name = excluded.name, custom_field = excluded.custom_field, updated_at = now()`.execute(trx);
}

async function refuseTooMany(trx: Kysely<Database>, appId: string): Promise<void> {
  const { count } = await trx
    .selectFrom('contacts')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('app_id', '=', appId)
    .executeTakeFirstOrThrow();
  if (count > maxContacts)
    throw new StoreConflictError('contacts', `An app has at most ${maxContacts.toLocaleString('en')} contacts.`);
}

function contactOfRow(row: Selectable<ContactsTable>): Contact {
  return { number: row.number, name: row.name, customField: row.custom_field ?? undefined, updatedAt: row.updated_at };
}
