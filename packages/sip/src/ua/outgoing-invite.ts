import { TypedEmitter } from '@intermix/kernel';
import { Dialog, type DialogRouting, dialogKey, routeRequest } from '../dialog/dialog.js';
import type { SipRequest, SipResponse } from '../message/message.js';
import { writeMessage } from '../message/write.js';
import type { ClientTransaction } from '../transaction/client-transaction.js';
import type { Flow } from '../transport/flow.js';
import { sdpBody } from './composer.js';
import { Alarm, type Hops, type UaCore, viaAndContact } from './core.js';
import { type Authorization, DigestAnswers } from './digest-answers.js';
import { EarlyCallerDialog } from './early-caller-dialog.js';
import { checkExtraHeaders } from './extra-headers.js';
import { cancelledFailure, responseFailure, timeoutFailure, transportFailure } from './failures.js';
import { type AckRepeater, DialogSession } from './invite-session.js';
import { formatReason } from './reason.js';
import type { OutgoingInvite, OutgoingInviteEvents, OutgoingInviteOptions, Reason, SipFailure } from './types.js';

/** What an INVITE is made of. */
interface Attempt {
  options: OutgoingInviteOptions;
  /** With our tag. */
  from: OutgoingInviteOptions['from'];
  routing: DialogRouting;
  hops: Hops;
}

/**
 * The UAC side of an INVITE: one logical call attempt over however many transactions it takes. RFC 3261 §13.2, §8.1.3.
 *
 *   looking up ──flow──► calling ──1xx──► ringing ──2xx──► answered (each 2xx of another fork is ACKed and BYEd)
 *       ▲                   │                └─────300–699──┐
 *       ├─503, time-out, transport error, while hops remain─┤
 *       └─401, 407 (again over the same flow)───────────────┴──► failed
 */
export class UacInvite extends TypedEmitter<OutgoingInviteEvents> implements OutgoingInvite {
  readonly callId: string;
  readonly #core: UaCore;
  /** Let go once it is answered, as its transaction lives on for 32 s. */
  #attempt: Attempt | undefined;
  readonly #sessionOptions: { isLookedUp: boolean; contactUser: string | undefined };
  readonly #digest: DigestAnswers | undefined;
  readonly #localTag: string;
  readonly #timerC: Alarm;
  readonly #ringTimeout: Alarm;
  readonly #early = new Map<string, EarlyCallerDialog>();
  /** By remote tag: the session that was answered, those of other forks on their way out, and what they leave behind. */
  readonly #forks = new Map<string, AckRepeater>();
  #cseq = 0;
  #transaction: ClientTransaction | undefined;
  #cancelled: { reason: Reason | undefined } | undefined;
  /** A 101–199 has come: somebody was alerted, so that no other hop is tried behind his back. */
  #hasRung = false;
  #settled = false;

  constructor(core: UaCore, options: OutgoingInviteOptions) {
    super();
    checkExtraHeaders(options.headers);
    this.#core = core;
    this.callId = core.newToken() + core.newToken();
    this.#localTag = core.newToken();
    const routing = routeRequest(options.target.uri, options.target.route ?? []);
    const from = options.from.withTag(this.#localTag);
    this.#attempt = { options, from, routing, hops: core.hops(options.target, routing.nextHop) };
    this.#sessionOptions = { isLookedUp: options.target.flow === undefined, contactUser: options.contactUser };
    this.#digest = options.credentials && new DigestAnswers(options.credentials, core.random);
    this.#timerC = new Alarm(core.clock);
    this.#ringTimeout = new Alarm(core.clock);
  }

  get request(): SipRequest {
    return this.#transaction?.request ?? this.#build(1, this.#attempt?.hops.known, []);
  }

  /** Sends the INVITE, or looks up where to. */
  start(): void {
    const { options, hops } = this.#open;
    const { ringTimeoutMs } = options;
    if (ringTimeoutMs !== undefined) this.#ringTimeout.set(ringTimeoutMs, () => this.#giveUp());
    const { known } = hops;
    if (known && !known.closed) this.#send(known, []);
    else void this.#tryNextHop(transportFailure(known ? 'the flow is closed' : 'no address could be reached'));
  }

  cancel(reason?: Reason): void {
    if (this.#settled || this.#cancelled) return;
    this.#cancelled = { reason };
    this.#ringTimeout.clear();
    if (this.#transaction) this.#transaction.cancel(reason && formatReason(reason));
    else queueMicrotask(() => this.#fail(cancelledFailure())); // Still looking up: nothing was sent.
  }

  // --- Sending ----------------------------------------------------------------------------------------------------

  async #tryNextHop(last: SipFailure): Promise<void> {
    this.#transaction = undefined;
    const flow = await this.#attempt?.hops.next(() => this.#octets()).catch(() => undefined);
    if (this.#settled) return;
    if (this.#cancelled) this.#fail(cancelledFailure(last.response));
    else if (flow) this.#send(flow, []);
    else this.#fail(last);
  }

  #send(flow: Flow, authorization: Authorization): void {
    this.#cseq += 1;
    const request = this.#build(this.#cseq, flow, authorization);
    const transaction: ClientTransaction = this.#core.send(request, flow, {
      onProvisional: (response) => this.#provisional(response),
      onFinal: (response) => this.#final(response, transaction),
      onTimeout: () => this.#lost(timeoutFailure()),
      onTransportError: (reason) => this.#lost(transportFailure(reason)),
    });
    this.#transaction = transaction;
  }

  /** Octets of the INVITE, the Via and Contact of its flow reckoned. */
  #octets(): number {
    return writeMessage(this.#build(this.#cseq + 1, undefined, [])).length + viaAndContact;
  }

  get #open(): Attempt {
    if (!this.#attempt) throw new Error('the INVITE has been answered');
    return this.#attempt;
  }

  #build(cseq: number, flow: Flow | undefined, authorization: Authorization): SipRequest {
    const { options, from, routing } = this.#open;
    const { target, sdp, to, headers, maxForwards, contactUser } = options;
    const secure = target.uri.scheme === 'sips';
    return this.#core.composer.request({
      method: 'INVITE',
      uri: routing.requestUri,
      routes: routing.routes,
      from,
      to,
      callId: this.callId,
      cseq,
      maxForwards,
      contacts: flow && [this.#core.contact(flow, { user: contactUser, secure })],
      headers,
      body: sdpBody(sdp),
      authorization,
    });
  }

