import { headerKey, knownName } from './header-names.js';
import type { Headers } from './headers.js';
import { limits } from './limits.js';
import { isToken } from './scanner.js';
import { SipParseError } from './syntax-errors.js';

/** Fields of which a message has exactly one. A second is refused even when it says the same (RFC 4475 §3.3.8). */
const single = new Set([
  'Call-ID',
  'Content-Length',
  'Content-Type',
  'CSeq',
  'Expires',
  'From',
  'Max-Forwards',
  'RAck',
  'Refer-To',
  'RSeq',
  'Session-Expires',
  'To',
]);

type Refusal = readonly [problem: string, message: string, status: number];

/**
 * Splits the head behind the start line into fields and unfolds them (RFC 3261 §7.3.1). `text` has no final CRLF.
 * Returns what is wrong with it instead of throwing, after having kept all that is right, so that an answer can be made.
 */
export function readFields(text: string, start: number, headers: Headers): SipParseError | undefined {
  let refusal: Refusal | undefined;
  const seen: string[] = [];
  let at = start;
  // Refused lines count too. One error is made at most: its stack trace costs more than a hundred lines.
  for (let lines = 0; at < text.length; lines++) {
    if (lines === limits.headerCount) {
      refusal ??= ['header-count', 'too many header fields', 513];
      break;
    }
    const end = lineEnd(text, at);
    const isFolded = isFold(text, end + 2);
    const logical = isFolded ? logicalLineAt(text, at) : undefined;
    const wrong = logical
      ? addField(logical.line, 0, logical.line.length, headers, seen)
      : addField(text, at, end, headers, seen);
    at = logical ? logical.next : end + 2;
    refusal ??= wrong;
  }
  return refusal && new SipParseError(refusal[0], refusal[1], { status: refusal[2] });
}

/** One line and its continuation lines, joined by one space. */
export function logicalLineAt(text: string, start: number): { line: string; next: number } {
  let end = lineEnd(text, start);
  let line = text.slice(start, end);
  if (!isFold(text, end + 2)) return { line, next: end + 2 };
  const pieces = [line.trimEnd()];
  while (isFold(text, end + 2)) {
    const from = end + 2;
    end = lineEnd(text, from);
    const piece = text.slice(from, end).trim();
    if (piece !== '') pieces.push(piece);
  }
  line = pieces.join(' ');
  return { line, next: end + 2 };
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\r\n', from);
  return end < 0 ? text.length : end;
}

function isFold(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 32 || code === 9;
}

/** Takes the line between `start` and `end`, which is not cut out first: a message has a dozen of them. */
function addField(text: string, start: number, end: number, headers: Headers, seen: string[]): Refusal | undefined {
  if (end - start > limits.headerLength) return refuse('header-length', 'a header field is too long', 513);
  const colon = text.indexOf(':', start);
  const name = colon < 0 || colon >= end ? '' : trimLws(text, start, colon);
  const known = knownName(name);
  if (known === undefined && !isToken(name)) return refuse('header', 'a line is not a header field');
  const value = trimLws(text, colon + 1, end);
  if (value.includes('\r') || value.includes('\n')) return refuse('line-break', 'a lone CR or LF in the head');
  const key = known ?? headerKey(name);
  // Each Via is written back into the response, where no NUL may stand.
  if (key === 'Via' && value.includes('\0')) return refuse('via', 'a Via holds NUL');
  if (single.has(key)) {
    if (seen.includes(key)) return refuse(key.toLowerCase(), `${key} is given twice`);
    seen.push(key);
  }
  headers.addParsed(name, value);
  return undefined;
}

function trimLws(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isFold(text, from)) from++;
  while (to > from && isFold(text, to - 1)) to--;
  return text.slice(from, to);
}

function refuse(problem: string, message: string, status = 400): Refusal {
  return [problem, message, status];
}
