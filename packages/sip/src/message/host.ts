import { isDigit, parseDigits } from './scanner.js';

export interface HostPort {
  /** Lower-cased; IPv6 in brackets. */
  host: string;
  port: number | undefined;
}

/** `host [":" port]` of RFC 3261 §25.1, or undefined. An underscore in a name is let through: hosts in use have it. */
export function parseHostPort(text: string): HostPort | undefined {
  const bracket = text.startsWith('[') ? text.indexOf(']') : -2;
  if (bracket === -1) return undefined;
  const colon = text.indexOf(':', Math.max(bracket, 0));
  const host = (colon < 0 ? text : text.slice(0, colon)).toLowerCase();
  if (!isHost(host)) return undefined;
  if (colon < 0) return { host, port: undefined };
  const port = parseDigits(text.slice(colon + 1), 5);
  return port === undefined || port > 65_535 ? undefined : { host, port };
}

/** A host name, an IPv4 address, or an IPv6 address in brackets. */
export function isHost(host: string): boolean {
  if (host.startsWith('[')) return host.endsWith(']') && isIpv6(host.slice(1, -1));
  if (host === '' || host.length > 255) return false;
  for (let at = 0; at < host.length; at++) {
    const code = host.charCodeAt(at);
    const lower = code | 32;
    if (!isDigit(code) && !(lower >= 97 && lower <= 122) && code !== 45 && code !== 46 && code !== 95) return false;
  }
  return true;
}

/**
 * The shape of an IPv6 address without brackets. Wider than RFC 4291 in that `::` may be anywhere and `:::` may stand,
 * as RFC 3261's own ABNF has it (RFC 5118 §4.10).
 */
export function isIpv6(text: string): boolean {
  const groups = text.split(':', 12);
  if (text.length > 60 || groups.length < 3 || groups.length > 10) return false;
  return groups.every((group, at) => /^[0-9a-f]{0,4}$/i.test(group) || (at === groups.length - 1 && isIpv4(group)));
}

function isIpv4(text: string): boolean {
  return /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(text);
}
