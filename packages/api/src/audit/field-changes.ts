import type { FieldChange } from './audit-log.js';

// What an entry of the audit log says of a request's fields: enough to see what was changed, bounded, and no secret.

const maxFields = 64;
const maxText = 256;
const maxJson = 1_000;
const maxDepth = 4;
/** Parts of names, in lower case without separators, of what nobody is to read. */
const secretWords =
  /pass(word|wd|phrase|code)|secret|token|credential|authorization|cookie|apikey|accesskey|privatekey|signature|headers|^key$/;
/** They change with everything, and tell nothing. */
const unimportant = new Set(['created_at', 'updated_at', 'id']);

type Fields = ReadonlyMap<string, unknown>;

/**
 * Every field that a new thing was given. Where the answer has it too, its value is told as the answer shows it: what the API
 * masks, the log does.
 */
export function givenFields(body: unknown, answer?: unknown): Record<string, FieldChange> {
  const shownAs = flat(answer);
  return bounded(
    [...flat(body)].map(([path, value]) => [path, told(path, { to: shownAs.has(path) ? shownAs.get(path) : value })]),
  );
}

/** Every field that a thing had which is gone. */
export function lostFields(before: unknown): Record<string, FieldChange> {
  return bounded([...flat(before)].map(([path, value]) => [path, told(path, { from: value })]));
}

/**
 * What differs between a thing before and after, as the API shows it. Of secrets, which it does not show, the body of the
 * request tells that they were given.
 */
export function changedFields(before: unknown, after: unknown, body: unknown): Record<string, FieldChange> {
  const [old, now] = [flat(before), flat(after)];
  const changes: [string, FieldChange][] = [];
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    const [from, to] = [old.get(path), now.get(path)];
    if (JSON.stringify(from) !== JSON.stringify(to)) changes.push([path, told(path, { from, to })]);
  }
  for (const path of flat(body).keys()) {
    if (isSecret(path) && !old.has(path) && !now.has(path)) changes.push([path, { secret: true }]);
  }
  return bounded(changes);
}

function bounded(changes: readonly [string, FieldChange][]): Record<string, FieldChange> {
  const shown = Object.fromEntries(changes.slice(0, maxFields));
  return changes.length > maxFields ? { ...shown, '…': { more: changes.length - maxFields } } : shown;
}

/** Plain objects within are told field by field, as `target.user_id`; everything else is a value. */
function flat(thing: unknown, prefix = '', depth = 0, fields = new Map<string, unknown>()): Fields {
  if (!isPlain(thing)) return fields;
  for (const [name, value] of Object.entries(thing)) {
    if (depth === 0 && unimportant.has(name)) continue;
    const path = `${prefix}${name}`;
    if (isPlain(value) && depth < maxDepth && !isSecret(name)) flat(value, `${path}.`, depth + 1, fields);
    else if (value !== undefined) fields.set(path, value);
  }
  return fields;
}

function told(path: string, change: { from?: unknown; to?: unknown }): FieldChange {
  const values = Object.values(change).filter((value) => value !== undefined && value !== null);
  if (isSecret(path) && values.some((value) => typeof value !== 'boolean')) return { secret: true };
  return {
    ...(change.from === undefined ? {} : { from: shown(change.from) }),
    ...(change.to === undefined ? {} : { to: shown(change.to) }),
  };
}

function isSecret(path: string): boolean {
  return path.split('.').some((name) => secretWords.test(name.toLowerCase().replace(/[^a-z]/g, '')));
}

function shown(value: unknown): unknown {
  const clean = cleaned(value);
  if (typeof clean !== 'object' || clean === null) return clean;
  const json = JSON.stringify(clean);
  return json.length > maxJson ? cut(json, maxJson) : clean;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return cut(withoutUrlSecrets(value), maxText);
  if (value instanceof Uint8Array) return `${value.byteLength} octets`;
  if (Array.isArray(value)) return value.map(cleaned);
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecret(name) && typeof inner !== 'boolean' ? '[secret]' : cleaned(inner),
    ]),
  );
}

/** User and query of a URL may be credentials. */
function withoutUrlSecrets(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]*@/gi, '$1…@').replace(/(\w:\/\/[^\s?#]*)[?#]\S+/g, '$1?…');
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
