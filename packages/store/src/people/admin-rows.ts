import type { Selectable } from 'kysely';
import type { AdminsTable } from '../database.js';

/** Ranks, lowest first. */
export type AdminRole = 'agent' | 'supervisor' | 'admin' | 'super_admin';

/** A person who signs in to the administration API. */
export interface Admin {
  id: string;
  email: string;
  name: string;
  role: AdminRole;
  accountSid: string;
  /** Made and checked by the API; the store only keeps it. */
  passwordHash: string;
  /** Who is not cannot sign in, and has no sessions. */
  isActive: boolean;
  lastLoginAt: Date | undefined;
  createdAt: Date;
}

export type NewAdmin = Pick<Admin, 'email' | 'name' | 'role' | 'accountSid' | 'passwordHash'>;

export function adminOfRow(row: Selectable<AdminsTable>): Admin {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role as AdminRole,
    accountSid: row.account_sid,
    passwordHash: row.password_hash,
    isActive: row.is_active,
    lastLoginAt: row.last_login_at ?? undefined,
    createdAt: row.created_at,
  };
}
