// For `message/sanity.ts`: the checks that the endpoint asks for, and no others.
import { type SipMessage, SipRequest, type SipResponse } from '../message/message.js';
import type { SanityRefusal } from '../message/sanity.js';
import { SipParseError } from '../message/syntax-errors.js';
import { OtherUri } from '../message/uri.js';
import { defaultReason } from './reason-phrases.js';

/** RFC 3261 §8.2.2, §8.1.3.3, §16.3. Undefined: it may pass. `'drop'`: say nothing, as for a bad response or ACK. */
export function checkSanity(
  message: SipMessage,
  { supported }: { supported: readonly string[] },
): SanityRefusal | 'drop' | undefined {
  if (message instanceof SipRequest) {
    const refusal = checkRequest(message, supported);
    return refusal && message.method === 'ACK' ? 'drop' : refusal;
  }
  // A second Via is not for us, RFC 3261 §8.1.3.3.
  const isOurs = message.headers.list('Via').length === 1;
  return isOurs && hasAddresses(message, (message as SipResponse).status < 400) ? undefined : 'drop';
}

function checkRequest(request: SipRequest, supported: readonly string[]): SanityRefusal | undefined {
  const { method, uri, headers } = request;
  if (!/^(sips?|tel)$/.test(uri.scheme)) return refusal(416);
  if (uri instanceof OtherUri && uri.scheme !== 'tel') return refusal(400);
  // A malformed Contact may not keep a session from ending.
  if (!hasAddresses(request, !/^(ACK|BYE|CANCEL)$/.test(method))) return refusal(400);
  if (request.maxForwards === 0 && method !== 'OPTIONS') return refusal(483);
  if (method === 'CANCEL' || method === 'ACK') return undefined;
  const unknown = [...headers.list('Require'), ...headers.list('Proxy-Require')].filter(
    (tag) => !supported.includes(tag.toLowerCase()),
  );
  return unknown.length === 0 ? undefined : refusal(420, [['Unsupported', unknown.join(', ')]]);
}

/** Parses the addresses that dialogs are made of. False when one is malformed. */
function hasAddresses(message: SipMessage, withContacts: boolean): boolean {
  try {
    if (withContacts) message.contacts;
    message.routes;
    message.recordRoutes;
    return true;
  } catch (error) {
    if (error instanceof SipParseError) return false;
    throw error;
  }
}

function refusal(status: number, headers?: [string, string][]): SanityRefusal {
  return { status, reason: defaultReason(status), ...(headers && { headers }) };
}
