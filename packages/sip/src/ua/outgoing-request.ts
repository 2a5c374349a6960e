import { type DialogRouting, routeRequest } from '../dialog/dialog.js';
import { SipRequestError } from '../message/errors.js';
import type { SipRequest, SipResponse } from '../message/message.js';
import { writeMessage } from '../message/write.js';
import type { Flow } from '../transport/flow.js';
import { type Hops, type UaCore, viaAndContact } from './core.js';
import { type Authorization, DigestAnswers } from './digest-answers.js';
import { checkExtraHeaders } from './extra-headers.js';
import { responseFailure, timeoutFailure, transportFailure } from './failures.js';
import { checkMethod } from './method-checks.js';
import type { OutgoingRequestOptions, SipFailure } from './types.js';

/**
 * A request outside of dialogs that is not INVITE, over as many transactions as challenges and unreachable hops ask for.
 * RFC 3261 §8.1.3, §22.1, RFC 3263 §4.3.
 */
export class UacRequest {
  readonly #core: UaCore;
  readonly #options: OutgoingRequestOptions;
  readonly #routing: DialogRouting;
  readonly #hops: Hops;
  readonly #digest: DigestAnswers | undefined;
  readonly #from: OutgoingRequestOptions['from'];
  readonly #callId: string;
  readonly #resolve: (response: SipResponse) => void;
  readonly #reject: (error: unknown) => void;
  #cseq: number;

  private constructor(
    core: UaCore,
    options: OutgoingRequestOptions,
    resolve: (response: SipResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#core = core;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#routing = routeRequest(options.target.uri, options.target.route ?? []);
    this.#hops = core.hops(options.target, this.#routing.nextHop);
    this.#digest = options.credentials && new DigestAnswers(options.credentials, core.random);
    // REGISTER refreshes keep their From tag, as one From stands for one Call-ID.
    this.#from = options.from.tag === undefined ? options.from.withTag(core.newToken()) : options.from;
    this.#callId = options.callId ?? core.newToken() + core.newToken();
    this.#cseq = (options.cseq ?? 1) - 1;
  }

  /** Resolves with the final response; rejects with SipRequestError, or SipHeaderError for what may not be sent. */
  static async send(core: UaCore, options: OutgoingRequestOptions): Promise<SipResponse> {
    checkMethod(options.method, 'outside');
    checkExtraHeaders(options.headers);
    return new Promise((resolve, reject) => new UacRequest(core, options, resolve, reject).#start());
  }

  #start(): void {
    const { known } = this.#hops;
    if (known && !known.closed) this.#send(known, []);
    else void this.#tryNextHop(transportFailure(known ? 'the flow is closed' : 'no address could be reached'));
  }

  async #tryNextHop(last: SipFailure): Promise<void> {
    try {
      const flow = await this.#hops.next(() => this.#octets());
      if (flow) this.#send(flow, []);
      else if (last.response) this.#resolve(last.response);
      else this.#reject(new SipRequestError(last));
    } catch (error) {
      this.#reject(error);
    }
  }

  #send(flow: Flow, authorization: Authorization): void {
    this.#cseq += 1;
    const request = this.#build(flow, authorization);
    this.#core.send(request, flow, {
      onFinal: (response) => this.#final(response, request, flow),
      onTimeout: () => void this.#tryNextHop(timeoutFailure()),
      onTransportError: (reason) => void this.#tryNextHop(transportFailure(reason)),
    });
    this.#options.onSent?.(request);
  }

  #final(response: SipResponse, request: SipRequest, flow: Flow): void {
    const answer = this.#digest?.answer(response, request);
    if (answer && !flow.closed) this.#send(flow, answer);
    else if (response.status === 503) void this.#tryNextHop(responseFailure(response));
    else this.#resolve(response);
  }

  /** Octets of the request, the Via and Contact of its flow reckoned. */
  #octets(): number {
    return writeMessage(this.#build(undefined, [])).length + viaAndContact;
  }

  #build(flow: Flow | undefined, authorization: Authorization): SipRequest {
    const { method, to, headers, body, contacts } = this.#options;
    return this.#core.composer.request({
      method,
      uri: this.#routing.requestUri,
      routes: this.#routing.routes,
      from: this.#from,
      to,
      callId: this.#callId,
      cseq: this.#cseq,
      contacts: contacts ?? (method === 'OPTIONS' && flow ? [this.#core.contact(flow, {})] : undefined),
      headers,
      body,
      authorization,
    });
  }
}
