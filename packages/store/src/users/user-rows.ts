import type { SipUser } from '@intermix/calls';
import type { Selectable } from 'kysely';
import type { UsersTable } from '../database.js';

/** A user as the API reads one; never with the SIP password. */
export interface UserRecord extends SipUser {
  email: string | undefined;
  isActive: boolean;
  outboundActive: boolean;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewUser {
  accountSid: string;
  appId: string;
  userId: string;
  name: string;
  email?: string | undefined;
  sipUsername: string;
  /** Plain; encrypted at rest, because the digest check needs it back. */
  sipPassword: string;
  phone?: string | undefined;
  virtualNumber?: string | undefined;
}

/** Fields to change. A key that is present and `undefined` clears its field. */
export interface UserPatch {
  name?: string;
  email?: string | undefined;
  sipPassword?: string;
  phone?: string | undefined;
  virtualNumber?: string | undefined;
  isActive?: boolean;
  outboundActive?: boolean;
}

export function sipUserOfRow(row: Selectable<UsersTable>): SipUser {
  return {
    accountSid: row.account_sid,
    appId: row.app_id,
    userId: row.user_id,
    name: row.name,
    sipUsername: row.sip_username,
    phone: row.phone ?? undefined,
    devices: { sip: row.sip_enabled, phone: row.phone_enabled },
    virtualNumber: row.virtual_number ?? undefined,
  };
}

export function userOfRow(row: Selectable<UsersTable>): UserRecord {
  return {
    ...sipUserOfRow(row),
    email: row.email ?? undefined,
    isActive: row.is_active,
    outboundActive: row.outbound_active,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
