import { TypedEmitter } from '@intermix/kernel';
import type { Dialog } from '../dialog/dialog.js';
import type { DialogOwner } from '../dialog/dialog-table.js';
import type { SessionSnapshot } from '../dialog/session-snapshot.js';
import { SessionEndedError, SipHeaderError, SipRequestError } from '../message/errors.js';
import { type SipRequest, SipResponse } from '../message/message.js';
import type { NameAddr } from '../message/name-addr.js';
import { isToken } from '../message/scanner.js';
import type { SipUri } from '../message/uri.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Flow } from '../transport/flow.js';
import type { AnswerParts } from './composer.js';
import { Alarm, type ListenerArgs, reply, replyBusy, type UaCore } from './core.js';
import { DialogRequester } from './dialog-requester.js';
import type { DigestAnswers } from './digest-answers.js';
import { checkExtraHeaders } from './extra-headers.js';
import { timeoutFailure } from './failures.js';
import { Handshakes } from './handshakes.js';
import { IncomingOffers } from './incoming-offers.js';
import { UasRequest } from './incoming-request.js';
import { isDialogGone, OfferQueue, type OfferResult } from './offer-queue.js';
import { formatReason, readReason } from './reason.js';
import { SessionPath } from './session-path.js';
import { SessionTimer } from './session-timer.js';
import type {
  ExtraHeaders,
  InviteSession,
  InviteSessionEvents,
  Reason,
  SessionEnd,
  SipBody,
  SipFailure,
} from './types.js';

/** A BYE is answered after this, whatever it waits for. Well below the 32 s after which its sender gives up. */
const byeAnswerLimitMs = 2_000;
const engineMethods = new Set(['INVITE', 'ACK', 'CANCEL', 'BYE', 'PRACK']);

