import type { Carrier, CarrierTransport, Did, DidTarget } from '@intermix/calls';
import type { Insertable, Selectable } from 'kysely';
import type { CarriersTable, DidsTable } from '../database.js';
import type { SecretBox } from '../secret-box.js';

/** A carrier as the API makes one. */
export type NewCarrier = Omit<Carrier, 'id'>;
/** Fields to change. A key that is present and `undefined` clears its field. */
export type CarrierPatch = Partial<Omit<Carrier, 'id' | 'accountSid' | 'simulated'>>;
export type NewDid = Omit<Did, 'id'>;
/** Fields to change. A key that is present and `undefined` clears its field. */
export type DidPatch = Partial<Omit<Did, 'id' | 'carrierId' | 'accountSid'>>;

export function carrierOfRow(row: Selectable<CarriersTable>, secrets: SecretBox): Carrier {
  const decrypt = (text: string | null) => (text === null ? undefined : secrets.decrypt(text));
  return {
    id: row.id,
    accountSid: row.account_sid,
    name: row.name,
    sipAddress: row.sip_address,
    transport: row.transport as CarrierTransport,
    inboundAuthMode: row.inbound_auth_mode as Carrier['inboundAuthMode'],
    inboundAuthUsername: row.inbound_auth_username ?? undefined,
    inboundAuthPassword: decrypt(row.inbound_auth_password_encrypted),
    inboundAllowedAddresses: row.inbound_allowed_addresses,
    outboundAuthUsername: row.outbound_auth_username ?? undefined,
    outboundAuthPassword: decrypt(row.outbound_auth_password_encrypted),
    outboundCps: row.outbound_cps,
    outboundBurst: row.outbound_burst,
    outboundChannels: row.outbound_channels,
    outboundAllowedPrefixes: row.outbound_allowed_prefixes,
    destinationCountry: row.destination_country ?? undefined,
    simulated: row.simulated,
  };
}

export function rowOfCarrier(carrier: Carrier, secrets: SecretBox): Insertable<CarriersTable> {
  const encrypt = (text: string | undefined) => (text === undefined ? null : secrets.encrypt(text));
  return {
    id: carrier.id,
    account_sid: carrier.accountSid,
    name: carrier.name,
    sip_address: carrier.sipAddress,
    transport: carrier.transport,
    inbound_auth_mode: carrier.inboundAuthMode,
    inbound_auth_username: carrier.inboundAuthUsername ?? null,
    inbound_auth_password_encrypted: encrypt(carrier.inboundAuthPassword),
    inbound_allowed_addresses: [...carrier.inboundAllowedAddresses],
    outbound_auth_username: carrier.outboundAuthUsername ?? null,
    outbound_auth_password_encrypted: encrypt(carrier.outboundAuthPassword),
    outbound_cps: carrier.outboundCps,
    outbound_burst: carrier.outboundBurst,
    outbound_channels: carrier.outboundChannels,
    outbound_allowed_prefixes: [...carrier.outboundAllowedPrefixes],
    destination_country: carrier.destinationCountry ?? null,
    simulated: carrier.simulated,
  };
}

export function didOfRow(row: Selectable<DidsTable>): Did {
  return {
    id: row.id,
    carrierId: row.carrier_id,
    accountSid: row.account_sid,
    number: row.number,
    label: row.label ?? undefined,
    direction: row.direction as Did['direction'],
    target: (row.target as DidTarget | null) ?? undefined,
    ringTimeoutSec: row.ring_timeout_sec ?? undefined,
  };
}

export function rowOfDid(did: Did): Insertable<DidsTable> {
  return {
    id: did.id,
    carrier_id: did.carrierId,
    account_sid: did.accountSid,
    number: did.number,
    label: did.label ?? null,
    direction: did.direction,
    target: did.target === undefined ? null : JSON.stringify(did.target),
    ring_timeout_sec: did.ringTimeoutSec ?? null,
  };
}
