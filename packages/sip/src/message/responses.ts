import { Headers } from './headers.js';
import { type SipRequest, SipResponse } from './message.js';
import { splitList } from './scanner.js';
import type { SipParseError } from './syntax-errors.js';

export interface ResponseParts {
  /** The registered phrase unless given. */
  reason?: string | undefined;
  /** Added to To when the request has no tag there. Left out for 100. */
  toTag?: string | undefined;
  headers?: Iterable<readonly [name: string, value: string]>;
  body?: { type: string; content: string | Uint8Array } | undefined;
}

const dialogForming = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY', 'UPDATE']);

/**
 * A response with the Vias, From, To, Call-ID and CSeq of the request (RFC 3261 §8.2.6.2), and with its Record-Route
 * when a dialog may come of it (§12.1.1).
 */
export function createResponse(request: SipRequest, status: number, parts: ResponseParts = {}): SipResponse {
  const headers = new Headers();
  headers.copyFrom(request.headers, 'Via');
  if (status > 100 && status < 300 && dialogForming.has(request.method))
    headers.copyFrom(request.headers, 'Record-Route');
  headers.copyFrom(request.headers, 'From');
  headers.addParsed('To', taggedTo(request, status, parts.toTag));
  headers.copyFrom(request.headers, 'Call-ID');
  headers.copyFrom(request.headers, 'CSeq');
  if (status === 100) headers.copyFrom(request.headers, 'Timestamp');
  for (const [name, value] of parts.headers ?? []) headers.add(name, value);
  const response = new SipResponse(status, parts.reason, headers);
  if (parts.body) response.setBody(parts.body);
  return response;
}

/** The To of the request, octet for octet, with the tag behind it. */
function taggedTo(request: SipRequest, status: number, tag: string | undefined): string {
  const raw = request.headers.get('To') ?? '';
  return tag === undefined || status === 100 || request.to.tag !== undefined ? raw : `${raw};tag=${tag}`;
}

/**
 * The stateless answer to a request that did not parse, or undefined when there is none to be made: a response, an
 * ACK, noise, or a head without a Via to answer to. `source` fills in `received` and `rport` (RFC 3581 §4).
 */
export function createParseErrorResponse(error: SipParseError): SipResponse | undefined {
  const { partial, status } = error;
  if (!partial || status === undefined || partial.method === 'ACK' || partial.via.length === 0) return undefined;
  if (splitList(partial.via[0]!).length === 0) return undefined;
  const headers = new Headers();
  for (const via of partial.via) headers.addParsed('Via', via);
  if (partial.from !== undefined) headers.addParsed('From', partial.from);
  if (partial.to !== undefined) headers.addParsed('To', partial.to);
  if (partial.callId !== undefined) headers.addParsed('Call-ID', partial.callId);
  if (partial.cseq !== undefined) headers.addParsed('CSeq', partial.cseq);
  return new SipResponse(status, undefined, headers);
}
