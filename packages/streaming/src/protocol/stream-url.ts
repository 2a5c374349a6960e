import { StreamError } from '../stream-error.js';
import type { SampleRate } from '../stream-spec.js';

const maxUrlLength = 599;
const maxParameters = 3;
const maxParameterCharacters = 256;
const sampleRates: readonly number[] = [8000, 16_000, 24_000];

/** Query keys of the protocol's own; all others are custom parameters. */
const rateKeys = ['sample-rate', 'sample_rate'];
const binaryKey = 'intermix-binary';

/** What the URL of a stream says beside where it leads. */
export interface StreamUrl {
  /** Whether it is to be asked for the URL of the WebSocket first. */
  isLookup: boolean;
  /** The URL for records and logs: without user and password. */
  shown: string;
  sampleRate: SampleRate | undefined;
  /** `intermix-binary=1` asks for raw 20 ms frames. */
  binary: boolean;
  /** The first three that fit; all of them stay in the URL. */
  customParameters: Record<string, string>;
}

/**
 * Reads a stream's URL: `wss:`, `ws:`, or `https:`, `http:` that answers `{"url": "wss://…"}`. Whether its address may be
 * used is seen when it is opened. Throws StreamError.
 */
export function parseStreamUrl(text: string): StreamUrl {
  if (text.length > maxUrlLength)
    throw new StreamError('bad-url', `The stream's URL is longer than ${maxUrlLength} characters.`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^(wss?|https?):$/.test(url.protocol) || url.hostname === '')
    throw new StreamError('bad-url', 'The stream needs a URL such as wss://bot.example/calls, or an https:// one.');
  return {
    isLookup: url.protocol.startsWith('http'),
    shown: withoutCredentials(url),
    sampleRate: rateOf(url),
    binary: url.searchParams.get(binaryKey) === '1',
    customParameters: customParametersOf(url),
  };
}

/** Checks custom parameters that do not stand in a URL. Throws StreamError. */
export function checkCustomParameters(parameters: Readonly<Record<string, string>>): void {
  const entries = Object.entries(parameters);
  const characters = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (entries.length > maxParameters)
    throw new StreamError(
      'bad-parameters',
      `A stream takes ${maxParameters} custom parameters, not ${entries.length}.`,
    );
  if (characters > maxParameterCharacters)
    throw new StreamError(
      'bad-parameters',
      `The custom parameters of a stream may have ${maxParameterCharacters} characters together, not ${characters}.`,
    );
}

/** A rate in hertz as text or number. Throws StreamError when it is none of the three. */
export function sampleRateOf(value: string | number): SampleRate {
  const rate = Number(value);
  if (!sampleRates.includes(rate))
    throw new StreamError('bad-sample-rate', `A stream's sample rate is 8000, 16000 or 24000, not ${value}.`);
  return rate as SampleRate;
}

function rateOf(url: URL): SampleRate | undefined {
  for (const key of rateKeys) {
    const value = url.searchParams.get(key);
    if (value !== null) return sampleRateOf(value);
  }
  return undefined;
}

function customParametersOf(url: URL): Record<string, string> {
  const found: Record<string, string> = {};
  let characters = 0;
  for (const [key, value] of url.searchParams) {
    if (rateKeys.includes(key) || key === binaryKey || Object.hasOwn(found, key)) continue;
    characters += key.length + value.length;
    if (Object.keys(found).length === maxParameters || characters > maxParameterCharacters) break;
    Object.defineProperty(found, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return found;
}

/** A URL for records and logs, whatever it is: without user and password, and no longer than one may be. */
export function shownUrlOf(text: string): string {
  if (!URL.canParse(text)) return text.slice(0, maxUrlLength).replace(/\/\/[^/@]*@/, '//');
  return withoutCredentials(new URL(text)).slice(0, maxUrlLength);
}

function withoutCredentials(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}
