import { networkInterfaces } from 'node:os';
import type { SocketAddress } from '../transport/flow.js';

/** What to write into Via and Contact when it is not the address that we listen on (NAT, load balancer, host name). */
export interface AnnouncedAddress {
  host: string;
  port?: number;
}

/**
 * The sent-by of messages from this listener. A wildcard address cannot be announced: the first address of this machine
 * stands in, which is right on a host with one.
 */
export function announcedAddress(
  listening: SocketAddress,
  announce: AnnouncedAddress | undefined,
): { host: string; port?: number } {
  const { port } = listening;
  if (announce) return { host: announce.host, port: announce.port ?? port };
  return { host: isWildcard(listening.host) ? firstOwnAddress() : listening.host, port };
}

/** An IPv4 address without the IPv6 clothes that a dual-stack socket puts on it. */
export function plainAddress(host: string): string {
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host;
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function firstOwnAddress(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, internal, address } of addresses ?? []) {
      if (family === 'IPv4' && !internal) return address;
    }
  }
  return '127.0.0.1';
}
