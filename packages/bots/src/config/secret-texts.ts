import { maskedSecret } from '../session/bot.js';
import { BotConfigError } from '../session/bot-config-error.js';

type Keys = ReadonlySet<string>;

/** A configuration as it may be shown: secrets, and passwords in URLs, masked. */
export function maskSecrets(config: unknown, secretKeys: readonly string[]): unknown {
  return masked(config, new Set(secretKeys), false);
}

/** What was written, with what was there in place of every masked text. Throws BotConfigError where nothing was. */
export function unmaskSecrets(wanted: unknown, kept: unknown, path = ''): unknown {
  if (typeof wanted === 'string') return unmaskedText(wanted, kept, path);
  const at = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`);
  if (Array.isArray(wanted))
    return wanted.map((item, index) => unmaskSecrets(item, sameIn(kept, item, index), at(index)));
  if (!isObject(wanted)) return wanted;
  const before = isObject(kept) ? kept : {};
  const pairs = Object.entries(wanted).map(
    ([key, value]) => [key, unmaskSecrets(value, before[key], at(key))] as const,
  );
  return Object.fromEntries(pairs);
}

function masked(value: unknown, keys: Keys, isSecret: boolean): unknown {
  if (typeof value === 'string') return isSecret && value !== '' ? maskedSecret : maskedUrl(value);
  if (Array.isArray(value)) return value.map((item) => masked(item, keys, isSecret));
  if (!isObject(value)) return value;
  const pairs = Object.entries(value).map(
    ([key, item]) => [key, masked(item, keys, isSecret || keys.has(key))] as const,
  );
  return Object.fromEntries(pairs);
}

const credentials = /^([a-z]+:\/\/[^/?#@:]*:)([^/?#@]+)(@)/i;

function maskedUrl(text: string): string {
  return text.replace(credentials, `$1${maskedSecret}$3`);
}

function unmaskedText(wanted: string, kept: unknown, path: string): string {
  const isMaskedUrl = credentials.exec(wanted)?.[2] === maskedSecret;
  if (wanted !== maskedSecret && !isMaskedUrl) return wanted;
  // A password goes on only to where it went before.
  if (typeof kept === 'string' && (wanted === maskedSecret || hostOf(kept) === hostOf(wanted)))
    return isMaskedUrl ? wanted.replace(credentials, `$1${credentials.exec(kept)?.[2] ?? ''}$3`) : kept;
  throw new BotConfigError(path, `${path} is masked, and there is no secret to keep: give it.`);
}

function hostOf(url: string): string | undefined {
  return /^([a-z]+:\/\/[^/?#@:]*):[^/?#@]+(@[^/?#]*)/i.exec(url)?.slice(1).join('');
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
