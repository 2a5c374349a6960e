import type { SipRequest, SipResponse } from '../message/message.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { UaCore } from './core.js';
import type { DialogRequester } from './dialog-requester.js';
import { checkExtraHeaders } from './extra-headers.js';
import { answerWhenReady } from './late-answer.js';
import { formatReason, readReason } from './reason.js';
import type { SessionHost } from './session-host.js';
import type { SessionOffers } from './session-offers.js';
import type { ExtraHeaders, Reason, SessionEnd, SipFailure } from './types.js';

export interface ByeOptions {
  reason?: Reason;
  headers?: ExtraHeaders;
}

/**
 * How a session ends, by whichever side. RFC 3261 §15.
 *
 *   confirmed ──BYE from the peer, 408, 481, flow lost──► gone
 *       └──bye()──► ended for the user ──ACK of our 2xx, or 64·T1──► BYE sent ──response──► gone
 *
 * "Gone" is when the dialog leaves the table, and later requests in it get 481.
 */
export class SessionEnding {
  /** See `InviteSession.answerByeAfter`. */
  answerByeAfter: (() => Promise<unknown> | undefined) | undefined;
  readonly #core: UaCore;
  readonly #requester: DialogRequester;
  readonly #offers: SessionOffers;
  readonly #host: SessionHost;
  #bye: ByeOptions | undefined;
  #end: SessionEnd | undefined;

  constructor(core: UaCore, options: { requester: DialogRequester; offers: SessionOffers; host: SessionHost }) {
    this.#core = core;
    this.#requester = options.requester;
    this.#offers = options.offers;
    this.#host = options.host;
  }

  /** Set once the session is over for its user. */
  get end(): SessionEnd | undefined {
    return this.#end;
  }

  /** We hang up. */
  bye(options: ByeOptions): void {
    if (this.#end) return;
    checkExtraHeaders(options.headers);
    this.#bye = options;
    const { handshakes } = this.#offers;
    handshakes.acknowledge(); // Of a late offer that was never answered.
    if (!handshakes.isAwaitingAck) this.sendBye(); // First: who hears of the end may close the connection.
    this.#finish({ by: 'local', cause: 'bye' });
  }

  /** The BYE that had to wait for the ACK of our 2xx may go, or one that tells of an end that is none of ours. */
  sendBye(): void {
    const { reason, headers = [] } = this.#bye ?? {};
    const all: ExtraHeaders = reason ? [['Reason', formatReason(reason)], ...headers] : headers;
    this.#requester.request('BYE', { headers: all }, () => this.#host.gone());
  }

  neverAcknowledged(): void {
    this.sendBye();
    this.#finish({ by: 'local', cause: 'no-ack' });
  }

  /** RFC 3261 §12.2.1.2 asks for a BYE, but where the peer has said that it knows no dialog. */
  dialogGone(failure: SipFailure | SipResponse): void {
    if (this.#end) return;
    if (failure.status === 481) this.#host.gone();
    else this.sendBye();
    this.#finish({ by: 'local', cause: 'dialog-gone' });
  }

  /** Ends without sending anything. */
  flowLost(): void {
    if (this.#end) return;
    this.#finish({ by: 'local', cause: 'flow-lost' });
    this.#host.gone();
  }

  /** The peer hangs up. */
  receiveBye(request: SipRequest, transaction: ServerTransaction): void {
    const reason = readReason(request);
    const answer = (): void => this.#host.reply(transaction, 200);
    const answerAfter = this.answerByeAfter;
    if (!answerAfter) answer();
    this.#finish(reason ? { by: 'remote', cause: 'bye', reason } : { by: 'remote', cause: 'bye' });
    this.#host.gone();
    if (answerAfter) answerWhenReady(this.#core, answerAfter(), answer);
  }

  /** BYEs have crossed, or the peer has not heard of ours yet. */
  receiveAfterEnd(request: SipRequest, transaction: ServerTransaction): void {
    const { handshakes } = this.#offers;
    this.#host.reply(transaction, request.method === 'BYE' ? 200 : 481);
    if (request.method !== 'BYE' || !handshakes.isAwaitingAck) return;
    handshakes.stopAnswering(); // Our BYE was to wait for the ACK; now none is needed.
    this.#host.gone();
  }

  #finish(end: SessionEnd): void {
    if (this.#end) return;
    this.#end = end;
    if (!this.#bye) this.#offers.handshakes.stopAnswering(); // A BYE of ours waits for the ACK.
    this.#offers.close();
    this.#host.ended(end);
  }
}
