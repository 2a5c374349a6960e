// For `ua/peer-requests.ts`: a page serves OPTIONS, and INFO in a dialog.
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { reply, type UaCore } from '../ua/core.js';
import type { InsideRequest } from '../ua/peer-requests.js';
import type { SessionHost } from '../ua/session-host.js';
import type { ExtraHeaders, IncomingRequest } from '../ua/types.js';
import { unservedStatus } from './method-checks.js';

const sdpAlone: ExtraHeaders = [['Accept', 'application/sdp']];

/** A request outside of dialogs that is no INVITE. */
export function receiveOutside(core: UaCore, transaction: ServerTransaction): void {
  const { request, flow } = transaction;
  if (request.method !== 'OPTIONS') reply(core, transaction, unservedStatus(request.method));
  else reply(core, transaction, 200, { contacts: [core.contact(flow, {})], headers: sdpAlone });
}

/** A request inside a dialog that is neither an offer nor a BYE. */
export function receiveInside(
  _core: unknown,
  { request, transaction, flow }: InsideRequest,
  { host }: { host: SessionHost },
): void {
  const { method, body } = request;
  const respond: IncomingRequest['respond'] = (status, options) => host.reply(transaction, status, options);
  if (method === 'OPTIONS') respond(200, { headers: sdpAlone });
  else if (method === 'INFO' && host.announce('info', () => ({ request, flow, respond }))) return;
  else if (method === 'INFO' && body.length > 0) host.reply(transaction, 415, { headers: sdpAlone });
  else host.reply(transaction, method === 'PRACK' ? 481 : 501);
}
