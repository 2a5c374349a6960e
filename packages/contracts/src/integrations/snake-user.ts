import Type, { type Static } from 'typebox';
import { snakeEnvelope } from './snake-envelope.js';
import { orNull, snakeName, snakePhone, snakeTimestamp, snakeTimestampOrNull, snakeUserId } from './snake-fields.js';

const virtualNumber = 'the ExoPhone that the user’s calls show, a number of the account (an addition)';

/** `POST …/users`. */
export const SnakeUserCreate = Type.Object(
  {
    user_id: snakeUserId,
    name: snakeName,
    phone: Type.Optional(orNull(snakePhone)),
    sip_enabled: Type.Optional(
      Type.Boolean({ default: true, description: 'Whether browsers and SIP telephones ring' }),
    ),
    virtual_number: Type.Optional(orNull(Type.String({ ...snakePhone, description: virtualNumber }))),
  },
  { examples: [{ user_id: 'agent_001', name: 'Ashwini Sharma', phone: '+919876543210', sip_enabled: true }] },
);
export type SnakeUserCreate = Static<typeof SnakeUserCreate>;

/** `PUT` and `PATCH …/users/{user_id}`: what is left out stays, null clears. An addition of ours. */
export const SnakeUserUpdate = Type.Object(
  {
    name: Type.Optional(snakeName),
    phone: Type.Optional(orNull(snakePhone)),
    virtual_number: Type.Optional(orNull(Type.String({ ...snakePhone, description: virtualNumber }))),
  },
  { additionalProperties: false, minProperties: 1, examples: [{ phone: '+919876543211' }] },
);
export type SnakeUserUpdate = Static<typeof SnakeUserUpdate>;

/** `GET …/users`. */
export const SnakeUsersQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 20 })),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000, default: 0 })),
});
export type SnakeUsersQuery = Static<typeof SnakeUsersQuery>;

const sipAccount = {
  username: Type.String({ description: 'The SIP user, for authentication too' }),
  domain: Type.String({ description: 'The SIP domain: the account of the user is sip:{username}@{domain}' }),
};

const SnakeUser = Type.Object({
  user_id: Type.String(),
  name: Type.String(),
  phone: orNull(Type.String()),
  virtual_number: orNull(Type.String({ description: 'An addition' })),
  sip_enabled: Type.Boolean(),
  sip_credentials: Type.Object({
    ...sipAccount,
    password: Type.Optional(Type.String({ description: 'In the answer that makes the user, and in no other' })),
  }),
  status: Type.Unsafe<'active' | 'inactive'>({ type: 'string', enum: ['active', 'inactive'] }),
  device_status: Type.Optional(Type.Object({ phone: Type.Boolean(), sip: Type.Boolean() })),
  created_at: snakeTimestamp,
  updated_at: Type.Optional(snakeTimestamp),
});
export type SnakeUser = Static<typeof SnakeUser>;

const made = {
  user_id: 'agent_001',
  name: 'Ashwini Sharma',
  phone: '+919876543210',
  virtual_number: null,
  sip_enabled: true,
  sip_credentials: { username: 'agent-001-5f3a9c1e', domain: 'acct1.intermix.local', password: 'q7Yc…' },
  status: 'active',
  created_at: '2024-06-15T10:30:00.000Z',
};
const read = {
  ...made,
  sip_credentials: { username: 'agent-001-5f3a9c1e', domain: 'acct1.intermix.local' },
  device_status: { phone: true, sip: true },
  updated_at: '2024-06-15T10:30:00.000Z',
};

export const SnakeUserMade = snakeEnvelope(SnakeUser, made);
export const SnakeUserAnswer = snakeEnvelope(SnakeUser, read);
export const SnakeUserPage = snakeEnvelope(
  Type.Object({
    users: Type.Array(SnakeUser),
    total: Type.Integer({ description: 'Users of the app' }),
    limit: Type.Integer(),
    offset: Type.Integer(),
  }),
  { users: [read], total: 1, limit: 20, offset: 0 },
);

/** `PUT …/devices`: what is left out stays as it is. */
export const SnakeDevicesUpdate = Type.Object(
  {
    phone: Type.Optional(Type.Boolean({ description: 'Whether the telephone rings' })),
    sip: Type.Optional(Type.Boolean({ description: 'Whether browsers and SIP telephones ring' })),
  },
  { examples: [{ phone: false, sip: true }] },
);
export type SnakeDevicesUpdate = Static<typeof SnakeDevicesUpdate>;

const SnakeDevices = Type.Object({
  user_id: Type.String(),
  devices: Type.Object({
    phone: Type.Object({ enabled: Type.Boolean(), number: orNull(Type.String()) }),
    sip: Type.Object({
      enabled: Type.Boolean(),
      username: Type.String(),
      registered: Type.Optional(Type.Boolean({ description: 'Whether a device is registered at this moment' })),
      last_seen: Type.Optional(snakeTimestampOrNull),
    }),
  }),
  updated_at: Type.Optional(snakeTimestamp),
});
export type SnakeDevices = Static<typeof SnakeDevices>;

const phoneDevice = { enabled: true, number: '+919876543210' };
const sipDevice = { enabled: true, username: 'agent-001-5f3a9c1e' };

export const SnakeDevicesChanged = snakeEnvelope(SnakeDevices, {
  user_id: 'agent_001',
  devices: { phone: phoneDevice, sip: sipDevice },
  updated_at: '2024-06-15T10:30:00.000Z',
});

/** `GET …/devices`. */
export const SnakeDevicesAnswer = snakeEnvelope(SnakeDevices, {
  user_id: 'agent_001',
  devices: { phone: phoneDevice, sip: { ...sipDevice, registered: true, last_seen: '2024-06-15T10:25:00.000Z' } },
});
