import type { SipMessage } from '@intermix/sip';

/** Header fields by name; an array where a field is repeated. */
export type HeaderMap = Readonly<Record<string, string | readonly string[]>>;

export function headerMapOf(message: SipMessage): HeaderMap {
  const map: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of message.headers) {
    const before = map[name];
    if (before === undefined) map[name] = value;
    else if (typeof before === 'string') map[name] = [before, value];
    else before.push(value);
  }
  return map;
}

/** The first value of a field whatever the case of its name; empty when there is none. */
export function headerIn(map: HeaderMap, name: string): string {
  const wanted = name.toLowerCase();
  for (const [key, value] of Object.entries(map)) {
    if (key.toLowerCase() === wanted) return typeof value === 'string' ? value : (value[0] ?? '');
  }
  return '';
}
