import { isIP } from 'node:net';
import { type SipProtocol, SipUri } from '@intermix/sip';
import type { Carrier, CarrierTransport } from '../ports/directory.js';

/** `host`, `host:port` or `[v6]:port`, taken apart. The host of an IPv6 address stands in brackets, as in a URI. */
export interface HostPort {
  host: string;
  port: number | undefined;
}

/** Reads a carrier's `sipAddress`. Undefined when it is none. A bare IPv6 address is taken without a port. */
export function parseHostPort(text: string): HostPort | undefined {
  const trimmed = text.trim();
  if (isIP(trimmed) === 6) return { host: `[${trimmed}]`, port: undefined };
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i.exec(trimmed);
  if (!match?.[1]) return undefined;
  const port = match[2] === undefined ? undefined : Number(match[2]);
  if (port !== undefined && (port === 0 || port > 65_535)) return undefined;
  return { host: match[1].toLowerCase(), port };
}

const protocols: Readonly<Record<CarrierTransport, SipProtocol | undefined>> = {
  auto: undefined,
  udp: 'UDP',
  tcp: 'TCP',
  tls: 'TLS',
};

/** The transport a carrier is set to; undefined leaves the choice to RFC 3263. */
export function protocolOf(carrier: Carrier): SipProtocol | undefined {
  return protocols[carrier.transport];
}

/** `sip:user@carrier`. Undefined when the carrier's address cannot be read. */
export function carrierUri(carrier: Carrier, user: string | undefined): SipUri | undefined {
  const address = parseHostPort(carrier.sipAddress);
  if (!address) return undefined;
  return SipUri.create({ user, host: address.host, port: address.port });
}
