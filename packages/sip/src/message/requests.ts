import { hex, type Random } from '@intermix/kernel';
import { Headers } from './headers.js';
import { SipRequest } from './message.js';
import type { NameAddr } from './name-addr.js';
import type { Uri } from './uri.js';
import { MAGIC_COOKIE, type Via } from './via.js';

export interface RequestParts {
  method: string;
  uri: Uri;
  from: NameAddr;
  to: NameAddr;
  callId: string;
  /** The CSeq number. */
  cseq: number;
  via?: Via;
  /** 70 unless given, RFC 3261 §8.1.1.6. */
  maxForwards?: number | undefined;
  headers?: Iterable<readonly [name: string, value: string]>;
  body?: { type: string; content: string | Uint8Array } | undefined;
}

/** A request with the fields that every request has, RFC 3261 §8.1.1. Via may also be put on later with `prepend`. */
export function createRequest(parts: RequestParts): SipRequest {
  const headers = new Headers();
  if (parts.via) headers.add('Via', parts.via.toString());
  headers.add('Max-Forwards', String(parts.maxForwards ?? 70));
  headers.add('From', parts.from.toString());
  headers.add('To', parts.to.toString());
  headers.add('Call-ID', parts.callId);
  headers.add('CSeq', `${parts.cseq} ${parts.method}`);
  for (const [name, value] of parts.headers ?? []) headers.add(name, value);
  const request = new SipRequest(parts.method, parts.uri, headers);
  if (parts.body) request.setBody(parts.body);
  return request;
}

/** A new branch: the cookie and 96 random bits. */
export function createBranch(random: Random): string {
  return MAGIC_COOKIE + hex(random.bytes(12));
}

/** A new From or To tag of 64 random bits; RFC 3261 §19.3 asks for 32. */
export function createTag(random: Random): string {
  return hex(random.bytes(8));
}

/** A new Call-ID of 128 random bits, without a host that would tell who we are. */
export function createCallId(random: Random): string {
  return hex(random.bytes(16));
}
