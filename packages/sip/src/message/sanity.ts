// In browsers, `browser/sanity.ts` stands in the place of this module.
import { type SipMessage, SipRequest, type SipResponse } from './message.js';
import { defaultReason } from './reason-phrases.js';
import { SipParseError } from './syntax-errors.js';
import { OtherUri } from './uri.js';

export interface SanityContext {
  /** Option tags we know; a Require of others is refused with 420. Not checked when absent. */
  supported?: readonly string[];
  /** Methods we serve; others get 501. Not checked when absent. */
  methods?: readonly string[];
  /** URI schemes that we take in a Request-URI; `sip`, `sips` and `tel` unless told otherwise. */
  schemes?: readonly string[];
  /** Media types that we read; a body of another type gets 415. Not checked when absent. */
  contentTypes?: readonly string[];
  /** True when requests are forwarded: Max-Forwards 0 is then refused with 483. A B2BUA counts hops as a proxy does. */
  forwards?: boolean;
}

/** A refusal to answer with; `headers` belong into the answer. */
export interface SanityRefusal {
  status: number;
  reason: string;
  headers?: [name: string, value: string][];
}

const defaultSchemes = ['sip', 'sips', 'tel'];

/**
 * What must hold before a message reaches a transaction (RFC 3261 §8.2.2, §8.1.3.3, §16.3). Undefined: it may pass.
 * `'drop'`: say nothing, as for a bad response or a bad ACK. Afterwards routes and recordRoutes do not throw, and neither
 * does contacts where the RFC gives it a meaning: not in ACK, BYE, CANCEL and responses from 400 on.
 */
export function checkSanity(message: SipMessage, context: SanityContext = {}): SanityRefusal | 'drop' | undefined {
  if (!(message instanceof SipRequest)) return checkResponse(message as SipResponse);
  const refusal = checkRequest(message, context);
  return refusal && message.method === 'ACK' ? 'drop' : refusal;
}

/** A response with a second Via is not for us: RFC 3261 §8.1.3.3. It would send us on somebody's errand (RFC 4475 §3.3.15). */
function checkResponse(response: SipResponse): 'drop' | undefined {
  if (response.headers.list('Via').length !== 1) return 'drop';
  return readAddresses(response, response.status < 400) ? undefined : 'drop';
}

function checkRequest(request: SipRequest, context: SanityContext): SanityRefusal | undefined {
  const schemes = context.schemes ?? defaultSchemes;
  if (!schemes.includes(request.uri.scheme)) return refusal(416);
  if (request.uri instanceof OtherUri && request.uri.scheme.startsWith('sip')) return refusal(400);
  if (!readAddresses(request, !contactless.has(request.method))) return refusal(400);
  if (context.methods && !context.methods.includes(request.method)) {
    return refusal(501, [['Allow', context.methods.join(', ')]]);
  }
  if (context.forwards && request.maxForwards === 0 && request.method !== 'OPTIONS') return refusal(483);
  return checkExtensions(request, context) ?? checkBody(request, context);
}

/** RFC 3261 §8.2.2.3: Require does not apply to ACK and CANCEL. */
function checkExtensions(request: SipRequest, context: SanityContext): SanityRefusal | undefined {
  if (!context.supported || request.method === 'CANCEL' || request.method === 'ACK') return undefined;
  const required = request.headers.list('Require');
  if (context.forwards) required.push(...request.headers.list('Proxy-Require'));
  const unknown = required.filter((tag) => !context.supported?.includes(tag.toLowerCase()));
  return unknown.length === 0 ? undefined : refusal(420, [['Unsupported', unknown.join(', ')]]);
}

function checkBody(request: SipRequest, context: SanityContext): SanityRefusal | undefined {
  if (!context.contentTypes || request.body.length === 0) return undefined;
  if (context.contentTypes.includes(request.contentType ?? '')) return undefined;
  return refusal(415, [['Accept', context.contentTypes.join(', ')]]);
}

/** A malformed Contact may not keep a session from ending. */
const contactless = new Set(['ACK', 'BYE', 'CANCEL']);

/** Parses the addresses that dialogs are made of. False when one is malformed. */
function readAddresses(message: SipMessage, withContacts: boolean): boolean {
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
  const reason = defaultReason(status);
  return headers ? { status, reason, headers } : { status, reason };
}
