import { type Params, QUOTE, quote, Scanner, unquote } from '../message/scanner.js';
import { SipParseError } from '../message/syntax-errors.js';

/** One challenge or one set of credentials. RFC 3261 §25.1, RFC 7235 §2.1. */
export interface AuthValue {
  /** Lower-cased: `digest`. */
  scheme: string;
  /** Names lower-cased, values unquoted. Empty for schemes that are not made of parameters. */
  params: Params;
}

/**
 * Parses a WWW-Authenticate, Proxy-Authenticate, Authorization or Proxy-Authorization value. SIP puts each challenge
 * into a field of its own; several in one, as in HTTP, are understood. Throws SipParseError.
 */
export function parseAuthValues(text: string): AuthValue[] {
  const scanner = new Scanner(text, 'auth');
  const values: AuthValue[] = [];
  scanner.skipLws();
  while (!scanner.done) {
    const scheme = scanner.token().toLowerCase();
    if (scheme !== 'digest' && values.length === 0) return [{ scheme, params: new Map() }];
    scanner.skipLws();
    values.push({ scheme, params: readParams(scanner) });
  }
  return values;
}

/** Reads parameters up to the end or to the next scheme, which is a token that no `=` follows. */
function readParams(scanner: Scanner): Map<string, string> {
  const params = new Map<string, string>();
  for (;;) {
    while (scanner.peek() === 44) {
      scanner.at++;
      scanner.skipLws();
    }
    const start = scanner.at;
    if (scanner.done) return params;
    const name = scanner.token().toLowerCase();
    scanner.skipLws();
    if (scanner.peek() !== 61) {
      if (params.size === 0) throw scanner.fail('"=" is missing');
      scanner.at = start;
      return params;
    }
    scanner.separator('=');
    if (params.has(name)) throw scanner.fail(`${name} is given twice`);
    params.set(name, readValue(scanner));
    scanner.skipLws();
    if (!scanner.done && scanner.peek() !== 44) throw scanner.fail('a comma is missing');
  }
}

function readValue(scanner: Scanner): string {
  if (scanner.peek() === QUOTE) return unquote(scanner.quoted());
  const start = scanner.at;
  while (!scanner.done && scanner.peek() !== 44 && scanner.peek() > 32) scanner.at++;
  if (scanner.at === start) throw scanner.fail('a value is missing');
  return scanner.text.slice(start, scanner.at);
}

/** The values of all these fields; a field that does not parse is left out. */
export function parseAuthFields(fields: readonly string[]): AuthValue[] {
  return fields.flatMap((field) => {
    try {
      return parseAuthValues(field);
    } catch (error) {
      if (error instanceof SipParseError) return [];
      throw error;
    }
  });
}

/** Parameters that some peers misread when quoted, or when not; RFC 7616 §3.3 and §3.4 fix each. */
const bare = new Set(['algorithm', 'nc', 'stale']);

/** Writes `Digest name=value, …`. `qop` is quoted in a challenge and bare in credentials. */
export function formatDigest(params: Iterable<readonly [string, string]>, quoteQop: boolean): string {
  const list = Array.from(params, ([name, value]) => {
    const isBare = bare.has(name) || (name === 'qop' && !quoteQop);
    return `${name}=${isBare ? value : quote(value)}`;
  });
  return `Digest ${list.join(', ')}`;
}
