import { type Clock, type Random, TypedEmitter } from '@intermix/kernel';
import { SipRequestError } from '../message/errors.js';
import type { SipRequest, SipResponse } from '../message/message.js';
import { NameAddr } from '../message/name-addr.js';
import { createCallId, createTag } from '../message/requests.js';
import { SipUri } from '../message/uri.js';
import type { Flow, SipProtocol } from '../transport/flow.js';
import { Alarm } from './core.js';
import { checkExtraHeaders } from './extra-headers.js';
import type { DigestCredentials, EndpointFace, ExtraHeaders } from './types.js';

export interface RegistrationOptions {
  endpoint: Pick<EndpointFace, 'request'>;
  clock: Clock;
  random: Random;
  /** Whom we register: the From and To of each REGISTER. Its domain is the registrar, unless `registrar` names one. */
  aor: NameAddr;
  /** Request-URI: the registrar's domain, without a user part. RFC 3261 §10.2. */
  registrar?: SipUri;
  /** Where to send it; without, the registrar's URI is resolved. */
  flow?: Flow;
  /** An outbound proxy. */
  route?: readonly NameAddr[];
  protocol?: SipProtocol;
  /** Contact value, verbatim: `<sip:alice@abc.invalid;transport=ws>`. */
  contact: string;
  /** Asked for, in seconds; what is granted may be less. */
  expiresSec: number;
  credentials?: DigestCredentials;
  /** A UUID, written as `+sip.instance="<urn:uuid:…>"` with `reg-id=1`. RFC 5626 §4.1. */
  instanceId?: string;
  headers?: ExtraHeaders;
}

export interface RegistrationFailure {
  /** 408 for silence, 503 for no flow. */
  status: number;
  reason: string;
  /** From Retry-After. */
  retryAfterSec?: number;
}

export interface RegistrationEvents {
  /** After each successful REGISTER, refreshes included. */
  registered: [{ expiresSec: number; response: SipResponse }];
  /** The binding is gone: asked for by us, or dropped by the registrar. */
  unregistered: [];
  /** A REGISTER was refused or lost. Nothing is tried again but at the next `register()`. */
  failed: [failure: RegistrationFailure];
  /** A REGISTER is on the wire; with a challenge there are two. */
  sent: [request: SipRequest];
}

/** A 423 is answered this often with what it asks for, then believed to be broken. */
const MAX_BRIEF = 2;

/**
 * One binding at one registrar, RFC 3261 §10.2: made, kept fresh at 80 to 90 % of the granted time, and removed. All its
 * REGISTERs share one Call-ID and have rising CSeq numbers. When to try again after a failure is its owner's business:
 * a browser and a trunk wait differently.
 */
export class Registration extends TypedEmitter<RegistrationEvents> {
  readonly #options: RegistrationOptions;
  readonly #callId: string;
  readonly #aor: NameAddr;
  readonly #registrar: SipUri;
  readonly #refresh: Alarm;
  #flow: Flow | undefined;
  #contact: string;
  #expiresSec: number;
  #cseq = 0;
  /** Number of the newest intent; what belongs to an older one is not heard any more. */
  #round = 0;
  #registered = false;

  constructor(options: RegistrationOptions) {
    super();
    checkExtraHeaders(options.headers);
    this.#options = options;
    this.#callId = createCallId(options.random);
    this.#aor = options.aor.withTag(createTag(options.random));
    this.#registrar = options.registrar ?? registrarOf(options.aor);
    this.#refresh = new Alarm(options.clock);
    this.#flow = options.flow;
    this.#contact = options.contact;
    this.#expiresSec = options.expiresSec;
  }

  get registered(): boolean {
    return this.#registered;
  }

  /** Registers now, and again before it expires. Also the way to refresh at once, and to try again after a failure. */
  register(): void {
    this.#refresh.clear();
    const round = ++this.#round;
    void this.#run(round, this.#expiresSec, 0);
  }

  /** The same binding over a new flow, after the old one was lost. */
  moveTo(flow: Flow, contact: string = this.#contact): void {
    this.#flow = flow;
    this.#contact = contact;
  }

