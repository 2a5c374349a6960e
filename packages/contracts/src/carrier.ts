import Type, { type Static } from 'typebox';
import { Id, Name, nullable, oneOf } from './fields.js';

const SipAddress = Type.String({
  pattern: '^(\\[[0-9A-Fa-f:.]{2,45}\\]|[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(:[0-9]{1,5})?$',
  minLength: 1,
  maxLength: 260,
  description: 'host, host:port or [IPv6]:port',
  examples: ['sip.carrier.example', '203.0.113.7:5070'],
});
const Username = Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\x00-\\x1f\\x7f"]+$' });
const Password = Type.String({ minLength: 1, maxLength: 256, pattern: '^[^\\x00-\\x1f\\x7f]+$' });
const AddressRange = Type.String({
  pattern: '^[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?$',
  maxLength: 49,
  description: 'An IP address or a CIDR range',
  examples: ['203.0.113.7', '203.0.113.0/28'],
});
const Country = Type.String({ pattern: '^[A-Z]{2}$', minLength: 2, maxLength: 2, description: 'ISO 3166 alpha-2' });

const NumberPrefix = Type.String({
  pattern: '^\\+[1-9][0-9]{0,14}$',
  minLength: 2,
  maxLength: 16,
  description: 'The beginning of a number: + and digits',
  examples: ['+44', '+8816'],
});

const transports = ['auto', 'udp', 'tcp', 'tls'] as const;
const authModes = ['ip', 'credentials'] as const;

const fields = {
  name: Name,
  sip_address: SipAddress,
  transport: oneOf(transports),
  destination_country: nullable(Country),
  inbound_auth_mode: oneOf(authModes, { description: 'How calls of the carrier are known to be its own' }),
  inbound_auth_username: nullable(Username),
  inbound_auth_password: nullable(Password),
  inbound_allowed_addresses: Type.Array(AddressRange, { maxItems: 64, uniqueItems: true }),
  outbound_auth_username: nullable(Username),
  outbound_auth_password: nullable(Password),
  outbound_cps: Type.Number({ minimum: 0.1, maximum: 100, description: 'Calls a second that we may place' }),
  outbound_burst: Type.Integer({ minimum: 1, maximum: 1000, description: 'Calls that may go out at once' }),
  outbound_channels: Type.Integer({ minimum: 1, maximum: 500, description: 'Concurrent calls that we may place' }),
  outbound_allowed_prefixes: Type.Array(NumberPrefix, {
    maxItems: 256,
    uniqueItems: true,
    description:
      "What may be dialled besides the countries of the account's own numbers. Premium-rate and satellite numbers are opened by their own prefix only, not by their country's",
  }),
};
const { name, sip_address, ...optional } = fields;

/** `POST /api/v1/carriers`. What is left out is as {@link carrierDefaults} says. */
export const CarrierCreate = Type.Object(
  { name, sip_address, ...Type.Partial(Type.Object(optional)).properties },
  { additionalProperties: false },
);
export type CarrierCreate = Static<typeof CarrierCreate>;

/** `PATCH`: what is left out stays; `null` clears. */
export const CarrierUpdate = Type.Object(Type.Partial(Type.Object(fields)).properties, {
  additionalProperties: false,
  minProperties: 1,
});
export type CarrierUpdate = Static<typeof CarrierUpdate>;

/** A carrier as it is answered: never with a password. */
export const CarrierRead = Type.Object({
  id: Id,
  name: Type.String(),
  sip_address: Type.String(),
  transport: oneOf(transports),
  destination_country: nullable(Type.String()),
  inbound_auth_mode: oneOf(authModes),
  inbound_auth_username: nullable(Type.String()),
  inbound_auth_password_set: Type.Boolean(),
  inbound_allowed_addresses: Type.Array(Type.String()),
  outbound_auth_username: nullable(Type.String()),
  outbound_auth_password_set: Type.Boolean(),
  outbound_cps: Type.Number(),
  outbound_burst: Type.Integer(),
  outbound_channels: Type.Integer(),
  outbound_allowed_prefixes: Type.Array(Type.String()),
  simulated: Type.Boolean({ description: 'The built-in simulated telephone network' }),
});
export type CarrierRead = Static<typeof CarrierRead>;

/** `GET /api/v1/carriers`. */
export const CarrierListQuery = Type.Object(
  {
    simulated: Type.Optional(
      Type.Boolean({
        description: 'true: with the built-in simulated network, whose numbers can be pointed elsewhere',
      }),
    ),
  },
  { additionalProperties: false },
);
export type CarrierListQuery = Static<typeof CarrierListQuery>;

/** Values of a new carrier for the fields that its maker left out. */
export const carrierDefaults = {
  transport: 'auto',
  destination_country: null,
  inbound_auth_mode: 'ip',
  inbound_auth_username: null,
  inbound_auth_password: null,
  inbound_allowed_addresses: [],
  outbound_auth_username: null,
  outbound_auth_password: null,
  outbound_cps: 5,
  outbound_burst: 10,
  outbound_channels: 30,
  outbound_allowed_prefixes: [],
} as const satisfies Required<Omit<CarrierCreate, 'name' | 'sip_address'>>;
