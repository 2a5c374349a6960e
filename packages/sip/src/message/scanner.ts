import { SipParseError } from './syntax-errors.js';

// Character classes of RFC 3261 §25.1 as bit flags; characters above 127 have none.
const TOKEN = 1;
const DIGIT = 2;
const classes = new Uint8Array(128);
for (const char of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~") {
  classes[char.charCodeAt(0)]! |= TOKEN;
}
for (const char of '0123456789') classes[char.charCodeAt(0)]! |= DIGIT;

export const SP = 32;
export const HT = 9;
export const QUOTE = 34;
const BACKSLASH = 92;
const SEMICOLON = 59;
const EQUALS = 61;
const COMMA = 44;

export function isTokenChar(code: number): boolean {
  return code < 128 && (classes[code]! & TOKEN) !== 0;
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** True for a non-empty RFC 3261 `token`. */
export function isToken(text: string): boolean {
  if (text === '') return false;
  for (let at = 0; at < text.length; at++) {
    if (!isTokenChar(text.charCodeAt(at))) return false;
  }
  return true;
}

/** `1*DIGIT` of at most `maxDigits` significant digits, or undefined. Leading zeros are legal. */
export function parseDigits(text: string, maxDigits = 15): number | undefined {
  if (text === '') return undefined;
  let significant = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) return undefined;
    if (significant > 0 || code !== 48) significant++;
  }
  return significant > maxDigits ? undefined : Number(text);
}

/** Position after the quoted string that opens at `start`, or -1 when it never closes. */
export function skipQuoted(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return -1;
}

/** Takes the quotes and the backslash escapes off `"…"`. */
export function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1);
  if (!inner.includes('\\')) return inner;
  let plain = '';
  let from = 0;
  for (let at = inner.indexOf('\\'); at >= 0; at = inner.indexOf('\\', at + 2)) {
    plain += inner.slice(from, at) + inner.charAt(at + 1);
    from = at + 2;
  }
  return plain + inner.slice(from);
}

/** Writes a quoted-string. CR, LF and NUL cannot be carried and are left out. */
export function quote(plain: string): string {
  let quoted = '"';
  for (let at = 0; at < plain.length; at++) {
    const char = plain[at]!;
    if (char === '\r' || char === '\n' || char === '\0') continue;
    quoted += char === '"' || char === '\\' ? `\\${char}` : char;
  }
  return `${quoted}"`;
}

/** A parameter value as it may stand in a header: a token or host stays bare, anything else is quoted. */
export function formatParamValue(value: string): string {
  for (let at = 0; at < value.length; at++) {
    if (isBareValueEnd(value.charCodeAt(at))) return quote(value);
  }
  return value === '' ? '""' : value;
}

/**
 * What ends an unquoted parameter value. Wider than `token / host`: branches and tags with `=`, `/` or `@` and bare
 * IPv6 addresses in `received` (RFC 5118 §4.5) are common and harmless.
 */
function isBareValueEnd(code: number): boolean {
  return (
    code <= SP || code === SEMICOLON || code === COMMA || code === QUOTE || code === 60 || code === 62 || code === 127
  );
}

/** Header or URI parameters. Names are lower-cased; a name without `=` has the value undefined. */
export type Params = ReadonlyMap<string, string | undefined>;

/** Shared by all values without parameters; never written to. */
export const noParams: Params = new Map();

/** `;name=value` for each, in order. */
export function formatParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) text += value === undefined ? `;${name}` : `;${name}=${formatParamValue(value)}`;
  return text;
}

/** A cursor over one unfolded header value. Every step moves forward, so all parsing is linear. */
export class Scanner {
  readonly text: string;
  readonly what: string;
  at: number;

  constructor(text: string, what: string, at = 0) {
    this.text = text;
    this.what = what;
    this.at = at;
  }

  /** Code at the cursor, or -1 at the end. */
  peek(): number {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  fail(detail: string): SipParseError {
    return new SipParseError(this.what, `${this.what}: ${detail} at character ${this.at}`, { status: 400 });
  }

  skipLws(): void {
    while (this.peek() === SP || this.peek() === HT) this.at++;
  }

  token(): string {
    const start = this.at;
    while (this.at < this.text.length && isTokenChar(this.text.charCodeAt(this.at))) this.at++;
    if (this.at === start) throw this.fail('a token is missing');
    return this.text.slice(start, this.at);
  }

  /** The raw quoted-string at the cursor, quotes included. */
  quoted(): string {
    const end = skipQuoted(this.text, this.at);
    if (end < 0) throw this.fail('the quoted string never ends');
    const raw = this.text.slice(this.at, end);
    if (raw.includes('\r') || raw.includes('\n')) throw this.fail('a quoted string may not hold CR or LF');
    this.at = end;
    return raw;
  }

  /** Skips LWS, one `char`, LWS. */
  separator(char: string): void {
    this.skipLws();
    if (this.text[this.at] !== char) throw this.fail(`"${char}" is missing`);
    this.at++;
    this.skipLws();
  }

  end(): void {
    this.skipLws();
    if (!this.done) throw this.fail('unexpected text');
  }

  /** `*( SEMI generic-param )` up to the end of the value. The first of two equal names counts. */
  params(): Params {
    this.skipLws();
    if (this.peek() !== SEMICOLON) return noParams;
    const params = new Map<string, string | undefined>();
    for (;;) {
      this.skipLws();
      if (this.peek() !== SEMICOLON) return params;
      this.at++;
      this.skipLws();
      const name = this.token().toLowerCase();
      const value = this.#paramValue();
      if (!params.has(name)) params.set(name, value);
      else if (name === 'tag' || name === 'branch') throw this.fail(`${name} is given twice`);
    }
  }

  #paramValue(): string | undefined {
    this.skipLws();
    if (this.peek() !== EQUALS) return undefined;
    this.at++;
    this.skipLws();
    if (this.peek() === QUOTE) return unquote(this.quoted());
    const start = this.at;
    while (this.at < this.text.length && !isBareValueEnd(this.text.charCodeAt(this.at))) this.at++;
    if (this.at === start) throw this.fail('a parameter value is missing');
    return this.text.slice(start, this.at);
  }
}

/** Splits at commas outside of quotes and angle brackets; elements are trimmed and empty ones left out. */
export function splitList(value: string): string[] {
  if (!value.includes(',')) {
    const only = value.trim();
    return only === '' ? [] : [only];
  }
  const elements: string[] = [];
  let start = 0;
  let inAngle = false;
  for (let at = 0; at <= value.length; at++) {
    const code = at < value.length ? value.charCodeAt(at) : COMMA;
    if (at < value.length && code === QUOTE && !inAngle) {
      const end = skipQuoted(value, at);
      at = (end < 0 ? value.length : end) - 1;
    } else if (code === 60) inAngle = true;
    else if (code === 62) inAngle = false;
    else if (code === COMMA && (!inAngle || at === value.length)) {
      const element = value.slice(start, at).trim();
      if (element !== '') elements.push(element);
      start = at + 1;
    }
  }
  return elements;
}
