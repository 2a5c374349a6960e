import { Headers } from '../message/headers.js';
import { SipRequest, type SipResponse } from '../message/message.js';

/**
 * The ACK to a 3xx–6xx: Request-URI, top Via, From, Call-ID, CSeq number and Route of the INVITE, To of the response.
 * RFC 3261 §17.1.1.3; the credentials are those of the INVITE, §22.1.
 */
export function createAckToFailure(invite: SipRequest, response: SipResponse): SipRequest {
  return derive(invite, 'ACK', response.headers.get('To') ?? '');
}

/** The CANCEL of an INVITE, RFC 3261 §9.1. `reason` is the value of a Reason header (RFC 3326). */
export function createCancel(invite: SipRequest, reason?: string): SipRequest {
  const cancel = derive(invite, 'CANCEL', invite.headers.get('To') ?? '');
  if (reason !== undefined) cancel.headers.add('Reason', reason);
  return cancel;
}

function derive(invite: SipRequest, method: 'ACK' | 'CANCEL', to: string): SipRequest {
  const headers = new Headers();
  headers.addParsed('Via', invite.topVia.toString());
  for (const route of invite.headers.all('Route')) headers.addParsed('Route', route);
  headers.add('Max-Forwards', '70');
  headers.addParsed('From', invite.headers.get('From') ?? '');
  headers.addParsed('To', to);
  headers.addParsed('Call-ID', invite.callId);
  headers.add('CSeq', `${invite.cseq.number} ${method}`);
  for (const name of ['Authorization', 'Proxy-Authorization']) {
    for (const value of invite.headers.all(name)) headers.addParsed(name, value);
  }
  return new SipRequest(method, invite.uri, headers);
}
