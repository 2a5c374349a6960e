import { maskedSecret } from '../session/bot.js';

/**
 * Which servers the URLs in an object name, by the URL's path in it. Those in lists belong to the lists' items. `kept`: what
 * masked texts stand for.
 */
export function addressesIn(
  value: unknown,
  kept: unknown,
  path = '',
  found = new Map<string, string>(),
): Map<string, string> {
  const text = value === maskedSecret ? kept : value;
  const server = typeof text === 'string' ? serverOf(text) : undefined;
  if (server !== undefined) found.set(path, server);
  if (!isObject(value)) return found;
  for (const [key, item] of Object.entries(value))
    addressesIn(item, isObject(kept) ? kept[key] : undefined, path === '' ? key : `${path}.${key}`, found);
  return found;
}

/** Whether two URLs lead to the same server, for the same user: only then may one have the other's secrets. */
export function sameDoor(one: string, other: string): boolean {
  const [first, second] = [urlOf(one), urlOf(other)];
  if (first === undefined || second === undefined) return false;
  return first.protocol === second.protocol && first.host === second.host && first.username === second.username;
}

/** Scheme, host and port of what is a URL, or looks like one. */
function serverOf(text: string): string | undefined {
  if (!/^\s*[a-z][a-z0-9+.-]*:[/\\]/i.test(text)) return undefined;
  const url = urlOf(text);
  return url === undefined ? text : `${url.protocol}//${url.host}`;
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