/** Whoever ACKs a 2xx to our INVITE that comes again, because our ACK was lost. */
export interface AckRepeater {
  handleRepeated2xx(cseq: number): void;
}

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
export class DialogSession
  extends TypedEmitter<InviteSessionEvents>
  implements InviteSession, DialogOwner, AckRepeater
{
  admit?: InviteSession['admit'];
  readonly #core: UaCore;
  readonly #dialog: Dialog;
  readonly #path: SessionPath;
  readonly #contactUser: string | undefined;
  readonly #requester: DialogRequester;
  readonly #offers: OfferQueue;
  readonly #handshakes: Handshakes;
  readonly #incoming: IncomingOffers;
  readonly #timer: SessionTimer;
  #bye: ByeOptions | undefined;
  #onGone: ((remains: AckRepeater) => void) | undefined;
  #end: SessionEnd | undefined;
  #byeAnswerAfter: (() => Promise<unknown> | undefined) | undefined;
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
    this.#contactUser = options.contactUser;
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
        timerHeaders: () => this.#timer.offer,
        reinviteAccepted: (response, request, hadOffer) => this.#reinviteAccepted(response, request, hadOffer),
        dialogGone: (failure) => this.#dialogGone(failure),
      },
    });
    this.#incoming = new IncomingOffers(core, {
      dialog: options.dialog,
      requester: this.#requester,
      handshakes: this.#handshakes,
      host: {
        isOurOfferPending: () => this.#offers.inFlight,
        timerHeaders: (request) => this.#timer.answer(request),
        announce: (reinvite) => this.listenerCount('reinvite') > 0 && this.emit('reinvite', reinvite()),
        settled: () => this.#offers.pump(),
      },
    });
    this.#timer = new SessionTimer(core, {
      refresh: (headers, done) => this.#refresh(headers, done),
      expired: () => this.#dialogGone(timeoutFailure()),
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
    this.#incoming.terminate();
    this.#handshakes.acknowledge(); // Of a late offer that was never answered.
    this.#finish({ by: 'local', cause: 'bye' });
    if (!this.#handshakes.isAwaitingAck) this.#sendBye();
  }

  answerByeAfter(ready: () => Promise<unknown> | undefined): void {
    this.#byeAnswerAfter = ready;
  }

  snapshot(): SessionSnapshot {
    if (this.#end) throw new SessionEndedError(this.#end);
    const { role, callId, local, remote, routeSet, remoteTarget, cseqs, secure } = this.#dialog;
    const timer = this.#timer.running;
    return {
      v: 1,
      role,
      callId,
      local: local.toString(),
      remote: remote.toString(),
      routes: routeSet.map(String),
      remoteTarget: remoteTarget.toString(),
      localCseq: cseqs.local,
      ...(cseqs.remote === undefined ? {} : { remoteCseq: cseqs.remote }),
      secure,
      ...(timer ? { timer } : {}),
      ...(this.#contactUser === undefined ? {} : { contactUser: this.#contactUser }),
    };
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

  /**
   * We are the caller: ACKs at once when our INVITE held the offer, else when `acknowledge` is called. Once the dialog is
   * gone, `onGone` gets what the INVITE's transaction needs in the session's stead.
   */
  startAsCaller(invite: SipRequest, onGone: (remains: AckRepeater) => void): void {
    this.#onGone = onGone;
    this.#handshakes.owe(invite);
    if (invite.sdp !== undefined) this.#handshakes.acknowledge();
  }

  /** We go on with a session that another endpoint of ours has had. */
  startAsHeir(snapshot: SessionSnapshot): void {
    if (snapshot.timer) this.#timer.resume(snapshot.timer);
  }

  /** The 2xx to our INVITE has come again: our ACK was lost. */
  handleRepeated2xx(cseq: number): void {
    this.#handshakes.acknowledgeAgain(cseq);
  }

  // --- Requests of the peer ---------------------------------------------------------------------------------------

  receiveAck(request: SipRequest, flow: Flow): void {
    if (!this.#admits(request, flow) || !this.#handshakes.takeAck(request)) return;
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
    if (!this.#admits(request, flow)) {
      this.#reply(transaction, 403);
      return;
    }
    if (!this.#dialog.takeRemoteCseq(request.cseq.number)) {
      replyBusy(this.#core, transaction, this.localTag);
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
        this.#incoming.receiveInvite(request, transaction);
        return;
      case 'UPDATE':
        this.#incoming.receiveUpdate(request, transaction);
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

  #admits(request: SipRequest, flow: Flow): boolean {
    return flow.id === this.flow.id || (this.admit?.(request, flow) ?? true);
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
    const answerAfter = this.#byeAnswerAfter;
    if (!answerAfter) this.#reply(transaction, 200);
    this.#incoming.terminate();
    this.#handshakes.stopAnswering();
    this.#finish(reason ? { by: 'remote', cause: 'bye', reason } : { by: 'remote', cause: 'bye' });
    this.#leave();
    if (answerAfter) this.#replyAfter(transaction, answerAfter());
  }

  /** The sender repeats its BYE after T1, which its transaction swallows: the answer is late, not lost. */
  #replyAfter(transaction: ServerTransaction, ready: Promise<unknown> | undefined): void {
    const alarm = new Alarm(this.#core.clock);
    let answered = false;
    const answer = (): void => {
      if (answered) return;
      answered = true;
      alarm.clear();
      this.#reply(transaction, 200);
    };
    if (!ready) {
      answer();
      return;
    }
    alarm.set(byeAnswerLimitMs, answer);
    ready.then(answer, answer);
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
    const { request } = transaction;
    const headers = [...(answer.headers ?? []), ...this.#timer.answer(request)];
    const response = this.#core.composer.response(request, 200, { ...answer, headers, toTag: this.localTag });
    this.#handshakes.answer(transaction, response);
  }

  #neverAcknowledged(): void {
    this.#finish({ by: 'local', cause: 'no-ack' });
    this.#sendBye();
  }

  #reinviteAccepted(response: SipResponse, invite: SipRequest, hadOffer: boolean): void {
    if (!this.#handshakes.owe(invite)) return;
    this.#dialog.refreshTarget(response);
    this.#timer.accepted(response);
    if (hadOffer || this.#end) this.#handshakes.acknowledge();
  }

  /** Our refresh of the session timer. Without SDP it is in nobody's way. RFC 4028 §7.4. */
  #refresh(headers: ExtraHeaders, done: (outcome: SipResponse | SipFailure) => void): void {
    this.#requester.request('UPDATE', { headers }, (outcome) => {
      if (outcome instanceof SipResponse && outcome.status < 300) this.#dialog.refreshTarget(outcome);
      done(outcome);
      if (isDialogGone(outcome.status)) this.#dialogGone(outcome);
    });
  }

  #isOfferBlocked(): boolean {
    return this.#incoming.isPending || this.#handshakes.isAwaitingAck || this.#handshakes.isOwing;
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
    this.#incoming.terminate();
    this.#handshakes.stopAnswering();
    this.#finish({ by: 'local', cause: 'dialog-gone' });
    if (failure.status === 481) this.#leave();
    else this.#sendBye();
  }

  #finish(end: SessionEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#timer.close();
    this.#incoming.terminate();
    this.#offers.close();
    this.emit('ended', end);
  }

  #leave(): void {
    this.#core.dialogs.delete(this.#dialog.key, this);
    this.#onGone?.(this.#handshakes.sentAck);
    this.#onGone = undefined;
  }

  #reply(transaction: ServerTransaction, status: number, parts: AnswerParts = {}): void {
    reply(this.#core, transaction, status, { ...parts, toTag: this.localTag });
  }
}
