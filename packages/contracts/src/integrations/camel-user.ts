import Type, { type Static } from 'typebox';
import { camelEnvelope } from './camel-envelope.js';
import { camelEmail, camelName, camelText, camelTimestamp, camelUserId, camelUserIdQuery } from './camel-fields.js';

const maxUsersPerRequest = 500;
const person = 'first and last name, each longer than 3 characters';
const number = Type.String({
  minLength: 2,
  maxLength: 32,
  description: 'a telephone number, best as + and E.164 digits',
});

/** One user of `POST /usermapping`. */
export const CamelUserCreate = Type.Object({
  AppUserId: camelUserId,
  AppUsername: camelName(person, 'Ashwini Sharma'),
  Email: camelEmail,
  ExotelAccountSid: camelText('sid of the app’s account', 'acct1', 128),
  ExotelUserName: camelName(person, 'Ashwini Sharma'),
  AgentNumber: Type.Optional(number),
  VirtualNumber: number,
});
export type CamelUserCreate = Static<typeof CamelUserCreate>;

/** `POST /usermapping`: a list, for one user too. All of it is taken, or nothing. */
export const CamelUsersCreate = Type.Array(CamelUserCreate, {
  minItems: 1,
  maxItems: maxUsersPerRequest,
  examples: [
    [
      {
        AppUserId: 'agent_001',
        AppUsername: 'Ashwini Sharma',
        Email: 'ashwini@example.com',
        ExotelAccountSid: 'acct1',
        ExotelUserName: 'Ashwini Sharma',
        AgentNumber: '+919876543210',
        VirtualNumber: '+918047100000',
      },
    ],
  ],
});
export type CamelUsersCreate = Static<typeof CamelUsersCreate>;

/** `GET /usermapping`: one user by `user_id`, else a page. `next_key` is the `NextKey` of the page before. */
export const CamelUsersQuery = Type.Object({
  user_id: Type.Optional(camelUserIdQuery),
  last_value: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 1_000_000_000, default: 0, description: 'how many users to skip' }),
  ),
  next_key: Type.Optional(Type.String({ maxLength: 10, pattern: '^[0-9]*$', description: 'the NextKey of a page' })),
  page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 20 })),
});
export type CamelUsersQuery = Static<typeof CamelUsersQuery>;

/** `PUT /usermapping`. */
export const CamelUserUpdate = Type.Object(
  { AppUserId: camelUserId, VirtualNumber: number },
  { examples: [{ AppUserId: 'agent_001', VirtualNumber: '+918047100001' }] },
);
export type CamelUserUpdate = Static<typeof CamelUserUpdate>;

/** `DELETE /users`: a bare list of ids. */
export const CamelUsersDeletion = Type.Array(camelUserId, {
  minItems: 1,
  maxItems: maxUsersPerRequest,
  examples: [['agent_001', 'agent_002']],
});
export type CamelUsersDeletion = Static<typeof CamelUsersDeletion>;

/** `PUT /device`. */
export const CamelDeviceUpdate = Type.Object(
  {
    UserId: camelUserId,
    DeviceName: Type.Unsafe<'phone' | 'sip'>({ type: 'string', enum: ['phone', 'sip'] }),
    DeviceStatus: Type.Boolean({ description: 'true: this device rings; the last one cannot be switched off' }),
  },
  { examples: [{ UserId: 'agent_001', DeviceName: 'phone', DeviceStatus: true }] },
);
export type CamelDeviceUpdate = Static<typeof CamelDeviceUpdate>;

const CamelUser = Type.Object({
  CustomerId: Type.String(),
  customer_id: Type.String({ description: 'The same; the vendor’s SDK reads this spelling' }),
  AppID: Type.String(),
  AppUserId: Type.String({ examples: ['agent_001'] }),
  ExotelAccountSid: Type.String({ examples: ['acct1'] }),
  ExotelUserId: Type.String(),
  AppUsername: Type.String({ examples: ['Ashwini Sharma'] }),
  ExotelUserName: Type.String({ examples: ['Ashwini Sharma'] }),
  AgentNumber: Type.String({ description: 'Empty when there is none', examples: ['+919876543210'] }),
  ActiveDeviceId: Type.String({ description: 'SipDeviceID or PhoneDeviceID: the one that was switched on last' }),
  PhoneDeviceID: Type.String({ examples: ['1002'] }),
  SipDeviceID: Type.String({ examples: ['1001'] }),
  VirtualNumber: Type.String({ description: 'Empty when there is none', examples: ['+918047100000'] }),
  Email: Type.String({ examples: ['ashwini@example.com'] }),
  OutboundActive: Type.Boolean(),
  Role: Type.String({ examples: ['agent'] }),
  SipId: Type.String({ examples: ['sip:agent-001-5f3a9c1e'] }),
  SipSecret: Type.String({
    description:
      'The SIP password, AES-256-CFB under the key that the vendor’s SDK publishes: hex of IV and ciphertext',
    examples: ['000102030405060708090a0b0c0d0e0f47b1d3951f87e0c3c29f94'],
  }),
  IsActive: Type.Boolean(),
  CreatedAt: camelTimestamp,
  UpdatedAt: camelTimestamp,
});
export type CamelUser = Static<typeof CamelUser>;

export const CamelUserAnswer = camelEnvelope(CamelUser);
export const CamelUsersAnswer = camelEnvelope(Type.Array(CamelUser));

const CamelUserPage = Type.Object({
  Users: Type.Array(CamelUser),
  NextKey: Type.String({ description: 'Send as next_key (or last_value) for the next page; empty on the last' }),
  Total: Type.Integer({ description: 'Users of the app' }),
});
export type CamelUserPage = Static<typeof CamelUserPage>;

/** One user, or a page of them. */
export const CamelUserOrPage = camelEnvelope(Type.Union([CamelUser, CamelUserPage]));
