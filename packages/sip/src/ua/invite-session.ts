import { TypedEmitter } from '@intermix/kernel';
import type { Dialog } from '../dialog/dialog.js';
import type { DialogOwner } from '../dialog/dialog-table.js';
import { SessionEndedError, SipHeaderError, SipRequestError } from '../message/errors.js';
import { type SipRequest, SipResponse } from '../message/message.js';
import type { NameAddr } from '../message/name-addr.js';
import { isToken } from '../message/scanner.js';
import type { SipUri } from '../message/uri.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Flow } from '../transport/flow.js';
import type { AnswerParts } from './composer.js';
import { type ListenerArgs, reply, replyBusy, type UaCore } from './core.js';
import { DialogRequester } from './dialog-requester.js';
import type { DigestAnswers } from './digest-answers.js';
import { checkExtraHeaders } from './extra-headers.js';
import { Handshakes } from './handshakes.js';
import { type AcceptedReinvite, UasReinvite } from './incoming-reinvite.js';
import { UasRequest } from './incoming-request.js';
import { isDialogGone, OfferQueue, type OfferResult } from './offer-queue.js';
import { formatReason, readReason } from './reason.js';
import { SessionPath } from './session-path.js';
import type {
  ExtraHeaders,
  InviteSession,
  InviteSessionEvents,
  Reason,
  SessionEnd,
  SipBody,
  SipFailure,
} from './types.js';

const engineMethods = new Set(['INVITE', 'ACK', 'CANCEL', 'BYE', 'PRACK']);

interface ByeOptions {
  reason?: Reason;
  headers?: ExtraHeaders;
}

/**
 * A confirmed INVITE dialog and the session in it. RFC 3261 §12 to §15.
 *
 *   confirmed ──BYE from the peer, 408, 481, flow lost──► gone
 *       └──bye()──► ended for the user ──ACK of our 2xx, or 64·T1──► BYE sent ──response──► gone
 *
 * "Gone" is when the dialog leaves the table, and later requests in it get 481.
 */
export class DialogSession extends TypedEmitter<InviteSessionEvents> implements InviteSession, DialogOwner {
  readonly #core: UaCore;
  readonly #dialog: Dialog;
  readonly #path: SessionPath;
  readonly #requester: DialogRequester;
  readonly #offers: OfferQueue;
  readonly #handshakes: Handshakes;
  #incoming: UasReinvite | undefined;
  #bye: ByeOptions | undefined;
  #end: SessionEnd | undefined;
  /**
   * Requests that wait for the ACK of the first INVITE. One that overtook our 2xx, or came in its stead because that was
   * lost, would get 481, and the call would be over on our side only.
   */
  #beforeAck: (() => void)[] | undefined;

