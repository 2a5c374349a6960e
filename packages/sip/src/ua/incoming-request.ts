import type { SipRequest } from '../message/message.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Flow } from '../transport/flow.js';
import { Alarm, type UaCore } from './core.js';
import type { IncomingRequest, ResponseOptions } from './types.js';

/** A non-INVITE request that a listener answers. Unanswered it gets 500 once its sender has stopped waiting (64·T1). */
export class UasRequest implements IncomingRequest {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly #core: UaCore;
  readonly #transaction: ServerTransaction;
  readonly #contact: string | undefined;
  readonly #guard: Alarm;
  readonly #toTag: string;
  #answered = false;

  constructor(
    core: UaCore,
    options: { request: SipRequest; transaction: ServerTransaction; flow: Flow; contact?: string | undefined },
  ) {
    this.#core = core;
    this.request = options.request;
    this.flow = options.flow;
    this.#transaction = options.transaction;
    this.#contact = options.contact;
    this.#toTag = core.newToken();
    this.#guard = new Alarm(core.clock);
    this.#guard.set(64 * core.timers.t1, () => this.respond(500));
    options.transaction.onTransportError = () => this.#settle();
  }

  get answered(): boolean {
    return this.#answered;
  }

  respond(status: number, options: ResponseOptions = {}): void {
    if (this.#answered) return;
    const isContactDue = this.#contact !== undefined && status >= 200 && status < 300;
    const response = this.#core.composer.response(this.request, status, {
      reason: options.reason,
      toTag: this.#toTag,
      headers: options.headers,
      body: options.body,
      contacts: options.contacts ?? (isContactDue ? [this.#contact as string] : undefined),
    });
    if (status >= 200) this.#settle();
    this.#transaction.respond(response);
  }

  #settle(): void {
    this.#answered = true;
    this.#transaction.onTransportError = undefined; // The transaction lives on for 32 s.
    this.#guard.clear();
  }
}
