import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/**
 * Where requests come from that Fastify does not see, as upgrades: whoever connects; of a trusted reverse proxy the last
 * address in `X-Forwarded-For` that is no proxy's. `trustedProxies`: addresses and networks (CIDR).
 */
export function sourceAddressOf(trustedProxies: readonly string[] = []): (request: IncomingMessage) => string {
  const trusted = new BlockList();
  for (const text of trustedProxies) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (isIP(address) === 0) continue;
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return ({ socket, headers }) => {
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
    let source = plain(socket.remoteAddress ?? '');
    while (isIP(source) !== 0 && isTrusted(source)) {
      const before = plain((forwarded.pop() ?? '').trim());
      if (isIP(before) === 0) break;
      source = before;
    }
    return source;
  };
}

/** IPv4 that came in by an IPv6 socket. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
