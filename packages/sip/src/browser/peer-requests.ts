// For `ua/peer-requests.ts`: a page serves OPTIONS alone.
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { reply, type UaCore } from '../ua/core.js';
import type { InsideRequest } from '../ua/peer-requests.js';
import type { SessionHost } from '../ua/session-host.js';
import type { ExtraHeaders } from '../ua/types.js';
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
  { request: { method, body }, transaction }: InsideRequest,
  { host }: { host: SessionHost },
): void {
  if (method === 'OPTIONS') host.reply(transaction, 200, { headers: sdpAlone });
  else if (method === 'INFO' && body.length > 0) host.reply(transaction, 415, { headers: sdpAlone });
  else host.reply(transaction, method === 'PRACK' ? 481 : 501);
}
