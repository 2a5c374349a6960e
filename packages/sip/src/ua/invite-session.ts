import { TypedEmitter } from '@intermix/kernel';
import type { Dialog } from '../dialog/dialog.js';
import type { DialogOwner } from '../dialog/dialog-table.js';
import { type SessionSnapshot, snapshotOf } from '../dialog/session-snapshot.js';
import { SessionEndedError } from '../message/errors.js';
import type { SipRequest, SipResponse } from '../message/message.js';
import type { NameAddr } from '../message/name-addr.js';
import type { SipUri } from '../message/uri.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Flow } from '../transport/flow.js';
import type { AnswerParts } from './composer.js';
import { type ListenerArgs, reply, replyBusy, type UaCore } from './core.js';
import { DialogRequester, type DialogRequestParts } from './dialog-requester.js';
import type { DigestAnswers } from './digest-answers.js';
import { checkExtraHeaders } from './extra-headers.js';
import type { OfferResult } from './offer-queue.js';
import { type ByeOptions, SessionEnding } from './session-ending.js';
import type { SessionHost } from './session-host.js';
import { SessionOffers } from './session-offers.js';
import { SessionPath } from './session-path.js';
import { SessionRequests } from './session-requests.js';
import type { ExtraHeaders, InviteSession, InviteSessionEvents, SessionEnd } from './types.js';

/** Whoever ACKs a 2xx to our INVITE that comes again, because our ACK was lost. */
export interface AckRepeater {
  handleRepeated2xx(cseq: number): void;
}

/**
 * A confirmed INVITE dialog and the session in it, RFC 3261 §12 to §15: who may speak in it, and which of its parts gets a
 * request. `session-offers.ts`, `session-requests.ts` and `session-ending.ts` do the work.
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
  readonly #offers: SessionOffers;
  readonly #requests: SessionRequests;
  readonly #ending: SessionEnding;
  #onGone: ((remains: AckRepeater) => void) | undefined;

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
    const { dialog, flow, believeNextHop, digest, contactUser } = options;
    this.#core = core;
    this.#dialog = dialog;
    this.#contactUser = contactUser;
    this.#path = new SessionPath({ flow, believeNextHop, connect: core.connect });
    const requester = new DialogRequester(core, { dialog, path: this.#path, digest, contactUser });
    const host = this.#makeHost();
    this.#offers = new SessionOffers(core, { dialog, requester, path: this.#path, host });
    this.#requests = new SessionRequests(core, { requester, host });
    this.#ending = new SessionEnding(core, { requester, offers: this.#offers, host });
    core.dialogs.set(dialog.key, this);
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
    return this.#ending.end !== undefined;
  }

  /** A listener for `ended` that comes too late is told all the same. */
  override on<E extends keyof InviteSessionEvents>(
    event: E,
    listener: (...args: ListenerArgs<InviteSessionEvents[E]>) => void,
  ): () => void {
    const { end } = this.#ending;
    if (event === 'ended' && end) queueMicrotask(() => (listener as (end: SessionEnd) => void)(end));
    return super.on(event, listener);
  }

  // --- What the user asks for -------------------------------------------------------------------------------------

  acknowledge(sdp: string): void {
    if (!this.ended) this.#offers.acknowledge(sdp);
  }

  async reinvite(options: { sdp?: string; headers?: ExtraHeaders }): Promise<OfferResult> {
    this.#refuseOnceEnded();
    checkExtraHeaders(options.headers);
    return this.#offers.add(options.sdp, options.headers);
  }

  async request(method: string, options: DialogRequestParts = {}): Promise<SipResponse> {
    this.#refuseOnceEnded();
    return this.#requests.send(method, options);
  }

  bye(options: ByeOptions = {}): void {
    this.#ending.bye(options);
  }

  answerByeAfter(ready: () => Promise<unknown> | undefined): void {
    this.#ending.answerByeAfter = ready;
  }

  snapshot(): SessionSnapshot {
    this.#refuseOnceEnded();
    return snapshotOf(this.#dialog, { timer: this.#offers.runningTimer, contactUser: this.#contactUser });
  }

  rebind(flow: Flow, remoteTarget?: SipUri): void {
    this.#path.follow(flow);
    this.#requests.release(); // An ACK that has not come may have been lost, as our 2xx may: only asking tells.
    if (remoteTarget) this.#dialog.retarget(remoteTarget);
  }

  flowLost(): void {
    this.#ending.flowLost();
  }

  abandon(): void {
    this.flowLost();
    this.#offers.handshakes.stopAnswering();
  }

  // --- What the INVITE's own usage tells --------------------------------------------------------------------------

  /** We are the callee: sends the 200 until its ACK comes. */
  startAsCallee(transaction: ServerTransaction, answer: AnswerParts): void {
    this.#requests.holdBack();
    this.#offers.answerInvite(transaction, answer);
  }

  /**
   * We are the caller: ACKs at once when our INVITE held the offer, else when `acknowledge` is called. Once the dialog is
   * gone, `onGone` gets what the INVITE's transaction needs in the session's stead.
   */
  startAsCaller(invite: SipRequest, onGone: (remains: AckRepeater) => void): void {
    this.#onGone = onGone;
    this.#offers.openedBy(invite);
  }

  /** We go on with a session that another endpoint of ours has had. */
  startAsHeir(snapshot: SessionSnapshot): void {
    this.#offers.resume(snapshot);
  }

  /** The 2xx to our INVITE has come again: our ACK was lost. */
  handleRepeated2xx(cseq: number): void {
    this.#offers.handshakes.acknowledgeAgain(cseq);
  }

  // --- Requests of the peer ---------------------------------------------------------------------------------------

  receiveAck(request: SipRequest, flow: Flow): void {
    if (!this.#admits(request, flow) || !this.#offers.handshakes.takeAck(request)) return;
    this.#path.follow(flow);
    if (this.ended) {
      this.#ending.sendBye();
      return;
    }
    this.emit('acknowledged', request.sdp);
    this.#requests.release();
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
    if (this.ended) {
      this.#ending.receiveAfterEnd(request, transaction);
      return;
    }
    this.#path.follow(flow);
    const { method } = request;
    if (method === 'BYE') this.#ending.receiveBye(request, transaction);
    else if (method === 'INVITE' || method === 'UPDATE') this.#offers.receive(request, transaction);
    else this.#requests.receive({ request, transaction, flow });
  }

  #admits(request: SipRequest, flow: Flow): boolean {
    return flow.id === this.flow.id || (this.admit?.(request, flow) ?? true);
  }

  #makeHost(): SessionHost {
    return {
      session: this,
      announce: (event, make) => this.listenerCount(event) > 0 && this.emit(event, ...([make()] as never)),
      reply: (transaction, status, parts) => this.#reply(transaction, status, parts),
      neverAcknowledged: () => this.#ending.neverAcknowledged(),
      dialogGone: (failure) => this.#ending.dialogGone(failure),
      ended: (end) => this.emit('ended', end),
      gone: () => this.#leave(),
    };
  }

  #refuseOnceEnded(): void {
    const { end } = this.#ending;
    if (end) throw new SessionEndedError(end);
  }

  #leave(): void {
    this.#core.dialogs.delete(this.#dialog.key, this);
    this.#onGone?.(this.#offers.handshakes.sentAck);
    this.#onGone = undefined;
  }

  #reply(transaction: ServerTransaction, status: number, parts?: AnswerParts): void {
    reply(this.#core, transaction, status, { ...parts, toTag: this.localTag });
  }
}
