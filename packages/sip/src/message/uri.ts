import { isHost, parseHostPort } from './host.js';
import { noParams, type Params } from './scanner.js';
import { SipParseError } from './syntax-errors.js';
import { sameUriHeaders, sameUriParams } from './uri-equality.js';
import { escapeWith, PARAM_CHARS, USER_CHARS, unescapeOnce } from './uri-escape.js';

export interface SipUriParts {
  scheme?: 'sip' | 'sips';
  /** Plain text; escaped on output. */
  user?: string | undefined;
  host: string;
  port?: number | undefined;
  params?: Iterable<readonly [string, string | undefined]>;
}

interface RawParts {
  scheme: 'sip' | 'sips';
  rawUser: string | undefined;
  rawPassword: string | undefined;
  host: string;
  port: number | undefined;
  rawParams: string;
  headers: string;
}

/**
 * A SIP or SIPS URI, RFC 3261 §19.1. Immutable. A parsed URI prints exactly as it came, so that a contact can be
 * echoed and a digest `uri` compared octet by octet.
 */
export class SipUri {
  readonly scheme: 'sip' | 'sips';
  /** Unescaped once; undefined when there is no user part. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Lower-cased; IPv6 stands in brackets. */
  readonly host: string;
  readonly port: number | undefined;
  /** Names lower-cased, values unescaped once, in order. */
  readonly params: Params;
  /** The raw text behind `?`, without it; empty when there is none. Never to be applied to a message. */
  readonly headers: string;
  readonly #raw: RawParts;
  #text: string | undefined;

  private constructor(raw: RawParts, text?: string) {
    this.scheme = raw.scheme;
    this.user = raw.rawUser === undefined ? undefined : unescapeOnce(raw.rawUser);
    this.password = raw.rawPassword === undefined ? undefined : unescapeOnce(raw.rawPassword);
    this.host = raw.host;
    this.port = raw.port;
    this.params = parseUriParams(raw.rawParams);
    this.headers = raw.headers;
    this.#raw = raw;
    this.#text = text;
  }

  static parse(text: string): SipUri {
    const uri = parseUri(text);
    if (uri instanceof SipUri) return uri;
    throw malformed(`"${uri.scheme}" is not sip or sips`);
  }

  /** @internal The part behind `sip:` or `sips:`. */
  static fromText(scheme: 'sip' | 'sips', text: string): SipUri {
    return new SipUri(splitUri(scheme, text), text);
  }

  /** Builds a URI from plain parts. Throws SipParseError when the host or port cannot stand in a URI. */
  static create(parts: SipUriParts): SipUri {
    const host = bracketed(parts.host.toLowerCase());
    if (!isHost(host)) throw malformed(`"${parts.host}" is not a host`);
    if (parts.port !== undefined && !isPort(parts.port)) throw malformed(`${parts.port} is not a port`);
    return new SipUri({
      scheme: parts.scheme ?? 'sip',
      rawUser: parts.user ? escapeWith(parts.user, USER_CHARS) : undefined,
      rawPassword: undefined,
      host,
      port: parts.port,
      rawParams: formatUriParams(parts.params ?? []),
      headers: '',
    });
  }

  /** A copy with other parts. A key given as undefined removes that part; `headers: ''` removes the header part. */
  with(changes: Partial<SipUriParts> & { headers?: '' }): SipUri {
    const raw = this.#raw;
    const created = SipUri.create({ host: this.host, ...changes, port: 'port' in changes ? changes.port : this.port });
    return new SipUri({
      scheme: changes.scheme ?? this.scheme,
      rawUser: 'user' in changes ? created.#raw.rawUser : raw.rawUser,
      rawPassword: 'user' in changes ? undefined : raw.rawPassword,
      host: created.host,
      port: created.port,
      rawParams: changes.params ? created.#raw.rawParams : raw.rawParams,
      headers: changes.headers ?? this.headers,
    });
  }

  /** The `transport` parameter, lower-cased. */
  get transport(): string | undefined {
    return this.params.get('transport')?.toLowerCase();
  }

  /** True when `lr` is there, RFC 3261 §19.1.1. */
  get isLooseRouter(): boolean {
    return this.params.has('lr');
  }

  toString(): string {
    this.#text ??= printUri(this.#raw);
    return this.#text;
  }

  /** Equivalence by RFC 3261 §19.1.4. Not transitive, by the RFC's own rules. */
  equals(other: Uri): boolean {
    return (
      other instanceof SipUri &&
      this.scheme === other.scheme &&
      this.user === other.user &&
      this.password === other.password &&
      this.host === other.host &&
      this.port === other.port &&
      sameUriParams(this.params, other.params) &&
      sameUriHeaders(this.headers, other.headers)
    );
  }
}

