import type { SipMessage } from './message.js';
import type { NameAddr } from './name-addr.js';
import { isToken, parseDigits, Scanner } from './scanner.js';
import { SipParseError } from './syntax-errors.js';

// Readers of single header values. A malformed value reads as an absent one: each of these has a sensible default.

/** The largest delta-seconds of RFC 3261 §25.1 that makes sense to hold: 2^32 - 1. */
const MAX_DELTA = 2 ** 32 - 1;

/** `delta-seconds`: Expires, Min-Expires, Min-SE. A number above 2^32 - 1 counts as that (RFC 3261 §20.19). */
export function parseDeltaSeconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  const seconds = parseDigits(text);
  if (seconds !== undefined) return Math.min(seconds, MAX_DELTA);
  return isAllDigits(text) ? MAX_DELTA : undefined;
}

function isAllDigits(text: string): boolean {
  return text !== '' && [...text].every((char) => char >= '0' && char <= '9');
}

/** The `Expires` header field in seconds. */
export function expiresOf(message: SipMessage): number | undefined {
  return parseDeltaSeconds(message.headers.get('Expires'));
}

/** The `Min-Expires` header field in seconds, as in a 423. */
export function minExpiresOf(message: SipMessage): number | undefined {
  return parseDeltaSeconds(message.headers.get('Min-Expires'));
}

/** Seconds of `Retry-After`, whose comment and parameters are passed over. RFC 3261 §20.33. */
export function retryAfterOf(message: SipMessage): number | undefined {
  const value = message.headers.get('Retry-After')?.trim();
  if (value === undefined) return undefined;
  let digits = 0;
  while (digits < value.length && value[digits]! >= '0' && value[digits]! <= '9') digits++;
  const rest = value.slice(digits).trimStart();
  return rest === '' || rest.startsWith(';') || rest.startsWith('(')
    ? parseDeltaSeconds(value.slice(0, digits))
    : undefined;
}

/** The `expires` parameter of a Contact; else the Expires field of the message; else undefined. RFC 3261 §10.2.1.1. */
export function contactExpires(contact: NameAddr, message: SipMessage): number | undefined {
  return parseDeltaSeconds(contact.params.get('expires')) ?? expiresOf(message);
}

/** The `q` parameter of a Contact, 0 to 1; 1 when absent or malformed. RFC 3261 §20.10. */
export function contactQ(contact: NameAddr): number {
  const text = contact.params.get('q');
  return text !== undefined && /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 1;
}

/** Option tags, lower-cased: `Supported`, `Require`, `Proxy-Require`, `Unsupported`. */
export function optionTags(message: SipMessage, name: string): string[] {
  return message.headers
    .list(name)
    .filter(isToken)
    .map((tag) => tag.toLowerCase());
}

/** True when the peer says that it understands the extension, by Supported or by Require. */
export function supports(message: SipMessage, tag: string): boolean {
  const wanted = tag.toLowerCase();
  return optionTags(message, 'Supported').includes(wanted) || optionTags(message, 'Require').includes(wanted);
}

/** The methods of `Allow`, or undefined when the field is missing: then nothing is known (RFC 3261 §20.5). */
export function allowedMethods(message: SipMessage): string[] | undefined {
  return message.headers.has('Allow') ? message.headers.list('Allow').filter(isToken) : undefined;
}

/** `token *(;params)`: Event, Subscription-State, Session-Expires, Privacy values, Replaces. */
export interface ParameterizedToken {
  value: string;
  params: ReadonlyMap<string, string | undefined>;
}

/** Undefined when the text is not of that form. The value is what stands before the first `;`, a token or a Call-ID. */
export function parseParameterized(text: string): ParameterizedToken | undefined {
  const semicolon = text.indexOf(';');
  const value = (semicolon < 0 ? text : text.slice(0, semicolon)).trim();
  if (value === '') return undefined;
  try {
    const scanner = new Scanner(text, 'parameters', semicolon < 0 ? text.length : semicolon);
    const params = scanner.params();
    scanner.end();
    return { value, params };
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}
