import { parseHostPort } from './host.js';
import { formatParams, type Params, Scanner } from './scanner.js';
import { SipHeaderError } from './syntax-errors.js';

/** Every branch made by RFC 3261 begins with this, §8.1.1.7. */
export const MAGIC_COOKIE = 'z9hG4bK';

export interface ViaParts {
  /** `UDP`, `TCP`, `TLS`, `WS`, `WSS`, or whatever a peer wrote, upper-cased. */
  protocol: string;
  host: string;
  port?: number | undefined;
  params?: Iterable<readonly [string, string | undefined]>;
}

/** One Via value, RFC 3261 §20.42. Immutable. A parsed one prints as it came. */
export class Via {
  readonly protocol: string;
  /** The `sent-by` host, lower-cased, IPv6 in brackets. */
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
  #text: string | undefined;

  private constructor(parts: ViaParts, params: Params, text?: string) {
    this.protocol = parts.protocol;
    this.host = parts.host;
    this.port = parts.port;
    this.params = params;
    this.#text = text;
  }

  /** Parses one value (no comma list). Throws SipParseError. */
  static parse(text: string): Via {
    const scanner = new Scanner(text, 'via');
    scanner.skipLws();
    const protocol = readSentProtocol(scanner);
    const { host, port } = readSentBy(scanner);
    const params = scanner.params();
    scanner.end();
    return new Via({ protocol, host, port }, params, text.trim());
  }

  /** Throws SipHeaderError when the host is none. */
  static create(parts: ViaParts): Via {
    const host = parts.host.includes(':') && !parts.host.startsWith('[') ? `[${parts.host}]` : parts.host;
    const checked = parseHostPort(host);
    if (!checked || checked.port !== undefined) throw new SipHeaderError('Via', `"${host}" is not a host`);
    return new Via({ ...parts, host: checked.host }, new Map(parts.params ?? []));
  }

  get branch(): string | undefined {
    return this.params.get('branch');
  }

  /** The address the request really came from, without brackets. RFC 3261 §18.2.1. */
  get received(): string | undefined {
    const value = this.params.get('received');
    return value?.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value;
  }

  /** The port the request really came from, once it is filled in. RFC 3581. */
  get rport(): number | undefined {
    const value = this.params.get('rport');
    return value !== undefined && /^\d{1,5}$/.test(value) ? Number(value) : undefined;
  }

  /** True when the sender asks for `rport`, filled in or not. */
  get wantsRport(): boolean {
    return this.params.has('rport');
  }

  /** A copy with parameters set; undefined stands for a parameter without a value. */
  withParams(changes: Iterable<readonly [string, string | undefined]>): Via {
    const params = new Map(this.params);
    for (const [name, value] of changes) params.set(name.toLowerCase(), value);
    return new Via(this, params);
  }

  /** A copy with `received`, and with `rport` when the sender asked for it. RFC 3581 §4. */
  withSource(host: string, port: number): Via {
    const changes: [string, string][] = [['received', host]];
    if (this.wantsRport) changes.push(['rport', String(port)]);
    return this.withParams(changes);
  }

  toString(): string {
    this.#text ??= `SIP/2.0/${this.protocol} ${this.host}${this.port === undefined ? '' : `:${this.port}`}${formatParams(this.params)}`;
    return this.#text;
  }
}

function readSentProtocol(scanner: Scanner): string {
  const name = scanner.token();
  scanner.separator('/');
  const version = scanner.token();
  scanner.separator('/');
  const transport = scanner.token();
  if (name.toUpperCase() !== 'SIP' || version !== '2.0') throw scanner.fail('not SIP/2.0');
  return transport.toUpperCase();
}

function readSentBy(scanner: Scanner): { host: string; port: number | undefined } {
  const before = scanner.at;
  scanner.skipLws();
  if (scanner.at === before) throw scanner.fail('white space is missing');
  const start = scanner.at;
  while (!scanner.done && scanner.peek() !== 59) scanner.at++;
  // LWS may stand around the colon: `host : 5060`.
  const text = scanner.text.slice(start, scanner.at).trim();
  const bracket = text.startsWith('[') ? text.indexOf(']') : 0;
  const colon = text.indexOf(':', Math.max(bracket, 0));
  const joined = colon < 0 ? text : `${text.slice(0, colon).trimEnd()}:${text.slice(colon + 1).trimStart()}`;
  const address = parseHostPort(joined);
  if (!address) throw scanner.fail('sent-by is not host and port');
  return address;
}

/** The branch of an RFC 3261 request; undefined for an RFC 2543 one or for the bare cookie, which identifies nothing. */
export function branchOf(via: Via): string | undefined {
  const branch = via.branch;
  if (branch === undefined || branch.length <= MAGIC_COOKIE.length) return undefined;
  return branch.slice(0, MAGIC_COOKIE.length).toLowerCase() === MAGIC_COOKIE.toLowerCase() ? branch : undefined;
}
