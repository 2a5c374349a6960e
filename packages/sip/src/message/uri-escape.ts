import { SipParseError } from './syntax-errors.js';
import { decodeUtf8, encodeUtf8 } from './text.js';

const unreserved = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()";
/** What may stand unescaped in a user part, RFC 3261 §25.1 `user`. */
export const USER_CHARS: ReadonlySet<string> = new Set(`${unreserved}&=+$,;?/`);
/** What may stand unescaped in a URI parameter, `paramchar`. */
export const PARAM_CHARS: ReadonlySet<string> = new Set(`${unreserved}[]/:&+$`);

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Undoes `%HH` once; `%2541` becomes `%41`. Throws SipParseError on a `%` that is not an escape. */
export function unescapeOnce(text: string): string {
  if (!text.includes('%')) return text;
  const source = encodeUtf8(text);
  const bytes = new Uint8Array(source.length);
  let length = 0;
  for (let at = 0; at < source.length; at++) {
    if (source[at] !== 37) {
      bytes[length++] = source[at]!;
      continue;
    }
    const high = hexDigit(source[at + 1] ?? 0);
    const low = hexDigit(source[at + 2] ?? 0);
    if (high < 0 || low < 0) throw new SipParseError('uri', 'URI: "%" without two hex digits', { status: 400 });
    bytes[length++] = high * 16 + low;
    at += 2;
  }
  return decodeUtf8(bytes.subarray(0, length));
}

/** Stands unescaped everywhere, and is all there is in nearly every user part. */
const plain = /^[\w+.-]*$/;

/** Escapes every octet whose character is not in `allowed`. */
export function escapeWith(text: string, allowed: ReadonlySet<string>): string {
  let escaped = '';
  if (plain.test(text)) return text;
  for (const char of text) {
    if (allowed.has(char)) escaped += char;
    else for (const byte of encodeUtf8(char)) escaped += `%${byte < 16 ? '0' : ''}${byte.toString(16).toUpperCase()}`;
  }
  return escaped;
}
