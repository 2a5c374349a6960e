import type { SipRequest } from '../message/message.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import { Alarm, type Cancellable, type UaCore } from './core.js';
import { checkExtraHeaders } from './extra-headers.js';
import type { ExtraHeaders, IncomingReinvite } from './types.js';

export interface AcceptedReinvite {
  sdp: string | undefined;
  headers: ExtraHeaders | undefined;
}

/** The peer's re-INVITE or UPDATE until it is answered. It always gets a final response: 500 after 64·T1 at the latest. */
export class UasReinvite implements IncomingReinvite, Cancellable {
  readonly request: SipRequest;
  readonly offer: string | undefined;
  readonly transaction: ServerTransaction;
  readonly #core: UaCore;
  readonly #accepted: (reinvite: UasReinvite, answer: AcceptedReinvite) => void;
  readonly #finished: (reinvite: UasReinvite) => void;
  readonly #guard: Alarm;
  #isFinished = false;

  constructor(
    core: UaCore,
    options: {
      request: SipRequest;
      transaction: ServerTransaction;
      /** Sends the 200. */
      accepted: (reinvite: UasReinvite, answer: AcceptedReinvite) => void;
      /** Called once, after the final response. */
      finished: (reinvite: UasReinvite) => void;
    },
  ) {
    this.#core = core;
    this.request = options.request;
    this.offer = options.request.sdp;
    this.transaction = options.transaction;
    this.#accepted = options.accepted;
    this.#finished = options.finished;
    this.#guard = new Alarm(core.clock);
    this.#guard.set(64 * core.timers.t1, () => this.reject(500));
    this.transaction.onTransportError = () => this.#finish(() => {});
    if (this.request.method === 'INVITE') core.cancellables.set(this.transaction, this);
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  accept(options: { sdp?: string; headers?: ExtraHeaders }): void {
    if (this.#isFinished) return;
    checkExtraHeaders(options.headers);
    this.#finish(() => this.#accepted(this, { sdp: options.sdp, headers: options.headers }));
  }

  reject(status: number, options: { reason?: string } = {}): void {
    if (this.#isFinished) return;
    const response = this.#core.composer.response(this.request, status, { reason: options.reason });
    this.#finish(() => this.transaction.respond(response));
  }

  handleCancel(): void {
    this.reject(487);
  }

  abandon(): void {
    this.#finish(() => {});
  }

  #finish(answer: () => void): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#guard.clear();
    this.#core.cancellables.delete(this.transaction);
    this.transaction.onTransportError = undefined; // The transaction outlives the session.
    answer();
    this.#finished(this);
  }
}
