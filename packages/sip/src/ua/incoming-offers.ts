import type { Dialog } from '../dialog/dialog.js';
import type { SipRequest } from '../message/message.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { type AnswerParts, sdpBody } from './composer.js';
import { reply, replyBusy, type UaCore } from './core.js';
import type { DialogRequester } from './dialog-requester.js';
import type { Handshakes } from './handshakes.js';
import { type AcceptedReinvite, UasReinvite } from './incoming-reinvite.js';
import { refuseInterval } from './session-timer.js';
import type { ExtraHeaders } from './types.js';

export interface IncomingOffersHost {
  /** True while a re-INVITE of ours waits for its final response. */
  isOurOfferPending(): boolean;
  /** Takes what an accepted request says of the session timer, and gives what the 2xx is to say. */
  timerHeaders(request: SipRequest): ExtraHeaders;
  /** Hands the offer to the user. False when nobody listens. */
  announce(reinvite: () => UasReinvite): boolean;
  /** The peer's offer has its final response. */
  settled(): void;
}

/** The peer's re-INVITEs and UPDATEs, at most one at a time. RFC 3261 §14.2, RFC 3311 §5.2. */
export class IncomingOffers {
  readonly #core: UaCore;
  readonly #dialog: Dialog;
  readonly #requester: DialogRequester;
  readonly #handshakes: Handshakes;
  readonly #host: IncomingOffersHost;
  #pending: UasReinvite | undefined;

  constructor(
    core: UaCore,
    options: { dialog: Dialog; requester: DialogRequester; handshakes: Handshakes; host: IncomingOffersHost },
  ) {
    this.#core = core;
    this.#dialog = options.dialog;
    this.#requester = options.requester;
    this.#handshakes = options.handshakes;
    this.#host = options.host;
  }

  /** True while one waits for its answer. */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** The session ends: what is pending gets 487. RFC 3261 §15.1.2. */
  terminate(): void {
    this.#pending?.reject(487);
  }

  receiveInvite(request: SipRequest, transaction: ServerTransaction): void {
    if (this.#isRefused(request, transaction)) return;
    const { isOwing, isAwaitingAck } = this.#handshakes;
    if (this.#host.isOurOfferPending() || isOwing) this.#reply(transaction, 491);
    else if (this.isPending || isAwaitingAck) replyBusy(this.#core, transaction, this.#dialog.localTag);
    else {
      transaction.respond(this.#core.composer.trying(request));
      this.#receive(request, transaction);
    }
  }

  /** Without SDP it only refreshes the remote target. */
  receiveUpdate(request: SipRequest, transaction: ServerTransaction): void {
    if (this.#isRefused(request, transaction)) return;
    const { isOwing, isOfferOut } = this.#handshakes;
    if (request.sdp === undefined) {
      this.#dialog.refreshTarget(request);
      const headers = this.#host.timerHeaders(request);
      this.#reply(transaction, 200, { contacts: [this.#requester.contact()], headers });
    } else if (this.#host.isOurOfferPending() || isOwing || isOfferOut) this.#reply(transaction, 491);
    else if (this.isPending) replyBusy(this.#core, transaction, this.#dialog.localTag);
    else this.#receive(request, transaction);
  }

  #isRefused(request: SipRequest, transaction: ServerTransaction): boolean {
    const refusal = refuseInterval(request);
    if (refusal) this.#reply(transaction, refusal.status, refusal);
    return refusal !== undefined;
  }

  #receive(request: SipRequest, transaction: ServerTransaction): void {
    const isHeard = this.#host.announce(() => {
      this.#dialog.refreshTarget(request);
      this.#pending = new UasReinvite(this.#core, {
        request,
        transaction,
        accepted: (reinvite, answer) => this.#accept(reinvite, answer),
        finished: () => {
          this.#pending = undefined;
          this.#host.settled();
        },
      });
      return this.#pending;
    });
    if (!isHeard) this.#reply(transaction, 488);
  }

  #accept({ request, transaction }: UasReinvite, answer: AcceptedReinvite): void {
    const headers = [...(answer.headers ?? []), ...this.#host.timerHeaders(request)];
    const parts = { headers, body: sdpBody(answer.sdp), contacts: [this.#requester.contact()] };
    const response = this.#core.composer.response(request, 200, { ...parts, toTag: this.#dialog.localTag });
    if (request.method === 'INVITE') this.#handshakes.answer(transaction, response);
    else transaction.respond(response);
  }

  #reply(transaction: ServerTransaction, status: number, parts: AnswerParts = {}): void {
    reply(this.#core, transaction, status, { ...parts, toTag: this.#dialog.localTag });
  }
}
