import { SessionEndedError, SipRejectedError, SipRequestError } from '../message/errors.js';
import type { SipRequest, SipResponse } from '../message/message.js';
import { sdpBody } from './composer.js';
import { Alarm, type UaCore } from './core.js';
import type { DialogRequester } from './dialog-requester.js';
import type { ExtraHeaders, SipFailure } from './types.js';

export interface OfferResult {
  sdp: string | undefined;
  response: SipResponse;
}

interface Offer {
  sdp: string | undefined;
  headers: ExtraHeaders | undefined;
  resolve(result: OfferResult): void;
  reject(error: unknown): void;
  tries: number;
}

/** What the queue asks of its session. */
export interface OfferQueueHost {
  /** True while an offer of the peer is being handled, or an INVITE of either side still lacks its ACK. */
  isBlocked(): boolean;
  /** What a re-INVITE says of the session timer. */
  timerHeaders(): ExtraHeaders;
  /** A 2xx to our re-INVITE; it is the host that ACKs, once per repeat. */
  reinviteAccepted(response: SipResponse, request: SipRequest, hadOffer: boolean): void;
  /** 408, 481 or silence: there is no dialog any more. */
  dialogGone(failure: SipFailure): void;
}

/** Glare is tried again this often; two sides that never agree are a bug somewhere. */
const MAX_TRIES = 7;

/**
 * Our own re-INVITEs, one at a time.
 *
 *   queued ──free──► in flight ──2xx──► (next)
 *      ▲                 └──491, 500 with Retry-After──► waiting
 *      └────────────────── timer of §14.1 ──────────────────┘
 */
export class OfferQueue {
  readonly #core: UaCore;
  readonly #host: OfferQueueHost;
  readonly #requester: DialogRequester;
  readonly #ownsCallId: boolean;
  readonly #queue: Offer[] = [];
  readonly #glare: Alarm;
  #current: Offer | undefined;
  #inFlight = false;
  #closed = false;

  constructor(core: UaCore, options: { host: OfferQueueHost; requester: DialogRequester; ownsCallId: boolean }) {
    this.#core = core;
    this.#host = options.host;
    this.#requester = options.requester;
    this.#ownsCallId = options.ownsCallId;
    this.#glare = new Alarm(core.clock);
  }

  /** True while an INVITE of ours waits for its final response: the peer's then gets 491. */
  get inFlight(): boolean {
    return this.#inFlight;
  }

  /** True once the session is over. */
  get closed(): boolean {
    return this.#closed;
  }

  add(sdp: string | undefined, headers: ExtraHeaders | undefined): Promise<OfferResult> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ sdp, headers, resolve, reject, tries: 0 });
      this.pump();
    });
  }

  /** Sends the next one if the way is free. To be called whenever it may have become so. */
  pump(): void {
    if (this.#closed || this.#inFlight || this.#glare.pending || this.#host.isBlocked()) return;
    this.#current ??= this.#queue.shift();
    if (this.#current) this.#send(this.#current);
  }

  /** The session is over. An INVITE in flight still gets its ACK, but nobody waits for it. */
  close(): void {
    this.#closed = true;
    this.#glare.clear();
    const offers = this.#current ? [this.#current, ...this.#queue] : [...this.#queue];
    this.#queue.length = 0;
    this.#current = undefined;
    for (const offer of offers) offer.reject(new SessionEndedError());
  }

  #send(offer: Offer): void {
    this.#inFlight = true;
    offer.tries += 1;
    let accepted = false;
    const success = (response: SipResponse, request: SipRequest): void => {
      const isRepeat = accepted;
      accepted = true;
      if (!isRepeat) this.#inFlight = false;
      this.#host.reinviteAccepted(response, request, offer.sdp !== undefined);
      if (!isRepeat) this.#settle(offer, () => offer.resolve({ sdp: response.sdp, response }));
    };
    try {
      const headers = [...(offer.headers ?? []), ...this.#host.timerHeaders()];
      this.#requester.invite(
        { headers, body: sdpBody(offer.sdp) },
        { success, failure: (why) => this.#failed(offer, why) },
      );
    } catch (error) {
      this.#inFlight = false;
      this.#settle(offer, () => offer.reject(error));
    }
  }

  #failed(offer: Offer, failure: SipFailure): void {
    this.#inFlight = false;
    if (this.#closed) return;
    const delayMs = this.#retryDelayMs(offer, failure);
    if (delayMs !== undefined) {
      this.#glare.set(delayMs, () => this.pump());
      return;
    }
    const { response } = failure;
    const error = response ? new SipRejectedError(response) : new SipRequestError(failure);
    this.#settle(offer, () => offer.reject(error));
    if (failure.cause !== 'transport' && isDialogGone(failure.status)) this.#host.dialogGone(failure);
  }

  /** RFC 3261 §14.1: the owner of the Call-ID waits 2.1 to 4 s, the other side 0 to 2 s, in steps of 10 ms. */
  #retryDelayMs(offer: Offer, failure: SipFailure): number | undefined {
    if (offer.tries >= MAX_TRIES) return undefined;
    const steps = this.#core.random.fraction();
    if (failure.status === 491) {
      return this.#ownsCallId ? 2100 + Math.floor(steps * 191) * 10 : Math.floor(steps * 201) * 10;
    }
    const after = failure.response?.headers.get('Retry-After')?.match(/^\s*(\d{1,2})\b/)?.[1];
    // Theirs is in the way (§14.2). Longer waits are no glare, but a server in trouble.
    return failure.status === 500 && after !== undefined && Number(after) <= 10 ? Number(after) * 1000 : undefined;
  }

  #settle(offer: Offer, tell: () => void): void {
    if (this.#current !== offer) return;
    this.#current = undefined;
    tell();
    this.pump();
  }
}

/** The status codes after which the whole dialog is over. RFC 3261 §12.2.1.2, RFC 5057. */
export function isDialogGone(status: number): boolean {
  return status === 408 || status === 481;
}
