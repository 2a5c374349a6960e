import type { Carrier } from '@intermix/calls';
import { type CarrierCreate, type CarrierRead, type CarrierUpdate, carrierDefaults } from '@intermix/contracts';
import { ApiError } from '../http/api-error.js';
import type { CarrierChange, NewCarrier } from './carrier-administration.js';

/** The answer's shape; passwords stay behind. */
export function carrierRead(carrier: Carrier): CarrierRead {
  return {
    id: carrier.id,
    name: carrier.name,
    sip_address: carrier.sipAddress,
    transport: carrier.transport,
    destination_country: carrier.destinationCountry ?? null,
    inbound_auth_mode: carrier.inboundAuthMode,
    inbound_auth_username: carrier.inboundAuthUsername ?? null,
    inbound_auth_password_set: carrier.inboundAuthPassword !== undefined,
    inbound_allowed_addresses: [...carrier.inboundAllowedAddresses],
    outbound_auth_username: carrier.outboundAuthUsername ?? null,
    outbound_auth_password_set: carrier.outboundAuthPassword !== undefined,
    outbound_cps: carrier.outboundCps,
    outbound_burst: carrier.outboundBurst,
    outbound_channels: carrier.outboundChannels,
    outbound_allowed_prefixes: [...carrier.outboundAllowedPrefixes],
    simulated: carrier.simulated,
  };
}

export function newCarrier(accountSid: string, input: CarrierCreate): NewCarrier {
  const all = { ...carrierDefaults, ...input };
  const carrier = {
    accountSid,
    simulated: false,
    ...(carrierChange(all) as Omit<NewCarrier, 'accountSid' | 'simulated'>),
  };
  requireConsistency(carrier);
  return carrier;
}

const keys = {
  name: 'name',
  sip_address: 'sipAddress',
  transport: 'transport',
  destination_country: 'destinationCountry',
  inbound_auth_mode: 'inboundAuthMode',
  inbound_auth_username: 'inboundAuthUsername',
  inbound_auth_password: 'inboundAuthPassword',
  inbound_allowed_addresses: 'inboundAllowedAddresses',
  outbound_auth_username: 'outboundAuthUsername',
  outbound_auth_password: 'outboundAuthPassword',
  outbound_cps: 'outboundCps',
  outbound_burst: 'outboundBurst',
  outbound_channels: 'outboundChannels',
  outbound_allowed_prefixes: 'outboundAllowedPrefixes',
} as const satisfies Record<keyof CarrierUpdate, keyof CarrierChange>;

/** Only the fields that are present; null becomes undefined, which clears. */
export function carrierChange(input: CarrierUpdate): CarrierChange {
  const present = (Object.keys(keys) as (keyof typeof keys)[]).filter((key) => input[key] !== undefined);
  return Object.fromEntries(present.map((key) => [keys[key], input[key] ?? undefined]));
}

/** Throws 400 where fields contradict each other. */
export function requireConsistency(carrier: Omit<NewCarrier, 'accountSid' | 'simulated'>): void {
  const needs = (field: string, why: string) => ApiError.invalid(field, `"${field}" is missing: ${why}.`);
  if (carrier.inboundAuthMode === 'credentials') {
    const why = 'inbound_auth_mode "credentials" needs a user name and a password';
    if (carrier.inboundAuthUsername === undefined) throw needs('inbound_auth_username', why);
    if (carrier.inboundAuthPassword === undefined) throw needs('inbound_auth_password', why);
  }
  const hasUsername = carrier.outboundAuthUsername !== undefined;
  const hasPassword = carrier.outboundAuthPassword !== undefined;
  if (hasUsername && !hasPassword) throw needs('outbound_auth_password', 'outbound_auth_username stands without it');
  if (hasPassword && !hasUsername) throw needs('outbound_auth_username', 'outbound_auth_password stands without it');
}
