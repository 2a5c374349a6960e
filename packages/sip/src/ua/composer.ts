import type { SipRequest, SipResponse } from '../message/message.js';
import type { NameAddr } from '../message/name-addr.js';
import { createRequest } from '../message/requests.js';
import { createResponse } from '../message/responses.js';
import { SipHeaderError } from '../message/syntax-errors.js';
import type { Uri } from '../message/uri.js';
import type { Authorization } from './digest-answers.js';
import { addExtraHeaders, hasBreak } from './extra-headers.js';
import type { ExtraHeaders, SipBody } from './types.js';

/** What the engine serves by itself; listeners may serve more. */
const ownMethods = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'INFO', 'UPDATE'];
const offeringMethods = new Set(['INVITE', 'UPDATE', 'OPTIONS']);

export interface OutgoingParts {
  method: string;
  uri: Uri;
  routes: readonly NameAddr[];
  from: NameAddr;
  to: NameAddr;
  callId: string;
  cseq: number;
  maxForwards?: number | undefined;
  /** Contact values, verbatim. */
  contacts?: readonly string[] | undefined;
  headers?: ExtraHeaders | undefined;
  body?: SipBody | undefined;
  /** Credentials, which users may not set. */
  authorization?: Authorization | undefined;
}

export interface AnswerParts {
  reason?: string | undefined;
  toTag?: string | undefined;
  contacts?: readonly string[] | undefined;
  headers?: ExtraHeaders | undefined;
  body?: SipBody | undefined;
}

/** Writes the header fields that are the same in all messages of one user agent. */
export class Composer {
  /** Value of Allow. */
  readonly allow: string;
  readonly supported: readonly string[];
  readonly #userAgent: string;

  constructor(options: { userAgent: string; supported?: readonly string[]; methods?: readonly string[] }) {
    this.#userAgent = options.userAgent;
    this.supported = options.supported ?? [];
    this.allow = [...new Set([...ownMethods, ...(options.methods ?? [])])].join(', ');
  }

  /** A request without Via. Throws SipHeaderError for a header that is the engine's or would break the message. */
  request(parts: OutgoingParts): SipRequest {
    const request = createRequest({
      method: parts.method,
      uri: parts.uri,
      from: parts.from,
      to: parts.to,
      callId: parts.callId,
      cseq: parts.cseq,
      maxForwards: parts.maxForwards,
      body: parts.body,
    });
    for (const route of parts.routes) request.headers.add('Route', route.toString());
    for (const contact of parts.contacts ?? []) request.headers.add('Contact', contact);
    addExtraHeaders(request.headers, parts.headers);
    for (const [name, value] of parts.authorization ?? []) request.headers.add(name, value);
    if (parts.method !== 'ACK' && parts.method !== 'BYE') this.#addAbilities(request);
    addDefault(request, 'User-Agent', this.#userAgent);
    return request;
  }

  /** 100, which says nothing but that the request has come. RFC 3261 §8.2.6.1. */
  trying(request: SipRequest): SipResponse {
    return createResponse(request, 100);
  }

  /** A response to a request, from 101 up. */
  response(request: SipRequest, status: number, parts: AnswerParts = {}): SipResponse {
    if (parts.reason !== undefined && hasBreak(parts.reason)) {
      throw new SipHeaderError('reason-phrase', 'a reason phrase may not hold CR, LF or NUL');
    }
    const response = createResponse(request, status, {
      reason: parts.reason,
      toTag: parts.toTag,
      body: parts.body,
    });
    for (const contact of parts.contacts ?? []) response.headers.add('Contact', contact);
    addExtraHeaders(response.headers, parts.headers);
    const isOffering = status >= 180 && status < 300 && offeringMethods.has(request.method);
    if (isOffering) this.#addAbilities(response);
    if (status === 405 || status === 501) addDefault(response, 'Allow', this.allow);
    addDefault(response, 'Server', this.#userAgent);
    return response;
  }

  #addAbilities(message: SipRequest | SipResponse): void {
    addDefault(message, 'Allow', this.allow);
    if (this.supported.length > 0) addDefault(message, 'Supported', this.supported.join(', '));
  }
}

function addDefault(message: SipRequest | SipResponse, name: string, value: string): void {
  if (!message.headers.has(name)) message.headers.add(name, value);
}

/** A body of SDP, or none. */
export function sdpBody(sdp: string | undefined): SipBody | undefined {
  return sdp === undefined ? undefined : { type: 'application/sdp', content: sdp };
}