  /** Removes our binding (Expires 0) and emits `unregistered`, whatever the registrar says to it. */
  async unregister(): Promise<void> {
    this.#refresh.clear();
    const round = ++this.#round;
    await this.#send(0).catch(() => undefined);
    if (round === this.#round) this.#lost();
  }

  /** Stops refreshing and sends nothing. */
  close(): void {
    this.#refresh.clear();
    this.#round++;
  }

  async #run(round: number, expiresSec: number, briefs: number): Promise<void> {
    try {
      const response = await this.#send(expiresSec);
      if (round === this.#round) this.#answered(round, response, expiresSec, briefs);
    } catch (error) {
      if (round === this.#round) this.#fail(failureOf(error));
    }
  }

  #answered(round: number, response: SipResponse, expiresSec: number, briefs: number): void {
    const minimum = Number(response.headers.get('Min-Expires') ?? Number.NaN);
    if (response.status >= 200 && response.status < 300) this.#succeed(this.#granted(response, expiresSec), response);
    else if (response.status === 423 && minimum > expiresSec && briefs < MAX_BRIEF) {
      this.#expiresSec = minimum; // Interval too brief, RFC 3261 §10.2.8.
      void this.#run(round, minimum, briefs + 1);
    } else this.#fail(refusalOf(response));
  }

  #succeed(expiresSec: number, response: SipResponse): void {
    if (expiresSec <= 0) {
      this.#lost();
      return;
    }
    this.#registered = true;
    // Jitter, so that a thousand phones that started together do not come together for ever.
    const share = 0.8 + 0.1 * this.#options.random.fraction();
    this.#refresh.set(expiresSec * 1000 * share, () => this.register());
    this.emit('registered', { expiresSec, response });
  }

  #fail(failure: RegistrationFailure): void {
    this.#registered = false;
    this.emit('failed', failure);
  }

  #lost(): void {
    this.#registered = false;
    this.emit('unregistered');
  }

  #send(expiresSec: number): Promise<SipResponse> {
    const { endpoint, credentials, headers = [], route, protocol } = this.#options;
    return endpoint.request({
      method: 'REGISTER',
      target: {
        uri: this.#registrar,
        ...(this.#flow && { flow: this.#flow }),
        ...(route && { route }),
        ...(protocol && { protocol }),
      },
      from: this.#aor,
      to: this.#options.aor.withTag(undefined),
      callId: this.#callId,
      cseq: this.#cseq + 1,
      contacts: [this.#contactValue()],
      headers: [['Expires', String(expiresSec)], ...headers],
      ...(credentials && { credentials }),
      onSent: (request) => {
        this.#cseq = Math.max(this.#cseq, request.cseq.number);
        this.emit('sent', request);
      },
    });
  }

  #contactValue(): string {
    const { instanceId } = this.#options;
    return instanceId === undefined
      ? this.#contact
      : `${this.#contact};+sip.instance="<urn:uuid:${instanceId}>";reg-id=1`;
  }

  /** The time granted to our own contact; others of the same user are listed as well. RFC 3261 §10.2.4. */
  #granted(response: SipResponse, asked: number): number {
    const all = response.contacts;
    const contacts = all === '*' ? [] : all;
    const mine = NameAddr.parse(this.#contactValue());
    const own = contacts.find((contact) => isSameBinding(contact, mine));
    const granted = own?.params.get('expires') ?? response.headers.get('Expires');
    const seconds = granted === undefined ? asked : Number.parseInt(granted, 10);
    return Number.isFinite(seconds) && seconds >= 0 ? seconds : asked;
  }
}

function isSameBinding(contact: NameAddr, mine: NameAddr): boolean {
  const instance = mine.params.get('+sip.instance');
  if (instance !== undefined && contact.params.get('+sip.instance') === instance) return true;
  if (contact.uri instanceof SipUri && mine.uri instanceof SipUri) return mine.uri.equals(contact.uri);
  return contact.uri.toString() === mine.uri.toString();
}

function registrarOf(aor: NameAddr): SipUri {
  const { uri } = aor;
  if (uri instanceof SipUri) return uri.with({ user: undefined, headers: '' });
  throw new TypeError('an address of record that is no SIP URI needs a registrar');
}

function refusalOf(response: SipResponse): RegistrationFailure {
  const { status, reason } = response;
  const after = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return Number.isFinite(after) ? { status, reason, retryAfterSec: after } : { status, reason };
}

function failureOf(error: unknown): RegistrationFailure {
  if (error instanceof SipRequestError) return { status: error.failure.status, reason: error.failure.reason };
  return { status: 500, reason: error instanceof Error ? error.message : 'the REGISTER could not be sent' };
}
