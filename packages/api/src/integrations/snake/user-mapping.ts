import type { SnakeDevices, SnakeUser, SnakeUserCreate } from '@intermix/contracts';
import type { MappedUser } from '../ports.js';
import type { DeviceState, WantedUser } from '../services/user-service.js';
import { isoTime } from './answers.js';

/** A user of this generation begins with its telephone on when it has one, and then both devices ring. */
export function wantedUser(body: SnakeUserCreate): WantedUser {
  const phone = body.phone ?? undefined;
  return {
    userId: body.user_id,
    name: body.name.trim(),
    email: undefined,
    exotelUserName: undefined,
    phone,
    virtualNumber: body.virtual_number ?? undefined,
    devices: { sip: body.sip_enabled ?? true, phone: phone !== undefined },
  };
}

/** What every answer about a user has. `sipDomain`: that of all accounts. */
function userCore(user: MappedUser, sipDomain: string) {
  return {
    user_id: user.userId,
    name: user.name,
    phone: user.phone ?? null,
    virtual_number: user.virtualNumber ?? null,
    sip_enabled: user.devices.sip,
    sip_credentials: { username: user.sipUsername, domain: `${user.accountSid}.${sipDomain}` },
    status: user.isActive ? ('active' as const) : ('inactive' as const),
  };
}

/** The answer that makes a user: the only one with its password. */
export function madeUser(user: MappedUser, password: string, sipDomain: string): SnakeUser {
  const { sip_credentials: account, ...core } = userCore(user, sipDomain);
  return { ...core, sip_credentials: { ...account, password }, created_at: user.createdAt.toISOString() };
}

export function snakeUser(user: MappedUser, sipDomain: string): SnakeUser {
  return {
    ...userCore(user, sipDomain),
    device_status: { phone: user.devices.phone, sip: user.devices.sip },
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
  };
}

/** The answer to a change. */
export function changedDevices(user: MappedUser): SnakeDevices {
  return {
    user_id: user.userId,
    devices: {
      phone: { enabled: user.devices.phone, number: user.phone ?? null },
      sip: { enabled: user.devices.sip, username: user.sipUsername },
    },
    updated_at: user.devicesUpdatedAt.toISOString(),
  };
}

/** The answer to a question: with what is registered now. */
export function snakeDevices({ user, isRegistered, lastSeenAt }: DeviceState): SnakeDevices {
  const { devices, ...rest } = changedDevices(user);
  return {
    ...rest,
    devices: { ...devices, sip: { ...devices.sip, registered: isRegistered, last_seen: isoTime(lastSeenAt) } },
  };
}