  constructor(
    core: UaCore,
    options: {
      dialog: Dialog;
      flow: Flow;
      /** See SessionPath: true for a caller that looked the address up. */
      believeNextHop: boolean;
      digest?: DigestAnswers | undefined;
      contactUser?: string | undefined;
    },
  ) {
    super();
    this.#core = core;
    this.#dialog = options.dialog;
    const { flow, believeNextHop } = options;
    this.#path = new SessionPath({ flow, believeNextHop, connect: core.connect });
    this.#requester = new DialogRequester(core, {
      dialog: options.dialog,
      path: this.#path,
      digest: options.digest,
      contactUser: options.contactUser,
    });
    this.#handshakes = new Handshakes(core, {
      requester: this.#requester,
      path: this.#path,
      onNeverAcknowledged: () => this.#neverAcknowledged(),
    });
    this.#offers = new OfferQueue(core, {
      requester: this.#requester,
      ownsCallId: options.dialog.role === 'uac',
      host: {
        isBlocked: () => this.#isOfferBlocked(),
        reinviteAccepted: (response, request, hadOffer) => this.#reinviteAccepted(response, request, hadOffer),
        dialogGone: (failure) => this.#dialogGone(failure),
      },
    });
    core.dialogs.set(this.#dialog.key, this);
  }

  get callId(): string {
    return this.#dialog.callId;
  }

  get localTag(): string {
    return this.#dialog.localTag;
  }

  get remoteTag(): string {
    return this.#dialog.remoteTag;
  }

  get localUri(): NameAddr {
    return this.#dialog.local;
  }

  get remoteUri(): NameAddr {
    return this.#dialog.remote;
  }

  get flow(): Flow {
    return this.#path.flow;
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** A listener for `ended` that comes too late is told all the same. */
  override on<E extends keyof InviteSessionEvents>(
    event: E,
    listener: (...args: ListenerArgs<InviteSessionEvents[E]>) => void,
  ): () => void {
    if (event === 'ended' && this.#end) {
      const end = this.#end;
      queueMicrotask(() => (listener as (end: SessionEnd) => void)(end));
    }
    return super.on(event, listener);
  }

  // --- What the user asks for -------------------------------------------------------------------------------------

  acknowledge(sdp: string): void {
    if (this.ended) return;
    this.#handshakes.acknowledge(sdp);
    this.#offers.pump();
  }

  async reinvite(options: { sdp?: string; headers?: ExtraHeaders }): Promise<OfferResult> {
    if (this.#end) throw new SessionEndedError(this.#end);
    checkExtraHeaders(options.headers);
    return this.#offers.add(options.sdp, options.headers);
  }

  async request(method: string, options: { headers?: ExtraHeaders; body?: SipBody } = {}): Promise<SipResponse> {
    if (this.#end) throw new SessionEndedError(this.#end);
    if (!isToken(method) || engineMethods.has(method)) {
      throw new SipHeaderError('method', `${JSON.stringify(method)} is not sent by request()`);
    }
    checkExtraHeaders(options.headers);
    return new Promise((resolve, reject) => {
      const stop = this.on('ended', (end) => reject(new SessionEndedError(end)));
      const done = (outcome: SipResponse | SipFailure): void => {
        stop();
        if (outcome instanceof SipResponse) resolve(outcome);
        else reject(new SipRequestError(outcome));
        if (isDialogGone(outcome.status)) this.#dialogGone(outcome);
      };
      const send = (): void => {
        try {
          this.#requester.request(method, options, done);
        } catch (error) {
          stop();
          reject(error);
        }
      };
      if (this.#beforeAck) this.#beforeAck.push(send);
      else send();
    });
  }

  bye(options: ByeOptions = {}): void {
    if (this.#end) return;
    checkExtraHeaders(options.headers);
    this.#bye = options;
    this.#incoming?.reject(487);
    this.#handshakes.acknowledge(); // Of a late offer that was never answered.
    this.#finish({ by: 'local', cause: 'bye' });
    if (!this.#handshakes.isAwaitingAck) this.#sendBye();
  }

  rebind(flow: Flow, remoteTarget?: SipUri): void {
    this.#path.follow(flow);
    if (remoteTarget) this.#dialog.retarget(remoteTarget);
  }

  flowLost(): void {
    if (this.#end) return;
    this.#handshakes.stopAnswering();
    this.#finish({ by: 'local', cause: 'flow-lost' });
    this.#leave();
  }

  abandon(): void {
    this.flowLost();
    this.#handshakes.stopAnswering();
  }

  // --- What the INVITE's own usage tells --------------------------------------------------------------------------

  /** We are the callee: sends the 200 until its ACK comes. */
  startAsCallee(transaction: ServerTransaction, answer: AnswerParts): void {
    this.#beforeAck = [];
    this.#answerInvite(transaction, answer);
  }

  /** We are the caller: ACKs at once when our INVITE held the offer, else when `acknowledge` is called. */
  startAsCaller(invite: SipRequest): void {
    this.#handshakes.owe(invite);
    if (invite.sdp !== undefined) this.#handshakes.acknowledge();
  }

  /** The 2xx to our INVITE has come again: our ACK was lost. */
  handleRepeated2xx(cseq: number): void {
    this.#handshakes.acknowledgeAgain(cseq);
  }

  // --- Requests of the peer ---------------------------------------------------------------------------------------

  receiveAck(request: SipRequest, flow: Flow): void {
    if (!this.#handshakes.takeAck(request)) return;
    this.#path.follow(flow);
    if (this.#end) {
      this.#sendBye();
      return;
    }
    const waited = this.#beforeAck ?? [];
    this.#beforeAck = undefined;
    this.emit('acknowledged', request.sdp);
    for (const send of waited) if (!this.#end) send();
    this.#offers.pump();
  }

  receiveRequest(request: SipRequest, transaction: ServerTransaction, flow: Flow): void {
    if (!this.#dialog.takeRemoteCseq(request.cseq.number)) {
      replyBusy(this.#core, transaction);
      return;
    }
    if (this.#end) {
      this.#receiveAfterEnd(request, transaction);
      return;
    }
    this.#path.follow(flow);
    switch (request.method) {
      case 'BYE':
        this.#receiveBye(request, transaction);
        return;
      case 'INVITE':
        this.#receiveInvite(request, transaction);
        return;
      case 'UPDATE':
        this.#receiveUpdate(request, transaction);
        return;
      case 'OPTIONS':
        this.#reply(transaction, 200, { headers: [['Accept', 'application/sdp']] });
        return;
      case 'PRACK':
        this.#reply(transaction, 481);
        return;
      case 'INFO':
        this.#handOver('info', request, transaction, flow, request.body.length > 0 ? 415 : 501);
        return;
      default:
        this.#handOver('request', request, transaction, flow, 501);
        return;
    }
  }

  /** BYEs have crossed, or the peer has not heard of ours yet. */
  #receiveAfterEnd(request: SipRequest, transaction: ServerTransaction): void {
    this.#reply(transaction, request.method === 'BYE' ? 200 : 481);
    if (request.method !== 'BYE' || !this.#handshakes.isAwaitingAck) return;
    this.#handshakes.stopAnswering(); // Our BYE was to wait for the ACK; now none is needed.
    this.#leave();
  }

  #receiveBye(request: SipRequest, transaction: ServerTransaction): void {
    const reason = readReason(request);
    this.#reply(transaction, 200);
    this.#incoming?.reject(487);
    this.#handshakes.stopAnswering();
    this.#finish(reason ? { by: 'remote', cause: 'bye', reason } : { by: 'remote', cause: 'bye' });
    this.#leave();
  }

  /** RFC 3261 §14.2. */
  #receiveInvite(request: SipRequest, transaction: ServerTransaction): void {
    if (this.#offers.inFlight || this.#handshakes.isOwing) {
      this.#reply(transaction, 491);
      return;
    }
    if (this.#incoming || this.#handshakes.isAwaitingAck) {
      replyBusy(this.#core, transaction);
      return;
    }
    transaction.respond(this.#core.composer.trying(request));
    this.#offerReceived(request, transaction);
  }

  /** RFC 3311 §5.2. Without SDP it only refreshes the remote target. */
  #receiveUpdate(request: SipRequest, transaction: ServerTransaction): void {
    if (request.sdp === undefined) {
      this.#dialog.refreshTarget(request);
      this.#reply(transaction, 200, this.#withContact({}));
      return;
    }
    const { isOwing, isOfferOut } = this.#handshakes;
    if (this.#offers.inFlight || isOwing || isOfferOut) {
      this.#reply(transaction, 491);
      return;
    }
    if (this.#incoming) {
      replyBusy(this.#core, transaction);
      return;
    }
    this.#offerReceived(request, transaction);
  }

  #offerReceived(request: SipRequest, transaction: ServerTransaction): void {
    if (this.listenerCount('reinvite') === 0) {
      this.#reply(transaction, 488);
      return;
    }
    this.#dialog.refreshTarget(request);
    const incoming = new UasReinvite(this.#core, {
      request,
      transaction,
      accepted: (reinvite, answer) => this.#acceptReinvite(reinvite, answer),
      finished: () => {
        this.#incoming = undefined;
        this.#offers.pump();
      },
    });
    this.#incoming = incoming;
    this.emit('reinvite', incoming);
  }

  #acceptReinvite(reinvite: UasReinvite, answer: AcceptedReinvite): void {
    const body = answer.sdp === undefined ? undefined : { type: 'application/sdp', content: answer.sdp };
    const parts = this.#withContact({ headers: answer.headers, body });
    if (reinvite.request.method === 'INVITE') {
      this.#answerInvite(reinvite.transaction, parts);
    } else this.#reply(reinvite.transaction, 200, parts);
  }

  #handOver(
    event: 'info' | 'request',
    request: SipRequest,
    transaction: ServerTransaction,
    flow: Flow,
    unheard: number,
  ): void {
    if (this.listenerCount(event) === 0) {
      const headers: ExtraHeaders = unheard === 415 ? [['Accept', 'application/sdp']] : [];
      this.#reply(transaction, unheard, { headers });
      return;
    }
    const contact = request.method === 'INFO' ? undefined : this.#requester.contact();
    this.emit(event, new UasRequest(this.#core, { request, transaction, flow, contact }));
  }

  // --- Answers and ACKs -------------------------------------------------------------------------------------------

  #answerInvite(transaction: ServerTransaction, answer: AnswerParts): void {
    const response = this.#core.composer.response(transaction.request, 200, { ...answer, toTag: this.localTag });
    this.#handshakes.answer(transaction, response);
  }

  #neverAcknowledged(): void {
    this.#finish({ by: 'local', cause: 'no-ack' });
    this.#sendBye();
  }

  #reinviteAccepted(response: SipResponse, invite: SipRequest, hadOffer: boolean): void {
    if (!this.#handshakes.owe(invite)) return;
    this.#dialog.refreshTarget(response);
    if (hadOffer || this.#end) this.#handshakes.acknowledge();
  }

  #isOfferBlocked(): boolean {
    return this.#incoming !== undefined || this.#handshakes.isAwaitingAck || this.#handshakes.isOwing;
  }

  // --- The end ----------------------------------------------------------------------------------------------------

  #sendBye(): void {
    const { reason, headers = [] } = this.#bye ?? {};
    const all: ExtraHeaders = reason ? [['Reason', formatReason(reason)], ...headers] : headers;
    this.#requester.request('BYE', { headers: all }, () => this.#leave());
  }

  /** RFC 3261 §12.2.1.2 asks for a BYE, but where the peer has said that it knows no dialog. */
  #dialogGone(failure: SipFailure | SipResponse): void {
    if (this.#end) return;
    this.#incoming?.reject(487);
    this.#handshakes.stopAnswering();
    this.#finish({ by: 'local', cause: 'dialog-gone' });
    if (failure.status === 481) this.#leave();
    else this.#sendBye();
  }

  #finish(end: SessionEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#incoming?.reject(487);
    this.#offers.close();
    this.emit('ended', end);
  }

  #leave(): void {
    this.#core.dialogs.delete(this.#dialog.key, this);
  }

  #withContact(parts: AnswerParts): AnswerParts {
    return { ...parts, contacts: [this.#requester.contact()] };
  }

  #reply(transaction: ServerTransaction, status: number, parts: AnswerParts = {}): void {
    reply(this.#core, transaction, status, { ...parts, toTag: this.localTag });
  }
}
