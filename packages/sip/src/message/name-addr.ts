import { formatParams, isTokenChar, type Params, QUOTE, quote, Scanner, splitList, unquote } from './scanner.js';
import { SipHeaderError, SipParseError } from './syntax-errors.js';
import { parseUri, type Uri } from './uri.js';

type ParamEntries = Iterable<readonly [string, string | undefined]>;

/**
 * `[display-name] <addr-spec> *(;params)`: From, To, Contact, Route, Record-Route, Refer-To, … RFC 3261 §20.10.
 * Immutable. A parsed one prints exactly as it came; one with changes is quoted afresh.
 */
export class NameAddr {
  /** Unquoted and unescaped; undefined when absent or empty. */
  readonly displayName: string | undefined;
  readonly uri: Uri;
  /** Header parameters; names lower-cased, values unquoted. */
  readonly params: Params;
  #text: string | undefined;

  private constructor(displayName: string | undefined, uri: Uri, params: Params, text?: string) {
    this.displayName = displayName || undefined;
    this.uri = uri;
    this.params = params;
    this.#text = text;
  }

  /** Throws SipParseError. */
  static parse(text: string, what = 'name-addr'): NameAddr {
    const scanner = new Scanner(text, what);
    scanner.skipLws();
    const displayName = readDisplayName(scanner);
    const uri = displayName === undefined ? readAddrSpec(scanner) : readBracketedUri(scanner);
    const params = scanner.params();
    scanner.end();
    return new NameAddr(displayName, uri, params, text.trim());
  }

  /** Parses each element of a comma-separated value. */
  static parseList(values: readonly string[], what = 'name-addr'): NameAddr[] {
    const parsed: NameAddr[] = [];
    for (const value of values) for (const element of splitList(value)) parsed.push(NameAddr.parse(element, what));
    return parsed;
  }

  /** Throws SipHeaderError when the display name holds CR, LF or NUL or a parameter name is no token. */
  static create(parts: { displayName?: string | undefined; uri: Uri; params?: ParamEntries }): NameAddr {
    if (parts.displayName && hasBreak(parts.displayName)) {
      throw new SipHeaderError('display-name', 'a display name may not hold CR, LF or NUL');
    }
    return new NameAddr(parts.displayName, parts.uri, lowerCased(parts.params ?? []));
  }

  get tag(): string | undefined {
    return this.params.get('tag');
  }

  /** A copy with this tag; undefined takes the tag away. */
  withTag(tag: string | undefined): NameAddr {
    const params = new Map(this.params);
    if (tag === undefined) params.delete('tag');
    else params.set('tag', tag);
    return new NameAddr(this.displayName, this.uri, params);
  }

  /** A copy with these parameters instead. */
  withParams(params: ParamEntries): NameAddr {
    return new NameAddr(this.displayName, this.uri, lowerCased(params));
  }

  toString(): string {
    this.#text ??= `${this.displayName === undefined ? '' : `${quote(this.displayName)} `}<${this.uri}>${formatParams(this.params)}`;
    return this.#text;
  }
}

function hasBreak(text: string): boolean {
  return text.includes('\r') || text.includes('\n') || text.includes('\0');
}

function lowerCased(params: ParamEntries): Map<string, string | undefined> {
  const map = new Map<string, string | undefined>();
  for (const [name, value] of params) {
    if (name === '' || ![...name].every((char) => isTokenChar(char.charCodeAt(0)))) {
      throw new SipHeaderError('parameter', 'a parameter name must be a token');
    }
    if (value !== undefined && hasBreak(value)) {
      throw new SipHeaderError('parameter', 'a parameter value may not hold CR, LF or NUL');
    }
    map.set(name.toLowerCase(), value);
  }
  return map;
}

/** The display name with the cursor on `<`; '' when there is none; undefined when the form has no brackets. */
function readDisplayName(scanner: Scanner): string | undefined {
  if (scanner.peek() === QUOTE) {
    const name = unquote(scanner.quoted()).replaceAll('\0', '');
    scanner.skipLws();
    if (scanner.peek() !== 60) throw scanner.fail('"<" is missing');
    return name;
  }
  const open = scanner.text.indexOf('<', scanner.at);
  if (open < 0) return undefined;
  const colon = scanner.text.indexOf(':', scanner.at);
  // `sip:a@b;x="<"`: the bracket is inside a parameter.
  const quoteAt = scanner.text.indexOf('"', scanner.at);
  if (colon >= 0 && colon < open && quoteAt >= 0 && quoteAt < open) return undefined;
  const name = scanner.text.slice(scanner.at, open).trim();
  for (let at = 0; at < name.length; at++) checkNameChar(scanner, name.charCodeAt(at));
  scanner.at = open;
  return name;
}

/** Wider than `*(token LWS)`, as phones write `Bob (home)`; what would split or end a header value is refused. */
function checkNameChar(scanner: Scanner, code: number): void {
  if (code === 44 || code === 59 || code === QUOTE || code === 62 || (code < 32 && code !== 9) || code === 127) {
    throw scanner.fail('the display name needs quotes');
  }
}

function readBracketedUri(scanner: Scanner): Uri {
  const close = scanner.text.indexOf('>', scanner.at);
  if (close < 0) throw scanner.fail('">" is missing');
  const uri = parseUri(scanner.text.slice(scanner.at + 1, close));
  scanner.at = close + 1;
  return uri;
}

/** Without brackets every `;` begins a header parameter, and `?` and `,` may not be there (RFC 3261 §20). */
function readAddrSpec(scanner: Scanner): Uri {
  const start = scanner.at;
  while (!scanner.done && scanner.peek() !== 59 && scanner.peek() !== 32 && scanner.peek() !== 9) scanner.at++;
  const text = scanner.text.slice(start, scanner.at);
  if (text.includes('?') || text.includes(',')) {
    throw new SipParseError(scanner.what, `${scanner.what}: a URI with "?" or "," needs "<" and ">"`, { status: 400 });
  }
  return parseUri(text);
}