/** Any other URI: `tel:`, `urn:`, `http:`, … kept as text. */
export class OtherUri {
  /** Lower-cased. */
  readonly scheme: string;
  readonly text: string;

  constructor(scheme: string, text: string) {
    this.scheme = scheme.toLowerCase();
    this.text = text;
  }

  toString(): string {
    return this.text;
  }

  equals(other: Uri): boolean {
    return other instanceof OtherUri && other.text === this.text;
  }
}

export type Uri = SipUri | OtherUri;

/** Parses an absolute URI without white space around it. Throws SipParseError. */
export function parseUri(text: string): Uri {
  const colon = text.indexOf(':');
  if (colon < 1 || !isScheme(text, colon)) throw malformed('no scheme');
  checkUriChars(text);
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme !== 'sip' && scheme !== 'sips') {
    if (colon === text.length - 1) throw malformed('nothing behind the scheme');
    return new OtherUri(scheme, text);
  }
  return SipUri.fromText(scheme, text);
}

function malformed(detail: string): SipParseError {
  return new SipParseError('uri', `URI: ${detail}`, { status: 400 });
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

function isScheme(text: string, end: number): boolean {
  for (let at = 0; at < end; at++) {
    const code = text.charCodeAt(at) | 32;
    const isLetter = code >= 97 && code <= 122;
    const other = text[at]!;
    const isOther = (other >= '0' && other <= '9') || other === '+' || other === '-' || other === '.';
    if (!isLetter && !(at > 0 && isOther)) return false;
  }
  return true;
}

/** White space, controls, quotes and angle brackets stand in no URI; the rest is taken as it comes. */
function checkUriChars(text: string): void {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 32 || code === 127 || code === 34 || code === 60 || code === 62) {
      throw malformed(`a character may not stand at ${at}`);
    }
  }
}

function splitUri(scheme: 'sip' | 'sips', text: string): RawParts {
  const afterScheme = scheme.length + 1;
  const atSign = text.indexOf('@', afterScheme);
  const userInfo = atSign < 0 ? undefined : text.slice(afterScheme, atSign);
  const rest = text.slice(atSign < 0 ? afterScheme : atSign + 1);
  const question = rest.indexOf('?');
  const beforeHeaders = question < 0 ? rest : rest.slice(0, question);
  const semicolon = beforeHeaders.indexOf(';');
  const hostPort = semicolon < 0 ? beforeHeaders : beforeHeaders.slice(0, semicolon);
  const address = parseHostPort(hostPort);
  if (!address) throw malformed(`"${hostPort.slice(0, 80)}" is not host and port`);
  const colon = userInfo === undefined ? -1 : userInfo.indexOf(':');
  if (userInfo === '' || colon === 0) throw malformed('the user part is empty');
  return {
    scheme,
    rawUser: colon < 0 ? userInfo : userInfo!.slice(0, colon),
    rawPassword: colon < 0 ? undefined : userInfo!.slice(colon + 1),
    host: address.host,
    port: address.port,
    rawParams: semicolon < 0 ? '' : beforeHeaders.slice(semicolon),
    headers: question < 0 ? '' : rest.slice(question + 1),
  };
}

function printUri(raw: RawParts): string {
  const password = raw.rawPassword === undefined ? '' : `:${raw.rawPassword}`;
  const user = raw.rawUser === undefined ? '' : `${raw.rawUser}${password}@`;
  const port = raw.port === undefined ? '' : `:${raw.port}`;
  return `${raw.scheme}:${user}${raw.host}${port}${raw.rawParams}${raw.headers === '' ? '' : `?${raw.headers}`}`;
}

function parseUriParams(raw: string): Params {
  if (raw === '') return noParams;
  const params = new Map<string, string | undefined>();
  for (const piece of raw.slice(1).split(';')) {
    if (piece === '') continue; // `sip:a@h;` is wrong, harmless, and written by some devices.
    const equals = piece.indexOf('=');
    const name = unescapeOnce(equals < 0 ? piece : piece.slice(0, equals)).toLowerCase();
    if (name === '') throw malformed('a parameter without a name');
    if (!params.has(name)) params.set(name, equals < 0 ? undefined : unescapeOnce(piece.slice(equals + 1)));
  }
  return params;
}

function formatUriParams(params: Iterable<readonly [string, string | undefined]>): string {
  let text = '';
  for (const [name, value] of params) {
    text += `;${escapeWith(name, PARAM_CHARS)}${value === undefined ? '' : `=${escapeWith(value, PARAM_CHARS)}`}`;
  }
  return text;
}
