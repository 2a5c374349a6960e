import { createId } from '@intermix/kernel';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';
import { isPossibleId, storableText } from '../storable-json.js';
import { foreignKeyViolation, StoreConflictError, StoreError, sqlState, uniqueViolation } from '../store-error.js';
import { type Admin, adminOfRow, type NewAdmin } from './admin-rows.js';
import type { AdminSessionStore } from './admin-session-store.js';
import type { AuditStore, NewAuditEntry } from './audit-store.js';

/** What is to become of a person, decided while nobody else can change them. */
export interface AdminDecision {
  /** What is left out stays. */
  change: Partial<Pick<Admin, 'name' | 'role' | 'isActive' | 'passwordHash'>>;
  /** Which of the person's sessions end with it: none when it is left out. */
  endSessions?: 'all' | { except: string };
  /** Written with the change, or neither is. */
  entry: NewAuditEntry;
}

export interface AdminStoreDeps {
  db: Kysely<Database>;
  audit: AuditStore;
  sessions: AdminSessionStore;
}

const maxPage = 200;

/** People who sign in. An e-mail address is unique in the installation, whatever its case. */
export class AdminStore {
  readonly #db: Kysely<Database>;
  readonly #audit: AuditStore;
  readonly #sessions: AdminSessionStore;

  constructor(deps: AdminStoreDeps) {
    this.#db = deps.db;
    this.#audit = deps.audit;
    this.#sessions = deps.sessions;
  }

  /**
   * `entryOf`: the entry of the audit log that is written with it, or neither is. Throws a conflict on `email` (taken) or
   * `account_sid` (none such).
   */
  async createAdmin(input: NewAdmin, entryOf?: (made: Admin) => NewAuditEntry): Promise<Admin> {
    const values = {
      id: createId('adm_'),
      email: storableText(input.email),
      name: storableText(input.name),
      role: input.role,
      account_sid: input.accountSid,
      password_hash: input.passwordHash,
    };
    try {
      return await this.#db.transaction().execute(async (trx) => {
        const row = await trx.insertInto('admins').values(values).returningAll().executeTakeFirstOrThrow();
        const made = adminOfRow(row);
        if (entryOf) await this.#audit.appendWithin(trx, entryOf(made));
        return made;
      });
    } catch (cause) {
      if (sqlState(cause, uniqueViolation)?.constraint === 'admins_email_unique')
        throw new StoreConflictError('email', 'There is an account for this e-mail address already.', { cause });
      if (sqlState(cause, foreignKeyViolation))
        throw new StoreConflictError('account_sid', 'There is no such account.', { cause });
      throw cause;
    }
  }

  /** For the login, which does not know the tenant yet. */
  async findAdminByEmail(email: string): Promise<Admin | undefined> {
    if (!isPossibleId(email)) return undefined;
    const row = await this.#db
      .selectFrom('admins')
      .selectAll()
      .where(sql<string>`lower(email)`, '=', email.toLowerCase())
      .executeTakeFirst();
    return row && adminOfRow(row);
  }

  async getAdmin(accountSid: string, adminId: string): Promise<Admin | undefined> {
    if (!isPossibleId(adminId)) return undefined;
    const row = await this.#db
      .selectFrom('admins')
      .selectAll()
      .where('account_sid', '=', accountSid)
      .where('id', '=', adminId)
      .executeTakeFirst();
    return row && adminOfRow(row);
  }

  /** Oldest first. Throws ERR_STORE_CURSOR. */
  async listAdmins(query: {
    accountSid: string;
    limit: number;
    cursor?: string | undefined;
  }): Promise<{ admins: Admin[]; nextCursor: string | undefined }> {
    const limit = Math.max(1, Math.min(query.limit, maxPage));
    let select = this.#db.selectFrom('admins').selectAll().where('account_sid', '=', query.accountSid);
    if (query.cursor !== undefined) select = select.where('position', '>', positionOf(query.cursor));
    const rows = await select
      .orderBy('position')
      .limit(limit + 1)
      .execute();
    const last = rows[limit - 1];
    const nextCursor = rows.length > limit && last ? Buffer.from(last.position).toString('base64url') : undefined;
    return { admins: rows.slice(0, limit).map(adminOfRow), nextCursor };
  }

  /**
   * Changes a person as `decide` says, who sees them as they are and may throw: then nothing is changed. Undefined when the
   * account has none of that id.
   */
  async changeAdmin(
    accountSid: string,
    adminId: string,
    decide: (before: Admin) => AdminDecision,
  ): Promise<Admin | undefined> {
    if (!isPossibleId(adminId)) return undefined;
    try {
      return await this.#db.transaction().execute(async (trx) => {
        const found = await trx
          .selectFrom('admins')
          .selectAll()
          .where('account_sid', '=', accountSid)
          .where('id', '=', adminId)
          .forUpdate()
          .executeTakeFirst();
        if (found === undefined) return undefined;
        const { change, endSessions, entry } = decide(adminOfRow(found));
        const row = await trx
          .updateTable('admins')
          .set({
            ...(change.name !== undefined && { name: storableText(change.name) }),
            ...(change.role !== undefined && { role: change.role }),
            ...(change.isActive !== undefined && { is_active: change.isActive }),
            ...(change.passwordHash !== undefined && { password_hash: change.passwordHash }),
            updated_at: sql`now()`,
          })
          .where('account_sid', '=', accountSid)
          .where('id', '=', adminId)
          .returningAll()
          .executeTakeFirstOrThrow();
        if (endSessions !== undefined) await this.#sessions.endOf(adminId, endSessions, trx);
        await this.#audit.appendWithin(trx, entry);
        return adminOfRow(row);
      });
    } finally {
      this.#sessions.forget();
    }
  }
}

function positionOf(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^\d{1,18}$/.test(text)) throw StoreError.badCursor();
  return text;
}
