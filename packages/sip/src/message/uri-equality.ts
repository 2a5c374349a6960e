import type { Params } from './scanner.js';
import { unescapeOnce } from './uri-escape.js';

/** These count even when only one side has them; all others only when both have. RFC 3261 §19.1.4, errata 5648. */
const decisive = ['user', 'ttl', 'method', 'maddr', 'transport'];

/** RFC 3261 §19.1.4 for URI parameters; values match in any case. */
export function sameUriParams(a: Params, b: Params): boolean {
  for (const name of decisive) if (a.has(name) !== b.has(name)) return false;
  for (const [name, value] of a) {
    if (b.has(name) && value?.toLowerCase() !== b.get(name)?.toLowerCase()) return false;
  }
  return true;
}

/** RFC 3261 §19.1.4 for the part behind `?`, whose order does not count. */
export function sameUriHeaders(a: string, b: string): boolean {
  if (a === b) return true;
  const normal = (text: string) =>
    text
      .split('&')
      .map((header) => {
        const equals = header.indexOf('=');
        const name = equals < 0 ? header : header.slice(0, equals);
        return `${unescapeOnce(name).toLowerCase()}=${equals < 0 ? '' : unescapeOnce(header.slice(equals + 1))}`;
      })
      .sort()
      .join('&');
  return normal(a) === normal(b);
}
