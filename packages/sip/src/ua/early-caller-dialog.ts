import type { DialogOwner } from '../dialog/dialog-table.js';
import type { SipRequest } from '../message/message.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { reply, replyBusy, type UaCore } from './core.js';

/**
 * An early dialog of a call of ours, made by a 1xx with a tag: there so that the callee's requests in it are not told
 * "no such dialog". The session that follows takes its place in the table.
 */
export class EarlyCallerDialog implements DialogOwner {
  readonly #core: UaCore;
  readonly #key: string;

  constructor(core: UaCore, key: string) {
    this.#core = core;
    this.#key = key;
    core.dialogs.set(key, this);
  }

  close(): void {
    this.#core.dialogs.delete(this.#key, this);
  }

  abandon(): void {
    this.close();
  }

  receiveAck(): void {}

  receiveRequest(request: SipRequest, transaction: ServerTransaction): void {
    const { method } = request;
    if (method === 'UPDATE') {
      // Our own offer still waits for its answer. RFC 3311 §5.2.
      reply(this.#core, transaction, request.sdp === undefined ? 200 : 491);
    } else if (method === 'OPTIONS') reply(this.#core, transaction, 200);
    else if (method === 'INFO' || method === 'MESSAGE') replyBusy(this.#core, transaction);
    else reply(this.#core, transaction, 481); // A callee may not BYE an early dialog (§15), and there is no 100rel.
  }
}
