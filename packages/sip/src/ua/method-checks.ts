// In browsers, `browser/method-checks.ts` stands in the place of this module.
import { SipHeaderError } from '../message/errors.js';
import type { SipRequest } from '../message/message.js';
import { isToken } from '../message/scanner.js';

export interface Refusal {
  status: number;
  reason?: string;
  headers?: [name: string, value: string][];
}

/** Methods that only make sense in a dialog: without a To tag there is none. */
const dialogOnly = new Set(['BYE', 'INFO', 'UPDATE', 'PRACK']);
const wellKnown = new Set(['REGISTER', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'MESSAGE', 'REFER']);
/** Methods that the engine sends by itself, or that have a way of their own. */
const sentOtherwise = {
  inside: new Set(['INVITE', 'ACK', 'CANCEL', 'BYE', 'PRACK']),
  outside: new Set(['INVITE', 'ACK', 'CANCEL']),
};

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

/** Throws SipHeaderError for what is no method, or one that `request()` does not send, inside a dialog or outside. */
export function checkMethod(method: string, place: 'inside' | 'outside'): void {
  if (isToken(method) && !sentOtherwise[place].has(method)) return;
  throw new SipHeaderError('method', `${JSON.stringify(method)} is not sent by request()`);
}
