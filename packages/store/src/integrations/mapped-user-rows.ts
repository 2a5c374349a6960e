import type { SipUser } from '@intermix/calls';
import type { Insertable, Selectable } from 'kysely';
import type { UsersTable } from '../database.js';
import type { SecretBox } from '../secret-box.js';
import { sipUserOfRow } from '../users/user-rows.js';

export type DeviceName = 'sip' | 'phone';

/** A user of an app with a SIP account and up to two devices. */
export interface MappedUser extends SipUser {
  email: string | undefined;
  role: string;
  isActive: boolean;
  outboundActive: boolean;
  exotelUserId: string;
  exotelUserName: string | undefined;
  sipDeviceId: string;
  phoneDeviceId: string;
  /** The one that was switched on last: Exotel's "active device". */
  lastEnabledDevice: DeviceName;
  devicesUpdatedAt: Date;
  /** When a device was last registered, or its registration last refreshed or ended. */
  sipLastSeenAt: Date | undefined;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewMappedUser {
  accountSid: string;
  appId: string;
  userId: string;
  name: string;
  email: string | undefined;
  exotelUserName: string | undefined;
  phone: string | undefined;
  virtualNumber: string | undefined;
  role: string;
  devices: { sip: boolean; phone: boolean };
  sipUsername: string;
  /** Plain; encrypted at rest, because the digest check needs it back. */
  sipPassword: string;
}

/** Fields to change. A key that is present and `undefined` clears its field; a name cannot be cleared. */
export interface MappedUserPatch {
  virtualNumber?: string | undefined;
  name?: string;
  phone?: string | undefined;
  email?: string | undefined;
}

export function mappedUserOfRow(row: Selectable<UsersTable>): MappedUser {
  return {
    ...sipUserOfRow(row),
    email: row.email ?? undefined,
    role: row.role,
    isActive: row.is_active,
    outboundActive: row.outbound_active,
    exotelUserId: row.exotel_user_id,
    exotelUserName: row.exotel_user_name ?? undefined,
    sipDeviceId: row.sip_device_id,
    phoneDeviceId: row.phone_device_id,
    lastEnabledDevice: row.last_enabled_device as DeviceName,
    devicesUpdatedAt: row.devices_updated_at,
    sipLastSeenAt: row.sip_last_seen_at ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function rowOfNewMappedUser(user: NewMappedUser, secrets: SecretBox): Insertable<UsersTable> {
  return {
    app_id: user.appId,
    user_id: user.userId,
    account_sid: user.accountSid,
    name: user.name,
    email: user.email ?? null,
    exotel_user_name: user.exotelUserName ?? null,
    phone: user.phone ?? null,
    virtual_number: user.virtualNumber ?? null,
    role: user.role,
    sip_enabled: user.devices.sip,
    phone_enabled: user.devices.phone,
    last_enabled_device: user.devices.sip ? 'sip' : 'phone',
    sip_username: user.sipUsername,
    sip_password_encrypted: secrets.encrypt(user.sipPassword),
  };
}

/** The columns that a patch names. */
export function columnsOfUserPatch(patch: MappedUserPatch) {
  return {
    ...(patch.name !== undefined && { name: patch.name }),
    ...('email' in patch && { email: patch.email ?? null }),
    ...('phone' in patch && { phone: patch.phone ?? null }),
    ...('virtualNumber' in patch && { virtual_number: patch.virtualNumber ?? null }),
  };
}