  // --- What comes back --------------------------------------------------------------------------------------------

  #provisional(response: SipResponse): void {
    // Timer C begins with the first sign of life and again with each 101–199, as RFC 3261 §16.7 has it for proxies.
    if (response.status > 100 || !this.#timerC.pending) {
      this.#timerC.set(this.#core.timers.timerC, () => this.#giveUp());
    }
    if (response.status > 100) this.#hasRung = true;
    if (response.status === 100 || this.#settled || this.#cancelled) return;
    const remoteTag = response.to.tag;
    if (remoteTag !== undefined) this.#rememberEarly(remoteTag);
    const { status, reason, sdp } = response;
    this.emit('progress', { status, reason, ...(sdp === undefined ? {} : { sdp }), remoteTag, response });
  }

  #final(response: SipResponse, transaction: ClientTransaction): void {
    if (response.status < 300) {
      this.#success(response, transaction);
      return;
    }
    if (this.#cancelled || this.#settled) {
      this.#lost(responseFailure(response));
      return;
    }
    const { request, flow } = transaction;
    const answer = this.#digest?.answer(response, request);
    if (answer && !flow.closed) this.#send(flow, answer);
    else if (response.status === 503) void this.#tryNextHop(responseFailure(response));
    else this.#fail(responseFailure(response));
  }

  /** No 2xx will come of this transaction. */
  #lost(failure: SipFailure): void {
    this.#timerC.clear();
    if (this.#settled) return;
    if (this.#cancelled) this.#fail(cancelledFailure(failure.response));
    else if (failure.cause === 'response' || this.#hasRung) this.#fail(failure);
    else void this.#tryNextHop(failure);
  }

  /** Any 2xx, repeated or of another fork. RFC 3261 §13.2.2.4. One without a To tag counts as a fork of its own. */
  #success(response: SipResponse, transaction: ClientTransaction): void {
    const remoteTag = response.to.tag ?? '';
    const known = this.#forks.get(remoteTag);
    if (known) {
      known.handleRepeated2xx(response.cseq.number);
      return;
    }
    const isWanted = !this.#settled && !this.#cancelled;
    const { request, flow } = transaction;
    const session = this.#openSession(response, request, flow);
    this.#forks.set(remoteTag, session);
    session.startAsCaller(request, (remains) => this.#forks.set(remoteTag, remains));
    if (isWanted) {
      this.#settle();
      this.emit('answered', session, response);
      this.#letGo();
      return;
    }
    const reason = this.#cancelled?.reason;
    session.bye(reason ? { reason } : {});
    if (this.#cancelled) this.#fail(cancelledFailure());
  }

  #openSession(response: SipResponse, request: SipRequest, flow: Flow): DialogSession {
    return new DialogSession(this.#core, {
      dialog: Dialog.forCaller(request, response),
      flow,
      // A connection, once it stands, is kept: some carriers refuse a second one. The far end is named by datagrams.
      believeNextHop: this.#sessionOptions.isLookedUp && !flow.reliable,
      digest: this.#digest,
      contactUser: this.#sessionOptions.contactUser,
    });
  }

  #rememberEarly(remoteTag: string): void {
    if (this.#early.has(remoteTag)) return;
    const key = dialogKey(this.callId, this.#localTag, remoteTag);
    const early = new EarlyCallerDialog(this.#core, key);
    this.#early.set(remoteTag, early);
  }

  // --- The end ----------------------------------------------------------------------------------------------------

  /** It has rung for too long. Its user is told at once; a 2xx that crosses the CANCEL is ACKed and BYEd. */
  #giveUp(): void {
    if (this.#settled || this.#cancelled) return;
    this.#transaction?.cancel();
    this.#fail(timeoutFailure());
  }

  #fail(failure: SipFailure): void {
    if (this.#settled) return;
    this.#settle();
    this.emit('failed', failure);
    this.#letGo();
  }

  /** Nothing is told any more: what is left is to ACK what comes again, and to end forks that answer too late. */
  #letGo(): void {
    this.#attempt = undefined;
    this.removeAllListeners();
  }

  #settle(): void {
    this.#settled = true;
    this.#timerC.clear();
    this.#ringTimeout.clear();
    for (const early of this.#early.values()) early.close();
    this.#early.clear();
  }
}
