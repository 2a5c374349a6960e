import { isIP } from 'node:net';
import { addressKind } from './address-rules.js';
import { OutboundError } from './outbound-error.js';

/** Of a URL as a customer gives it. */
const maxLength = 2_048;
/** Of one to which we have added what a call tells. */
export const maxAskedLength = 8_192;

/** A URL taken apart for a request. */
export interface Target {
  /** Scheme, host and port. */
  origin: string;
  /** Without brackets. */
  hostname: string;
  /** Host and port, the port also where it is the scheme's own: what limits per host count by. */
  hostPort: string;
  /** Path and query. */
  path: string;
  /** Of the user and password in the URL, if any: the value of an Authorization header. */
  authorization: string | undefined;
}

/** What a URL is opened for. */
export type UrlUse = 'http' | 'websocket';

const schemes: Record<UrlUse, readonly [plain: string, secure: string]> = {
  http: ['http:', 'https:'],
  websocket: ['ws:', 'wss:'],
};

/**
 * Takes a customer's URL apart. Addresses in it are checked here, in every spelling that `URL` normalises (decimal, octal,
 * hexadecimal, IPv4 in IPv6); names are checked when they are resolved. Throws OutboundError: bad-url, address-refused.
 */
export function targetOf(text: string, allowPrivate: boolean, use: UrlUse = 'http', longest = maxLength): Target {
  const url = parsed(text, use, longest);
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!mayName(hostname, allowPrivate)) throw refused(hostname);
  return {
    origin: `${url.protocol}//${url.host}`,
    hostname,
    hostPort: `${url.hostname}:${url.port || (url.protocol === schemes[use][1] ? '443' : '80')}`,
    path: url.pathname + url.search,
    authorization: basicAuthorization(url),
  };
}

export function refused(hostname: string): OutboundError {
  return new OutboundError(
    'address-refused',
    `${hostname} is a private, local or reserved address: give a public one, or let the operator set INTERMIX_ALLOW_PRIVATE_URLS.`,
  );
}

/** Whether an address may be connected to. */
export function mayConnect(address: string, allowPrivate: boolean): boolean {
  const kind = addressKind(address);
  return kind === 'public' || (kind === 'private' && allowPrivate);
}

function parsed(text: string, use: UrlUse, longest: number): URL {
  const [plain, secure] = schemes[use];
  const cure = `Give one such as ${secure}//crm.example/${use === 'http' ? 'hooks' : 'bot'}.`;
  if (text.length > longest) throw new OutboundError('bad-url', `The URL is longer than ${longest} characters.`);
  if (!URL.canParse(text)) throw new OutboundError('bad-url', `This is not a URL. ${cure}`);
  const url = new URL(text);
  if (url.protocol !== plain && url.protocol !== secure)
    throw new OutboundError('bad-url', `The URL must begin with ${plain}// or ${secure}//. ${cure}`);
  if (url.hostname === '' || url.port === '0') throw new OutboundError('bad-url', `The URL names no host. ${cure}`);
  return url;
}

function mayName(hostname: string, allowPrivate: boolean): boolean {
  if (isIP(hostname) !== 0) return mayConnect(hostname, allowPrivate);
  return allowPrivate || !/(^|\.)localhost\.?$/.test(hostname);
}

function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`, 'utf8').toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A lone percent sign stands for itself.
  }
}

/** Host and port of a URL, the port also where it is the scheme's own; undefined when it is no URL that could be opened. */
export function hostPortOf(text: string): string | undefined {
  try {
    return targetOf(text, true).hostPort;
  } catch {
    return undefined;
  }
}
