import { TypedEmitter } from '@intermix/kernel';
import { Dialog } from '../dialog/dialog.js';
import type { DialogOwner } from '../dialog/dialog-table.js';
import type { SipRequest } from '../message/message.js';
import { SipUri } from '../message/uri.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Flow } from '../transport/flow.js';
import { sdpBody } from './composer.js';
import { Alarm, type Cancellable, type ListenerArgs, reply, replyBusy, type UaCore } from './core.js';
import { checkExtraHeaders } from './extra-headers.js';
import { DialogSession } from './invite-session.js';
import { readReason } from './reason.js';
import type { ExtraHeaders, IncomingInvite, IncomingInviteEvents, InviteSession, Reason } from './types.js';

/** RFC 3261 §13.3.1.1: a proxy's timer C ends a call that rings in silence for three minutes. */
const REPEAT_RINGING_MS = 60_000;

interface ProgressOptions {
  reason?: string;
  sdp?: string;
  headers?: ExtraHeaders;
}

/** The UAS side of an INVITE that opens a dialog, up to its final response. RFC 3261 §13.3. */
export class UasInvite extends TypedEmitter<IncomingInviteEvents> implements IncomingInvite, Cancellable, DialogOwner {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly offer: string | undefined;
  /** Tag of all our responses but 100. */
  readonly localTag: string;
  readonly #core: UaCore;
  readonly #transaction: ServerTransaction;
  readonly #dialog: Dialog;
  readonly #repeatRinging: Alarm;
  #finished = false;
  #cancelled: { reason: Reason | undefined } | undefined;

  constructor(core: UaCore, transaction: ServerTransaction) {
    super();
    this.#core = core;
    this.#transaction = transaction;
    this.request = transaction.request;
    this.flow = transaction.flow;
    this.offer = this.request.sdp;
    this.localTag = core.newToken();
    this.#dialog = Dialog.forCallee(this.request, this.localTag, 0);
    this.#repeatRinging = new Alarm(core.clock);
    transaction.onTransportError = () => this.#gone(undefined);
    core.cancellables.set(transaction, this);
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** A listener that is attached after the CANCEL (its owner had to look something up first) is told all the same. */
  override on<E extends keyof IncomingInviteEvents>(
    event: E,
    listener: (...args: ListenerArgs<IncomingInviteEvents[E]>) => void,
  ): () => void {
    const stop = super.on(event, listener);
    const cancelled = this.#cancelled;
    if (cancelled) queueMicrotask(() => (listener as (reason: Reason | undefined) => void)(cancelled.reason));
    return stop;
  }

  progress(status: number, options: ProgressOptions = {}): void {
    if (this.#finished) return;
    checkExtraHeaders(options.headers);
    if (status <= 100 || status >= 200) return;
    this.#core.dialogs.set(this.#dialog.key, this);
    const response = this.#core.composer.response(this.request, status, {
      reason: options.reason,
      toTag: this.localTag,
      contacts: [this.#contact()],
      headers: options.headers,
      body: sdpBody(options.sdp),
    });
    const send = (): void => {
      this.#transaction.respond(response);
      if (!this.#finished) this.#repeatRinging.set(REPEAT_RINGING_MS, send);
    };
    send();
  }

  accept(options: { sdp: string; headers?: ExtraHeaders }): InviteSession | undefined {
    if (this.#finished) return undefined;
    checkExtraHeaders(options.headers);
    this.#finish();
    const session = new DialogSession(this.#core, { dialog: this.#dialog, flow: this.flow, believeNextHop: false });
    session.startAsCallee(this.#transaction, {
      contacts: [this.#contact()],
      headers: options.headers,
      body: sdpBody(options.sdp),
    });
    return session;
  }

  reject(status: number, options: { reason?: string; headers?: ExtraHeaders } = {}): void {
    if (this.#finished) return;
    const response = this.#core.composer.response(this.request, status, { ...options, toTag: this.localTag });
    this.#finish();
    this.#forgetDialog();
    this.#transaction.respond(response);
  }

  handleCancel(cancel: SipRequest): void {
    if (this.#finished) return;
    this.#end(readReason(cancel));
  }

  abandon(): void {
    this.#gone(undefined);
  }

  // --- Requests in the early dialog -------------------------------------------------------------------------------

  receiveAck(): void {}

  receiveRequest(request: SipRequest, transaction: ServerTransaction): void {
    if (request.method === 'BYE') {
      // A caller may end an early dialog this way. RFC 3261 §15.
      reply(this.#core, transaction, 200, { toTag: this.localTag });
      this.#end(readReason(request));
    } else if (!this.#dialog.takeRemoteCseq(request.cseq.number)) replyBusy(this.#core, transaction);
    else this.#receiveEarly(request, transaction);
  }

  #receiveEarly(request: SipRequest, transaction: ServerTransaction): void {
    const isRefresh = request.method === 'UPDATE' && request.sdp === undefined;
    if (isRefresh) this.#dialog.refreshTarget(request);
    if (isRefresh || request.method === 'OPTIONS') {
      reply(this.#core, transaction, 200, { toTag: this.localTag, contacts: [this.#contact()] });
    } else if (request.method === 'PRACK') reply(this.#core, transaction, 481, { toTag: this.localTag });
    else replyBusy(this.#core, transaction); // There is no session yet: again in a while.
  }

  // --- The end ----------------------------------------------------------------------------------------------------

  #end(reason: Reason | undefined): void {
    if (this.#finished) return;
    reply(this.#core, this.#transaction, 487, { toTag: this.localTag });
    this.#gone(reason);
  }

  #gone(reason: Reason | undefined): void {
    if (this.#finished) return;
    this.#finish();
    this.#forgetDialog();
    this.#cancelled = { reason };
    this.emit('cancelled', reason);
  }

  #finish(): void {
    this.#finished = true;
    this.#repeatRinging.clear();
    this.#core.cancellables.delete(this.#transaction);
    this.#transaction.onTransportError = undefined; // The transaction outlives the call.
  }

  #forgetDialog(): void {
    this.#core.dialogs.delete(this.#dialog.key, this);
  }

  /** The user part that was called, so that the Contact is recognised by peers that look at it. */
  #contact(): string {
    const { uri } = this.request;
    const user = uri instanceof SipUri ? uri.user : undefined;
    return this.#core.contact(this.flow, { user, secure: this.#dialog.secure });
  }
}
