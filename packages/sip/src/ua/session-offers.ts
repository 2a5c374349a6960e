import type { Dialog } from '../dialog/dialog.js';
import type { SessionSnapshot } from '../dialog/session-snapshot.js';
import { type SipRequest, SipResponse } from '../message/message.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { AnswerParts } from './composer.js';
import type { UaCore } from './core.js';
import type { DialogRequester } from './dialog-requester.js';
import { timeoutFailure } from './failures.js';
import { Handshakes } from './handshakes.js';
import { IncomingOffers } from './incoming-offers.js';
import { isDialogGone, OfferQueue, type OfferResult } from './offer-queue.js';
import type { SessionHost } from './session-host.js';
import type { SessionPath } from './session-path.js';
import { SessionTimer } from './session-timer.js';
import type { ExtraHeaders, SipFailure } from './types.js';

/**
 * All INVITEs and UPDATEs of one session: ours, the peer's, their ACKs and the session timer that they carry. Here stands
 * who waits for whom, so that at most one offer is open at a time. RFC 3261 §14, RFC 3311, RFC 4028.
 */
export class SessionOffers {
  /** The ACKs of both sides. */
  readonly handshakes: Handshakes;
  readonly #core: UaCore;
  readonly #dialog: Dialog;
  readonly #requester: DialogRequester;
  readonly #host: SessionHost;
  readonly #queue: OfferQueue;
  readonly #incoming: IncomingOffers;
  readonly #timer: SessionTimer;

  constructor(
    core: UaCore,
    options: { dialog: Dialog; requester: DialogRequester; path: SessionPath; host: SessionHost },
  ) {
    const { dialog, requester, host } = options;
    this.#core = core;
    this.#dialog = dialog;
    this.#requester = requester;
    this.#host = host;
    this.handshakes = new Handshakes(core, { ...options, onNeverAcknowledged: host.neverAcknowledged });
    const { handshakes } = this;
    this.#queue = new OfferQueue(core, {
      requester,
      ownsCallId: dialog.role === 'uac',
      host: {
        isBlocked: () => this.#incoming.isPending || handshakes.isAwaitingAck || handshakes.isOwing,
        timerHeaders: () => this.#timer.offer,
        reinviteAccepted: (response, request, hadOffer) => this.#reinviteAccepted(response, request, hadOffer),
        dialogGone: host.dialogGone,
      },
    });
    this.#incoming = new IncomingOffers(core, {
      dialog,
      requester,
      handshakes,
      host: {
        isOurOfferPending: () => this.#queue.inFlight,
        timerHeaders: (request) => this.#timer.answer(request),
        announce: (reinvite) => host.announce('reinvite', reinvite),
        settled: () => this.pump(),
      },
    });
    this.#timer = new SessionTimer(core, {
      refresh: (headers, done) => this.#refresh(headers, done),
      expired: () => host.dialogGone(timeoutFailure()),
    });
  }

  /** What runs of RFC 4028, for a snapshot. */
  get runningTimer(): SessionSnapshot['timer'] {
    return this.#timer.running;
  }

  /** Goes on where another endpoint of ours has left off. */
  resume({ timer }: SessionSnapshot): void {
    if (timer) this.#timer.resume(timer);
  }

  /** Sends the 200 to the INVITE that opened the dialog, until its ACK comes. */
  answerInvite(transaction: ServerTransaction, answer: AnswerParts): void {
    const { request } = transaction;
    const headers = [...(answer.headers ?? []), ...this.#timer.answer(request)];
    const response = this.#core.composer.response(request, 200, { ...answer, headers, toTag: this.#dialog.localTag });
    this.handshakes.answer(transaction, response);
  }

  /** ACKs the 2xx to our INVITE at once when that held the offer, else when `acknowledge` is called. */
  openedBy(invite: SipRequest): void {
    this.handshakes.owe(invite);
    if (invite.sdp !== undefined) this.handshakes.acknowledge();
  }

  /** The ACK of a late offer, with our answer. */
  acknowledge(sdp: string): void {
    this.handshakes.acknowledge(sdp);
    this.pump();
  }

  /** Queues a re-INVITE of ours. */
  add(sdp: string | undefined, headers: ExtraHeaders | undefined): Promise<OfferResult> {
    return this.#queue.add(sdp, headers);
  }

  /** Takes a re-INVITE or UPDATE of the peer. */
  receive(request: SipRequest, transaction: ServerTransaction): void {
    if (request.method === 'INVITE') this.#incoming.receiveInvite(request, transaction);
    else this.#incoming.receiveUpdate(request, transaction);
  }

  /** Sends the next of ours if the way is free. To be called whenever it may have become so. */
  pump(): void {
    this.#queue.pump();
  }

  /** The session is over: what is pending of the peer's gets 487 (RFC 3261 §15.1.2), ours are given up. */
  close(): void {
    this.#queue.close(); // First, so that what frees the way sends none of ours behind the end.
    this.#timer.close();
    this.#incoming.terminate();
  }

  #reinviteAccepted(response: SipResponse, invite: SipRequest, hadOffer: boolean): void {
    if (!this.handshakes.owe(invite)) return;
    this.#dialog.refreshTarget(response);
    this.#timer.accepted(response);
    if (hadOffer || this.#queue.closed) this.handshakes.acknowledge();
  }

  /** Our refresh of the session timer. Without SDP it is in nobody's way. RFC 4028 §7.4. */
  #refresh(headers: ExtraHeaders, done: (outcome: SipResponse | SipFailure) => void): void {
    this.#requester.request('UPDATE', { headers }, (outcome) => {
      if (outcome instanceof SipResponse && outcome.status < 300) this.#dialog.refreshTarget(outcome);
      done(outcome);
      if (isDialogGone(outcome.status)) this.#host.dialogGone(outcome);
    });
  }
}
