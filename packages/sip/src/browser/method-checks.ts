// For `ua/method-checks.ts`: a body in several parts is refused, with 415.
import type { SipRequest } from '../message/message.js';
import type { Refusal } from '../ua/method-checks.js';

/** What a request outside of dialogs gets when nobody serves its method. RFC 3261 §8.2.1. */
export function unservedStatus(method: string): number {
  if (/^(BYE|INFO|UPDATE|PRACK)$/.test(method)) return 481;
  return /^(REGISTER|SUBSCRIBE|NOTIFY|PUBLISH|MESSAGE|REFER)$/.test(method) ? 405 : 501;
}

/** What makes an INVITE unfit to open a dialog. RFC 3261 §8.2.3, §12.1.1. */
export function refuseInvite({ contacts, body, contentType, headers }: SipRequest): Refusal | undefined {
  if (contacts === '*' || contacts.length === 0) return { status: 400, reason: 'Missing Contact' };
  const isOptional = /;\s*handling\s*=\s*optional/i.test(headers.get('Content-Disposition') ?? '');
  if (body.length === 0 || contentType === 'application/sdp' || isOptional) return undefined;
  return { status: 415, headers: [['Accept', 'application/sdp']] };
}

/** The page has no say in the methods: the SDK itself names them. */
export function checkMethod(): void {}
