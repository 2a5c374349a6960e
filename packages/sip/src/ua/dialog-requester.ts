import type { Dialog } from '../dialog/dialog.js';
import type { SipRequest, SipResponse } from '../message/message.js';
import type { ClientTransaction } from '../transaction/client-transaction.js';
import type { Flow } from '../transport/flow.js';
import { sdpBody } from './composer.js';
import { Alarm, type UaCore } from './core.js';
import type { Authorization, DigestAnswers } from './digest-answers.js';
import { responseFailure, timeoutFailure, transportFailure } from './failures.js';
import type { SessionPath } from './session-path.js';
import type { ExtraHeaders, SipBody, SipFailure } from './types.js';

export interface DialogRequestParts {
  headers?: ExtraHeaders | undefined;
  body?: SipBody | undefined;
}

export interface ReinviteHandlers {
  /** Each 2xx, repeated ones too; `request` is the INVITE it answers. */
  success(response: SipResponse, request: SipRequest): void;
  failure(failure: SipFailure): void;
}

/** Sends our requests inside one dialog: numbers, route set, path, and the answer to a digest challenge. */
export class DialogRequester {
  readonly #core: UaCore;
  readonly #dialog: Dialog;
  readonly #path: SessionPath;
  readonly #digest: DigestAnswers | undefined;
  readonly #contactUser: string | undefined;

  constructor(
    core: UaCore,
    options: { dialog: Dialog; path: SessionPath; digest: DigestAnswers | undefined; contactUser: string | undefined },
  ) {
    this.#core = core;
    this.#dialog = options.dialog;
    this.#path = options.path;
    this.#digest = options.digest;
    this.#contactUser = options.contactUser;
  }

  contact(flow: Flow = this.#path.flow): string {
    return this.#core.contact(flow, { user: this.#contactUser, secure: this.#dialog.secure });
  }

  /** A non-INVITE request; `done` gets its final response or the failure to get one. */
  request(
    method: string,
    parts: DialogRequestParts,
    done: (outcome: SipResponse | SipFailure) => void,
    authorization: Authorization = [],
  ): void {
    this.#reach((flow) => {
      const request = this.#build(method, this.#dialog.nextCseq(), flow, parts, authorization);
      this.#core.send(request, flow, {
        onFinal: (response) => {
          const answer = this.#digest?.answer(response, request);
          if (answer) this.request(method, parts, done, answer);
          else done(response);
        },
        onTimeout: () => done(timeoutFailure()),
        onTransportError: (reason) => done(transportFailure(reason)),
      });
    }, done);
  }

  /** A re-INVITE. One that has rung for timer C is cancelled, so that none hangs for ever. */
  invite(parts: DialogRequestParts, handlers: ReinviteHandlers, authorization: Authorization = []): void {
    this.#reach((flow) => {
      const request = this.#build('INVITE', this.#dialog.nextCseq(), flow, parts, authorization);
      const timerC = new Alarm(this.#core.clock);
      const transaction: ClientTransaction = this.#core.send(request, flow, {
        onProvisional: () => timerC.set(this.#core.timers.timerC, () => transaction.cancel()),
        onFinal: (response) => {
          timerC.clear();
          if (response.status < 300) return handlers.success(response, request);
          const answer = this.#digest?.answer(response, request);
          if (answer) this.invite(parts, handlers, answer);
          else handlers.failure(responseFailure(response));
        },
        onTimeout: () => handlers.failure(timeoutFailure()),
        onTransportError: (reason) => handlers.failure(transportFailure(reason)),
        onTerminated: () => timerC.clear(),
      });
    }, handlers.failure);
  }

  /**
   * The ACK to a 2xx: CSeq number and credentials of its INVITE, everything else of the dialog. RFC 3261 §13.2.2.4.
   * Gives it to `sent` as it went out.
   */
  ack(invite: SipRequest, sdp: string | undefined, sent: (bytes: Uint8Array) => void): void {
    this.#reach(
      (flow) => {
        const ack = this.#build('ACK', invite.cseq.number, flow, { body: sdpBody(sdp) }, credentialsOf(invite));
        sent(this.#core.sendAck(ack, flow));
      },
      () => {},
    );
  }

  /** Sends an ACK once more, as it was. */
  repeat(bytes: Uint8Array): void {
    this.#reach(
      (flow) => flow.send(bytes),
      () => {},
    );
  }

  #build(
    method: string,
    cseq: number,
    flow: Flow,
    parts: DialogRequestParts,
    authorization: Authorization,
  ): SipRequest {
    const { requestUri, routes } = this.#dialog.routing();
    return this.#core.composer.request({
      method,
      uri: requestUri,
      routes,
      from: this.#dialog.local,
      to: this.#dialog.remote,
      callId: this.#dialog.callId,
      cseq,
      contacts: method === 'BYE' || method === 'ACK' ? undefined : [this.contact(flow)],
      headers: parts.headers,
      body: parts.body,
      authorization,
    });
  }

  #reach(use: (flow: Flow) => void, fail: (failure: SipFailure) => void): void {
    this.#path.reach(this.#dialog.routing().nextHop, use, (reason) => fail(transportFailure(reason)));
  }
}

function credentialsOf(request: SipRequest): Authorization {
  return ['Authorization', 'Proxy-Authorization'].flatMap((name) =>
    request.headers.all(name).map((value) => [name, value] as const),
  );
}
