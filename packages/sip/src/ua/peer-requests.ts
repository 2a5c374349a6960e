// In browsers, `browser/peer-requests.ts` stands in the place of this module.
import type { SipRequest } from '../message/message.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Flow } from '../transport/flow.js';
import { reply, type UaCore } from './core.js';
import type { DialogRequester } from './dialog-requester.js';
import { UasRequest } from './incoming-request.js';
import { unservedStatus } from './method-checks.js';
import type { SessionHost } from './session-host.js';
import type { ExtraHeaders } from './types.js';

/** Those who may serve a request outside of dialogs. */
export interface RequestListeners {
  readonly count: number;
  emit(incoming: UasRequest): void;
}

/** A request inside a dialog; `flow` is where it came from. */
export interface InsideRequest {
  request: SipRequest;
  transaction: ServerTransaction;
  flow: Flow;
}

const sdpAlone: ExtraHeaders = [['Accept', 'application/sdp']];

/** A request outside of dialogs that is no INVITE: goes to the listeners, or is answered for want of them. RFC 3261 §8.2.1. */
export function receiveOutside(core: UaCore, transaction: ServerTransaction, listeners: RequestListeners): void {
  const { request, flow } = transaction;
  const unserved = unservedStatus(request.method);
  const isOptions = request.method === 'OPTIONS';
  if (unserved === 481 || (!isOptions && listeners.count === 0)) {
    reply(core, transaction, unserved);
    return;
  }
  const contact = isOptions ? core.contact(flow, {}) : undefined;
  const incoming = new UasRequest(core, { request, transaction, flow, contact });
  listeners.emit(incoming);
  // Carriers probe with OPTIONS before they send calls: it is answered whatever the listeners are interested in.
  if (isOptions) incoming.respond(200, { headers: sdpAlone });
}

/** A request inside a dialog that is neither an offer nor a BYE. RFC 3261 §12.2.2. */
export function receiveInside(
  core: UaCore,
  { request, transaction, flow }: InsideRequest,
  { requester, host }: { requester: DialogRequester; host: SessionHost },
): void {
  const { method } = request;
  if (method === 'OPTIONS') host.reply(transaction, 200, { headers: sdpAlone });
  else if (method === 'PRACK') host.reply(transaction, 481);
  else {
    const isInfo = method === 'INFO';
    const isHeard = host.announce(isInfo ? 'info' : 'request', () => {
      const contact = isInfo ? undefined : requester.contact();
      return new UasRequest(core, { request, transaction, flow, contact });
    });
    if (isHeard) return;
    if (isInfo && request.body.length > 0) host.reply(transaction, 415, { headers: sdpAlone });
    else host.reply(transaction, 501);
  }
}
