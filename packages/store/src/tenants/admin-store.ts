import { createId } from '@intermix/kernel';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { AdminsTable, Database } from '../database.js';
import { foreignKeyViolation, StoreConflictError, sqlState, uniqueViolation } from '../store-error.js';

/** Ranks, lowest first. */
export type AdminRole = 'agent' | 'supervisor' | 'admin' | 'super_admin';

/** A person who signs in to the console. */
export interface Admin {
  id: string;
  email: string;
  name: string;
  role: AdminRole;
  accountSid: string;
  /** Made and checked by the API; the store only keeps it. */
  passwordHash: string;
}

/** Operators. An e-mail address is unique in the installation, whatever its case. */
export class AdminStore {
  readonly #db: Kysely<Database>;

  constructor(deps: { db: Kysely<Database> }) {
    this.#db = deps.db;
  }

  /** Throws a conflict on `email` (taken) or `account_sid` (none such). */
  async createAdmin(input: Omit<Admin, 'id'>): Promise<Admin> {
    const admin: Admin = { ...input, id: createId('adm_') };
    try {
      await this.#db
        .insertInto('admins')
        .values({
          id: admin.id,
          email: admin.email,
          name: admin.name,
          role: admin.role,
          account_sid: admin.accountSid,
          password_hash: admin.passwordHash,
        })
        .execute();
      return admin;
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
    const row = await this.#db
      .selectFrom('admins')
      .selectAll()
      .where(sql<string>`lower(email)`, '=', email.toLowerCase())
      .executeTakeFirst();
    return row && adminOfRow(row);
  }

  async getAdmin(accountSid: string, adminId: string): Promise<Admin | undefined> {
    const row = await this.#db
      .selectFrom('admins')
      .selectAll()
      .where('account_sid', '=', accountSid)
      .where('id', '=', adminId)
      .executeTakeFirst();
    return row && adminOfRow(row);
  }

  /** False when the account has none of that id. */
  async setPasswordHash(accountSid: string, adminId: string, passwordHash: string): Promise<boolean> {
    const result = await this.#db
      .updateTable('admins')
      .set({ password_hash: passwordHash, updated_at: sql`now()` })
      .where('account_sid', '=', accountSid)
      .where('id', '=', adminId)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }
}

function adminOfRow(row: Selectable<AdminsTable>): Admin {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role as AdminRole,
    accountSid: row.account_sid,
    passwordHash: row.password_hash,
  };
}
