import type { SipRequest, SipResponse } from '../message/message.js';
import { branchOf, type Via } from '../message/via.js';

/** Finds the client transaction of a response: branch and CSeq method. RFC 3261 §17.1.3. */
export function clientKey(branch: string, method: string): string {
  return `${branch}|${method}`;
}

/** The client key of a response; undefined when its Via carries no branch. */
export function clientKeyOf(response: SipResponse): string | undefined {
  const branch = response.topVia.branch;
  return branch === undefined ? undefined : clientKey(branch, response.cseq.method);
}

/**
 * Finds the server transaction of a request: branch, sent-by and method, an ACK counting as its INVITE. RFC 3261 §17.2.3.
 * Sent-by and method belong to it, as two clients may well use the same branch. `method` stands in for the request's own
 * when a CANCEL looks for its INVITE.
 */
export function serverKey(request: SipRequest, method = request.method): string {
  const via = request.topVia;
  const asMethod = method === 'ACK' ? 'INVITE' : method;
  const branch = branchOf(via);
  if (branch === undefined) return legacyKey(request, via, asMethod);
  return `${branch}|${via.host}:${via.port ?? ''}|${asMethod}`;
}

/**
 * The key of a request by RFC 2543 rules: no cookie in the branch, or nothing behind it. The To tag is left out: the ACK
 * has one where the INVITE has none, and Call-ID, From tag and CSeq number tell transactions apart without it.
 */
function legacyKey(request: SipRequest, via: Via, method: string): string {
  const top = `${via.protocol} ${via.host}:${via.port ?? ''} ${via.branch ?? ''}`;
  const { number } = request.cseq;
  return `2543|${request.callId}|${request.from.tag ?? ''}|${number}|${method}|${request.uri.toString()}|${top}`;
}

/**
 * Requests with equal merge keys but other branches are one request that came on two ways. RFC 3261 §8.2.2.2.
 * Undefined for requests inside a dialog, and for ACK and CANCEL, which share the CSeq of their INVITE.
 */
export function mergeKey(request: SipRequest): string | undefined {
  const { method } = request;
  if (method === 'ACK' || method === 'CANCEL' || request.to.tag !== undefined) return undefined;
  return `${request.callId}|${request.from.tag ?? ''}|${request.cseq.number}|${method}`;
}
