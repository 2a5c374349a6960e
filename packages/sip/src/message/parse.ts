import { findHeadEnd } from './head-end.js';
import { readFields } from './head-lines.js';
import { Headers } from './headers.js';
import { limits } from './limits.js';
import { type SipMessage, SipRequest, SipResponse } from './message.js';
import { parseDigits } from './scanner.js';
import { parseStartLine, type StartLine } from './start-line.js';
import { type PartialMessage, SipParseError } from './syntax-errors.js';
import { decodeUtf8 } from './text.js';

export interface ParseOptions {
  /** True for TCP and TLS, where Content-Length is obligatory (RFC 3261 §18.3). False for a datagram or a frame. */
  stream?: boolean;
}

/**
 * Parses one message out of a datagram, a WebSocket frame or what the StreamFramer cut out. Linear in the length; any
 * octets give a message or a SipParseError, which has a `status` when a request can be answered.
 *
 * Via[0], From, To, Call-ID, CSeq, Content-Length and Max-Forwards are checked here, all else when it is asked for.
 */
export function parseMessage(bytes: Uint8Array, options: ParseOptions = {}): SipMessage {
  const start = skipLineBreaks(bytes);
  const headEnd = findHeadEnd(bytes, start);
  const lineBreaks = decodeUtf8(bytes, start, headEnd < 0 ? Math.min(bytes.length, limits.messageBytes) : headEnd);
  const lineEnd = lineBreaks.indexOf('\r\n');
  const line = lineEnd < 0 ? lineBreaks : lineBreaks.slice(0, lineEnd);
  if (line === '') throw new SipParseError('empty', 'there is no message');
  const startLine = parseStartLine(line);
  const headers = new Headers();
  const fieldProblem = lineEnd < 0 ? undefined : readFields(lineBreaks, lineEnd + 2, headers);
  try {
    if (bytes.length - start > limits.messageBytes) throw refuse('message-length', 'the message is too long', 513);
    if (startLine.kind === 'refused') throw startLine.error;
    if (fieldProblem) throw fieldProblem;
    if (headEnd < 0) throw refuse('head-end', 'the empty line after the header fields is missing');
    return buildMessage(startLine, headers, bodyOf(bytes, headEnd + 4, headers, options));
  } catch (error) {
    throw error instanceof SipParseError ? answerable(error, startLine, headers) : error;
  }
}

/** RFC 3261 §7.5: CRLFs before the start line are ignored. */
function skipLineBreaks(bytes: Uint8Array): number {
  let at = 0;
  while (bytes[at] === 13 && bytes[at + 1] === 10) at += 2;
  return at;
}

function bodyOf(bytes: Uint8Array, start: number, headers: Headers, options: ParseOptions): Uint8Array {
  const raw = headers.get('Content-Length');
  if (raw === undefined) {
    if (options.stream) throw refuse('content-length', 'Content-Length is missing on a stream');
    return bytes.subarray(start);
  }
  const length = parseDigits(raw, 9);
  if (length === undefined) throw refuse('content-length', 'Content-Length is not a number');
  if (start + length > bytes.length) throw refuse('content-length', 'the body is shorter than Content-Length');
  // What follows in a datagram is ignored (RFC 3261 §18.3, RFC 4475 §3.1.1.8).
  return bytes.subarray(start, start + length);
}

function buildMessage(startLine: StartLine, headers: Headers, body: Uint8Array): SipMessage {
  if (startLine.kind === 'refused') throw startLine.error;
  const message =
    startLine.kind === 'request'
      ? new SipRequest(startLine.method, startLine.uri, headers, body)
      : new SipResponse(startLine.status, startLine.reason, headers, body);
  checkRequired(message);
  if (message instanceof SipRequest) checkRequest(message);
  return message;
}

/** Reading these parses them; a missing or malformed one throws. */
function checkRequired(message: SipMessage): void {
  message.topVia;
  message.from;
  message.to;
  message.cseq;
  const callId = message.callId;
  if (callId === '' || callId.includes(' ') || callId.includes('\t')) throw refuse('call-id', 'Call-ID is malformed');
  if (tooManyVias(message)) throw refuse('via-count', 'too many Vias', 513);
}

function tooManyVias(message: SipMessage): boolean {
  const fields = message.headers.all('Via');
  return (
    (fields.length > limits.viaCount || fields.some((v) => v.includes(','))) &&
    message.headers.list('Via').length > limits.viaCount
  );
}

function checkRequest(request: SipRequest): void {
  if (request.cseq.method !== request.method) throw refuse('cseq', 'CSeq names another method than the request line');
  if (!request.headers.has('Max-Forwards')) return; // RFC 2543 had none.
  const hops = request.maxForwards;
  if (hops === undefined || hops > 255) throw refuse('max-forwards', 'Max-Forwards is not 0 to 255');
}

function refuse(problem: string, message: string, status = 400): SipParseError {
  return new SipParseError(problem, message, { status });
}

/** The same error with what an answer needs; responses are never answered, so they lose the status. */
function answerable(error: SipParseError, startLine: StartLine, headers: Headers): SipParseError {
  if (startLine.kind === 'response') return new SipParseError(error.problem, error.message);
  const status = error.status ?? 400;
  return new SipParseError(error.problem, error.message, { status, partial: partialOf(startLine.method, headers) });
}

function partialOf(method: string | undefined, headers: Headers): PartialMessage {
  const partial: PartialMessage = { via: headers.all('Via') };
  if (method !== undefined) partial.method = method;
  const fields = { from: 'From', to: 'To', callId: 'Call-ID', cseq: 'CSeq' } as const;
  for (const [key, name] of Object.entries(fields) as [keyof typeof fields, string][]) {
    const value = headers.get(name);
    if (value !== undefined) partial[key] = value;
  }
  return partial;
}
