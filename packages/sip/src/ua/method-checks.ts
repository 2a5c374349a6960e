// In browsers, `browser/method-checks.ts` stands in the place of this module.
import type { SipRequest } from '../message/message.js';

export interface Refusal {
  status: number;
  reason?: string;
  headers?: [name: string, value: string][];
}

/** Methods that only make sense in a dialog: without a To tag there is none. */
const dialogOnly = new Set(['BYE', 'INFO', 'UPDATE', 'PRACK']);
const wellKnown = new Set(['REGISTER', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'MESSAGE', 'REFER']);

/** What a request outside of dialogs gets when nobody serves its method. RFC 3261 §8.2.1. */
export function unservedStatus(method: string): number {
  if (dialogOnly.has(method)) return 481;
  return wellKnown.has(method) ? 405 : 501;
}

/** What makes an INVITE unfit to open a dialog. RFC 3261 §8.2.3, §12.1.1. */
export function refuseInvite(request: SipRequest): Refusal | undefined {
  const { contacts } = request;
  if (contacts === '*' || contacts.length === 0) return { status: 400, reason: 'Missing Contact' };
  if (request.body.length === 0 || isOptionalBody(request)) return undefined;
  const encoding = request.headers.get('Content-Encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return { status: 415, headers: [['Accept-Encoding', 'identity']] };
  }
  const type = request.contentType ?? '';
  if (type === 'application/sdp' || type.startsWith('multipart/')) return undefined;
  return { status: 415, headers: [['Accept', 'application/sdp, multipart/mixed']] };
}

function isOptionalBody(request: SipRequest): boolean {
  return /;\s*handling\s*=\s*optional/i.test(request.headers.get('Content-Disposition') ?? '');
}
