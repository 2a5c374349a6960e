import { maskedSecret } from '../session/bot.js';
import { BotConfigError } from '../session/bot-config-error.js';
import { addressesIn, sameDoor } from './addresses-in.js';
import { maskedUrl, unmaskedUrl } from './masked-url.js';

type Keys = ReadonlySet<string> | 'every';

/**
 * A configuration as it may be shown: secrets, and what is secret in URLs, masked. `every`: all its texts, where nobody knows
 * which are secrets.
 */
export function maskSecrets(config: unknown, secretKeys: readonly string[] | 'every'): unknown {
  return masked(config, secretKeys === 'every' ? secretKeys : new Set(secretKeys), false);
}

/**
 * What was written, with what was there in place of every masked text. Throws BotConfigError where nothing was; and where a
 * URL beside the secret, or around it, leads to another server than before: whoever may not read a secret is not to have it
 * sent to a place of theirs.
 */
export function unmaskSecrets(wanted: unknown, kept: unknown): unknown {
  return unmasked(wanted, kept, { path: '', moved: undefined });
}

interface Place {
  path: string;
  /** Path of the first URL around it that leads elsewhere. */
  moved: string | undefined;
}

function unmasked(wanted: unknown, kept: unknown, place: Place): unknown {
  if (typeof wanted === 'string') return unmaskedText(wanted, kept, place);
  const at = (key: string | number) => (place.path === '' ? String(key) : `${place.path}.${key}`);
  if (Array.isArray(wanted))
    return wanted.map((item, index) => {
      const before = sameIn(kept, item, index);
      // An item with an address of its own sends its secrets there, whatever lies around the list.
      const moved = addressesIn(item, before).size > 0 ? undefined : place.moved;
      return unmasked(item, before, { path: at(index), moved });
    });
  if (!isObject(wanted)) return wanted;
  const before = isObject(kept) ? kept : {};
  const moved = place.moved ?? movedIn(wanted, before);
  const pairs = Object.entries(wanted).map(
    ([key, value]) => [key, unmasked(value, before[key], { path: at(key), moved })] as const,
  );
  return Object.fromEntries(pairs);
}

function unmaskedText(wanted: string, kept: unknown, { path, moved }: Place): string {
  if (wanted !== maskedSecret) {
    const keptUrl = typeof kept === 'string' && sameDoor(kept, wanted) ? kept : '';
    const url = unmaskedUrl(wanted, keptUrl);
    if (url !== undefined) return url;
  } else if (typeof kept === 'string' && kept !== '') {
    if (moved === undefined) return kept;
    throw new BotConfigError(
      path,
      `${path} is masked, and ${moved} leads to another server now: give the secret anew.`,
    );
  }
  throw new BotConfigError(path, `${path} is masked, and there is no secret to keep: give it.`);
}

/** The first URL that leads elsewhere, has come or has gone. */
function movedIn(wanted: object, kept: object): string | undefined {
  const [now, before] = [addressesIn(wanted, kept), addressesIn(kept, kept)];
  return [...new Set([...now.keys(), ...before.keys()])].find((path) => now.get(path) !== before.get(path));
}

function masked(value: unknown, keys: Keys, isSecret: boolean): unknown {
  if (typeof value === 'string') return isSecret && value !== '' ? maskedSecret : maskedUrl(value);
  if (Array.isArray(value)) return value.map((item) => masked(item, keys, isSecret || keys === 'every'));
  if (!isObject(value)) return value;
  const hides = (key: string) => isSecret || keys === 'every' || keys.has(key);
  const pairs = Object.entries(value).map(([key, item]) => [key, masked(item, keys, hides(key))] as const);
  return Object.fromEntries(pairs);
}

/** The item of the same name; else the one in the same place. */
function sameIn(kept: unknown, item: unknown, index: number): unknown {
  if (!Array.isArray(kept)) return undefined;
  const name = isObject(item) ? item.name : undefined;
  return typeof name === 'string' ? kept.find((one) => isObject(one) && one.name === name) : kept[index];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
