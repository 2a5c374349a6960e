import { limits } from './limits.js';
import { isDigit, isToken } from './scanner.js';
import { SipParseError } from './syntax-errors.js';
import { parseUri, type Uri } from './uri.js';

export type StartLine =
  | { kind: 'request'; method: string; uri: Uri }
  | { kind: 'response'; status: number; reason: string }
  /** A request whose start line is refused; the fields are still read so that it can be answered. */
  | { kind: 'refused'; method: string | undefined; error: SipParseError };

/** RFC 3261 §7.1 and §7.2. Throws SipParseError without a status for a response that is to be dropped and for noise. */
export function parseStartLine(line: string): StartLine {
  if (/^SIP\/\d/i.test(line)) return parseStatusLine(line);
  const first = line.indexOf(' ');
  const method = first < 0 ? '' : line.slice(0, first);
  if (!isToken(method)) throw new SipParseError('start-line', 'the first line is not one of SIP');
  return parseRequestLine(line, method);
}

function parseRequestLine(line: string, method: string): StartLine {
  const last = line.lastIndexOf(' ');
  const version = line.slice(last + 1);
  if (!/^SIP\/\d+\.\d+$/i.test(version)) return refused(method, 'start-line', 'the line does not end in SIP/2.0', 400);
  if (version.slice(4) !== '2.0') return refused(method, 'version', 'another version of SIP', 505);
  const text = line.slice(method.length + 1, Math.max(last, method.length + 1));
  if (text.length > limits.requestUriLength) return refused(method, 'request-uri', 'Request-URI too long', 414);
  try {
    const uri = parseUri(text);
    // RFC 3261 §19.1.1 forbids headers in a Request-URI; taking them would let a Route in (RFC 4475 §3.1.2.11).
    if ('headers' in uri && uri.headers !== '') return refused(method, 'request-uri', 'Request-URI with headers', 400);
    return { kind: 'request', method, uri };
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
    return refused(method, 'request-uri', `Request-${error.message}`, 400);
  }
}

function refused(method: string, problem: string, message: string, status: number): StartLine {
  return { kind: 'refused', method, error: new SipParseError(problem, message, { status }) };
}

function parseStatusLine(line: string): StartLine {
  const isVersion2 = line.slice(4, 8) === '2.0 ';
  const status = Number(line.slice(8, 11));
  const digits = isDigit(line.charCodeAt(8)) && isDigit(line.charCodeAt(9)) && isDigit(line.charCodeAt(10));
  // The space before an empty reason phrase is left out by some peers.
  const ends = line.length === 11 || line[11] === ' ';
  if (!isVersion2 || !digits || !ends || status < 100 || status > 699) {
    throw new SipParseError('status-line', 'the status line is malformed');
  }
  return { kind: 'response', status, reason: line.slice(12) };
}
