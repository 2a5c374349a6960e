import type { SipRequest, SipResponse } from '../message/message.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Flow } from '../transport/flow.js';
import { dialogKey } from './dialog.js';

/** Whoever answers for a dialog, early or confirmed. */
export interface DialogOwner {
  /** A request inside the dialog, but for ACK and CANCEL. */
  receiveRequest(request: SipRequest, transaction: ServerTransaction, flow: Flow): void;
  /** An ACK to a 2xx. */
  receiveAck(request: SipRequest, flow: Flow): void;
  /** The user agent stops: ends without sending anything. */
  abandon(): void;
  /** A 2xx to an INVITE of ours that has been ACKed. */
  handleRepeated2xx?(cseq: number): void;
}

/**
 * The dialogs of this user agent. A request finds its dialog by Call-ID and tags, never by the address it came from:
 * some peers open a new connection each time.
 */
export class DialogTable {
  readonly #owners = new Map<string, DialogOwner>();

  get size(): number {
    return this.#owners.size;
  }

  set(key: string, owner: DialogOwner): void {
    this.#owners.set(key, owner);
  }

  /** Forgets the dialog, unless somebody else owns it by now (an early dialog that became a session). */
  delete(key: string, owner: DialogOwner): void {
    if (this.#owners.get(key) === owner) this.#owners.delete(key);
  }

  /** The owner of the dialog that a request names, from the receiver's side: To tag is ours, From tag is theirs. */
  find(request: SipRequest): DialogOwner | undefined {
    const localTag = request.to.tag;
    if (localTag === undefined) return undefined;
    return (
      this.#owners.get(dialogKey(request.callId, localTag, request.from.tag ?? '')) ??
      // A 2xx without a To tag made a dialog without a remote tag; its peer may find its tag later.
      this.#owners.get(dialogKey(request.callId, localTag, ''))
    );
  }

  /** The owner of the dialog that a response to a request of ours belongs to. */
  findAnswered(response: SipResponse): DialogOwner | undefined {
    return this.#owners.get(dialogKey(response.callId, response.from.tag ?? '', response.to.tag ?? ''));
  }

  /** Ends all dialogs without sending anything. */
  abandonAll(): void {
    for (const owner of [...this.#owners.values()]) owner.abandon();
    this.#owners.clear();
  }
}
