import { SessionEndedError, SipRequestError } from '../message/errors.js';
import { SipResponse } from '../message/message.js';
import type { UaCore } from './core.js';
import type { DialogRequester, DialogRequestParts } from './dialog-requester.js';
import { checkExtraHeaders } from './extra-headers.js';
import { checkMethod } from './method-checks.js';
import { isDialogGone } from './offer-queue.js';
import { type InsideRequest, receiveInside } from './peer-requests.js';
import type { SessionHost } from './session-host.js';
import type { SipFailure } from './types.js';

/** The requests in a dialog that neither change the session nor end it, both ways: INFO, MESSAGE, REFER, OPTIONS, … */
export class SessionRequests {
  readonly #core: UaCore;
  readonly #requester: DialogRequester;
  readonly #host: SessionHost;
  /**
   * Those of ours that wait for the ACK of the first INVITE. One that overtook our 2xx, or came in its stead because that was
   * lost, would get 481, and the call would be over on our side only.
   */
  #beforeAck: (() => void)[] | undefined;

  constructor(core: UaCore, options: { requester: DialogRequester; host: SessionHost }) {
    this.#core = core;
    this.#requester = options.requester;
    this.#host = options.host;
  }

  /** Keeps ours back until `release`. */
  holdBack(): void {
    this.#beforeAck = [];
  }

  release(): void {
    const waited = this.#beforeAck ?? [];
    this.#beforeAck = undefined;
    for (const send of waited) if (!this.#host.session.ended) send();
  }

  /** See `InviteSession.request`. */
  send(method: string, parts: DialogRequestParts): Promise<SipResponse> {
    checkMethod(method, 'inside');
    checkExtraHeaders(parts.headers);
    return new Promise((resolve, reject) => {
      const stop = this.#host.session.on('ended', (end) => reject(new SessionEndedError(end)));
      const done = (outcome: SipResponse | SipFailure): void => {
        stop();
        if (outcome instanceof SipResponse) resolve(outcome);
        else reject(new SipRequestError(outcome));
        if (isDialogGone(outcome.status)) this.#host.dialogGone(outcome);
      };
      const send = (): void => {
        try {
          this.#requester.request(method, parts, done);
        } catch (error) {
          stop();
          reject(error);
        }
      };
      if (this.#beforeAck) this.#beforeAck.push(send);
      else send();
    });
  }

  /** A request of the peer that is neither an offer nor a BYE. */
  receive(incoming: InsideRequest): void {
    receiveInside(this.#core, incoming, { requester: this.#requester, host: this.#host });
  }
}
