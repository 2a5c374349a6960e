// In browsers, `browser/multipart.ts` stands in the place of this module.
import { Scanner } from './scanner.js';
import { SipParseError } from './syntax-errors.js';
import { decodeUtf8, latin1 } from './text.js';

/** A part of a multipart body, RFC 2046 §5.1. */
export interface BodyPart {
  /** Lower-cased `type/subtype`. */
  type: string;
  /** The raw Content-Type value. */
  contentType: string;
  body: Uint8Array;
}

const MAX_PARTS = 20;
const MAX_DEPTH = 3;

interface MediaType {
  type: string;
  params: ReadonlyMap<string, string | undefined>;
}

/** `type/subtype;params`, or undefined when it is not that. */
export function parseMediaType(value: string): MediaType | undefined {
  try {
    const scanner = new Scanner(value, 'content-type');
    scanner.skipLws();
    const main = scanner.token();
    scanner.separator('/');
    const sub = scanner.token();
    const params = scanner.params();
    scanner.end();
    return { type: `${main}/${sub}`.toLowerCase(), params };
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}

/** The parts between the boundaries; empty when the value names no boundary. Linear in the body's length. */
export function parseMultipart(contentType: string, body: Uint8Array): BodyPart[] {
  const boundary = parseMediaType(contentType)?.params.get('boundary');
  if (!boundary || boundary.length > 70) return [];
  const text = latin1(body);
  const delimiter = `\r\n--${boundary}`;
  const parts: BodyPart[] = [];
  let at = text.startsWith(delimiter.slice(2)) ? delimiter.length - 2 : after(text, delimiter, 0);
  while (at >= 0 && parts.length < MAX_PARTS && !text.startsWith('--', at)) {
    const start = text.indexOf('\r\n', at);
    const end = start < 0 ? -1 : text.indexOf(delimiter, start);
    if (end < 0) break;
    const part = parsePart(text, body, start, end);
    if (part) parts.push(part);
    at = end + delimiter.length;
  }
  return parts;
}

function after(text: string, needle: string, from: number): number {
  const at = text.indexOf(needle, from);
  return at < 0 ? -1 : at + needle.length;
}

/** `start` is the line break behind the delimiter, `end` the one before the next. Looks at nothing behind `end`. */
function parsePart(text: string, body: Uint8Array, start: number, end: number): BodyPart | undefined {
  const part = text.slice(start, end + 2);
  const headEnd = part.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  let contentType = 'text/plain';
  for (const line of part.slice(0, headEnd).split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    if (name === 'content-type' || name === 'c') contentType = line.slice(colon + 1).trim();
  }
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  return { type, contentType, body: body.subarray(Math.min(start + headEnd + 4, end), end) };
}

/** The session description in a body of this Content-Type. */
export function sdpOf(contentType: string, body: Uint8Array, depth = 0): string | undefined {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (type === 'application/sdp') return decodeUtf8(body);
  if (!type.startsWith('multipart/') || depth >= MAX_DEPTH) return undefined;
  for (const part of parseMultipart(contentType, body)) {
    const sdp = sdpOf(part.contentType, part.body, depth + 1);
    if (sdp !== undefined) return sdp;
  }
  return undefined;
}
