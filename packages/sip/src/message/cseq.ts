import { isToken, parseDigits } from './scanner.js';
import { SipParseError } from './syntax-errors.js';

export interface CSeq {
  /** Below 2^31, RFC 3261 §8.1.1.5. */
  number: number;
  /** Case-sensitive. */
  method: string;
}

/** Throws SipParseError. */
export function parseCSeq(text: string): CSeq {
  const value = text.trim();
  let digits = 0;
  while (digits < value.length && value.charCodeAt(digits) > 32) digits++;
  const number = parseDigits(value.slice(0, digits), 10);
  const method = value.slice(digits).trim();
  if (number === undefined || number >= 2 ** 31 || !isToken(method)) {
    throw new SipParseError('cseq', 'CSeq is not a number below 2^31 and a method', { status: 400 });
  }
  return { number, method };
}
