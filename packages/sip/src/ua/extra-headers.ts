import { canonicalName } from '../message/header-names.js';
import type { Headers } from '../message/headers.js';
import { isToken } from '../message/scanner.js';
import { SipHeaderError } from '../message/syntax-errors.js';
import type { ExtraHeaders } from './types.js';

/** What the engine alone writes. Routing or CRM data that could set these could redirect or split a call. */
const owned = new Set([
  'Via',
  'Route',
  'Record-Route',
  'Call-ID',
  'CSeq',
  'From',
  'To',
  'Contact',
  'Max-Forwards',
  'Content-Length',
  'Content-Type',
  'RSeq',
  'RAck',
  'Authorization',
  'Proxy-Authorization',
]);

/**
 * Throws SipHeaderError for a header that the engine owns, in any spelling, compact forms included. CR, LF and NUL in
 * a value are refused by `Headers` itself when the field is added.
 */
export function addExtraHeaders(headers: Headers, extra: ExtraHeaders | undefined): void {
  for (const [name, value] of extra ?? []) {
    refuseOwned(name);
    headers.add(name, value);
  }
}

/** Checks without writing, for requests that are built later. Throws SipHeaderError. */
export function checkExtraHeaders(extra: ExtraHeaders | undefined): void {
  for (const [name, value] of extra ?? []) {
    refuseOwned(name);
    if (!isToken(name)) throw new SipHeaderError(name.slice(0, 40), 'a header name must be a token');
    if (hasBreak(value)) throw new SipHeaderError(name, `the value of ${name} may not hold CR, LF or NUL`);
  }
}

function refuseOwned(name: string): void {
  if (owned.has(canonicalName(name))) throw new SipHeaderError(name, `${name} is written by the engine`);
}

export function hasBreak(value: string): boolean {
  return value.includes('\r') || value.includes('\n') || value.includes('\0');
}
