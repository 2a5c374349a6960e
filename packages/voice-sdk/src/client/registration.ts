// The user agent's side of RFC 3261 §10, over one flow at a time (RFC 5626).
//
//   idle ──start()──► connecting ──flow──► registering ──200──► registered ──80 % of the granted time──► registering
//     ▲                   ▲                     │ 401 403 404 407: idle, told once, never tried again by itself
//     └──stop()───────────┴─── flow lost, 5xx ──┘ others: told once, tried again with back-off
import { backoffDelayMs, createId, type Logger, type Timer, TypedEmitter } from '@intermix/kernel';
import { type EndpointFace, type Flow, type NameAddr, SipRequestError, type SipResponse, SipUri } from '@intermix/sip';
import { VoiceError, type VoiceProblem } from '../errors.js';
import type { Platform } from '../platform.js';
import type { WebSocketTransport } from '../transport/websocket-transport.js';
import type { VoiceAccount } from './account.js';

const RETRY = { firstMs: 500, maxMs: 60_000, factor: 2, jitter: 0.5 };
const DEFAULT_EXPIRES_SEC = 300;
/** Share of the granted time after which the binding is refreshed. */
const REFRESH_AT = 0.8;
/** A server may ask for at most this much patience by Retry-After. */
const MAX_RETRY_AFTER_MS = 300_000;

/** Why the page is not registered. */
export type UnregisteredReason =
  | 'requested'
  | 'connection-failed'
  | 'connection-lost'
  | 'credentials-rejected'
  | 'account-unknown'
  | 'server-refused'
  | 'no-response';

export interface Unregistered {
  reason: UnregisteredReason;
  /** SIP status of the server's answer, when there was one. */
  status?: number;
  /** True: the SDK tries again by itself, with back-off. */
  willRetry: boolean;
}

export interface RegistrationEvents {
  /** Once per change into the registered state; a refresh is silent. */
  registered: [];
  /** Once per change out of it, or once per attempt series that began with `start()`. */
  unregistered: [u: Unregistered];
}

export type RegistrationState = 'idle' | 'connecting' | 'registering' | 'registered' | 'waiting' | 'unregistering';

export interface RegistrationDeps {
  endpoint: EndpointFace;
  transport: WebSocketTransport;
  platform: Platform;
  logger: Logger;
  account: VoiceAccount;
  aor: NameAddr;
  instance: string;
  /** User part of our Contact, the same in calls. */
  contactUser: string;
  expiresSec?: number;
}

export class Registration extends TypedEmitter<RegistrationEvents> {
  readonly #deps: RegistrationDeps;
  readonly #callId: string;
  #state: RegistrationState = 'idle';
  #cseq = 1;
  #expiresSec: number;
  #attempt = 0;
  /** Grows with each new plan; the answer to an older plan is thrown away. */
  #round = 0;
  #told = false;
  #timer: Timer | undefined;

  constructor(deps: RegistrationDeps) {
    super();
    this.#deps = deps;
    this.#callId = createId('', 16, deps.platform.random);
    this.#expiresSec = deps.expiresSec ?? DEFAULT_EXPIRES_SEC;
    deps.transport.on('opened', () => this.#flowOpened());
    deps.transport.on('down', (d) => this.#flowDown(d.wasOpen));
  }

  get state(): RegistrationState {
    return this.#state;
  }

  get registered(): boolean {
    return this.#state === 'registered';
  }

  /** True from `start()` until `stop()` or until the server refused for good. */
  get wanted(): boolean {
    return this.#state !== 'idle' && this.#state !== 'unregistering';
  }

  /** Wants to be registered from now on. Called twice it changes nothing. */
  start(): void {
    if (this.wanted) return;
    this.#plan('connecting');
    this.#attempt = 0;
    this.#told = false;
    this.#deps.transport.open();
    if (this.#deps.transport.flow) this.#flowOpened();
  }

  /** Removes the binding; resolves when the server has said so, or when it cannot be asked. */
  async stop(): Promise<void> {
    if (this.#state === 'idle' || this.#state === 'unregistering') return;
    const { flow } = this.#deps.transport;
    const bound = flow && (this.#state === 'registered' || this.#state === 'registering');
    const round = this.#plan('unregistering');
    try {
      if (bound) await this.#send(flow, 0);
    } catch (error) {
      this.#deps.logger.info({ error: String(error) }, 'the server did not confirm the end of the registration');
    }
    if (round !== this.#round) return;
    this.#plan('idle');
    this.emit('unregistered', { reason: 'requested', willRetry: false });
  }

  /** Best effort while the page goes away: sends the removal and waits for nothing. */
  leave(): void {
    const { flow } = this.#deps.transport;
    if (flow && this.#state === 'registered') this.#send(flow, 0).catch(() => {});
    this.#plan('idle');
  }

  #plan(state: RegistrationState): number {
    this.#state = state;
    this.#timer?.cancel();
    this.#timer = undefined;
    return ++this.#round;
  }

  #flowOpened(): void {
    if (this.wanted) void this.#register('registering');
  }

  #flowDown(wasOpen: boolean): void {
    if (!this.wanted) return;
    this.#plan('connecting');
    this.#tell({ reason: wasOpen ? 'connection-lost' : 'connection-failed', willRetry: true });
  }

  async #register(state: 'registering' | 'registered'): Promise<void> {
    const { flow } = this.#deps.transport;
    if (!flow) return;
    const round = this.#plan(state);
    try {
      const response = await this.#send(flow, this.#expiresSec);
      if (round === this.#round) this.#answered(response);
    } catch (error) {
      if (round === this.#round) this.#unanswered(error);
    }
  }

  async #send(flow: Flow, expiresSec: number): Promise<SipResponse> {
    const { endpoint, account, aor } = this.#deps;
    const uri = SipUri.create({ host: account.domain });
    const response = await endpoint.request({
      method: 'REGISTER',
      target: { uri, flow },
      from: aor,
      to: aor,
      contacts: [this.#contact(flow, expiresSec)],
      credentials: { username: account.authUser ?? account.username, password: account.password },
      callId: this.#callId,
      cseq: this.#cseq++,
    });
    // The challenge was answered with a request of its own, so the engine has counted on.
    this.#cseq = Math.max(this.#cseq, response.cseq.number + 1);
    return response;
  }

  #contact(flow: Flow, expiresSec: number): string {
    const { transport, contactUser, instance } = this.#deps;
    const { host } = transport.sentBy(flow);
    const uri = `<sip:${contactUser}@${host};transport=ws>`;
    return `${uri};+sip.instance="<${instance}>";reg-id=1;expires=${expiresSec}`;
  }

  #answered(response: SipResponse): void {
    const { status } = response;
    if (status >= 200 && status < 300) this.#succeeded(response);
    else if (status === 423) this.#tooBrief(response);
    else if (status === 401 || status === 403 || status === 407) this.#refused('credentials-rejected', status);
    else if (status === 404) this.#refused('account-unknown', status);
    else this.#tryLater({ reason: 'server-refused', status, willRetry: true }, retryAfterMs(response));
  }

  #succeeded(response: SipResponse): void {
    const news = this.#state !== 'registered';
    this.#plan('registered');
    this.#attempt = 0;
    this.#told = false;
    const grantedMs = this.#grantedSec(response) * 1000;
    this.#timer = this.#deps.platform.clock.schedule(grantedMs * REFRESH_AT, () => void this.#register('registered'));
    if (news) this.emit('registered');
  }

  /** The time granted to our own binding; the answer lists those of our other devices too. */
  #grantedSec(response: SipResponse): number {
    const contacts = response.contacts === '*' ? [] : response.contacts;
    const own = contacts.find((c) => c.uri instanceof SipUri && c.uri.user === this.#deps.contactUser);
    const granted = Number(own?.params.get('expires') ?? response.headers.get('Expires'));
    return granted > 0 ? Math.max(granted, 10) : this.#expiresSec;
  }

  #tooBrief(response: SipResponse): void {
    const minimum = Number(response.headers.get('Min-Expires'));
    if (minimum > this.#expiresSec && minimum <= 86_400) {
      this.#expiresSec = minimum;
      void this.#register('registering');
    } else {
      this.#tryLater({ reason: 'server-refused', status: 423, willRetry: true });
    }
  }

  #refused(reason: 'credentials-rejected' | 'account-unknown', status: number): void {
    this.#plan('idle');
    this.#told = false;
    this.#tell({ reason, status, willRetry: false });
  }

  #unanswered(error: unknown): void {
    const timedOut = error instanceof SipRequestError && error.failure.cause === 'timeout';
    this.#deps.logger.warn({ error: String(error) }, 'REGISTER got no answer');
    this.#plan('connecting');
    this.#tell({ reason: timedOut ? 'no-response' : 'connection-lost', willRetry: true });
    // A flow that swallows requests is dead, whatever the socket says; a new one registers when it opens.
    this.#deps.transport.reconnect('no-response');
  }

  #tryLater(told: Unregistered, askedMs = 0): void {
    this.#plan('waiting');
    const backoffMs = Math.round(backoffDelayMs(this.#attempt++, RETRY, this.#deps.platform.random));
    const delayMs = Math.max(askedMs, backoffMs);
    this.#timer = this.#deps.platform.clock.schedule(delayMs, () => void this.#register('registering'));
    this.#tell(told);
  }

  #tell(told: Unregistered): void {
    if (this.#told) return;
    this.#told = true;
    this.emit('unregistered', told);
  }
}

function retryAfterMs(response: SipResponse): number {
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return seconds > 0 ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : 0;
}

const problemOf = {
  requested: 'connection-lost',
  'connection-failed': 'connection-failed',
  'connection-lost': 'connection-lost',
  'credentials-rejected': 'credentials-rejected',
  'account-unknown': 'registration-refused',
  'server-refused': 'registration-refused',
  'no-response': 'connection-failed',
} as const satisfies Record<UnregisteredReason, VoiceProblem>;

/** The same fact as an error, for the promise of `register()`. */
export function registrationError(told: Unregistered): VoiceError {
  const retry = told.willRetry ? '; trying again' : '';
  const text = `not registered: ${told.reason}${told.status ? ` (${told.status})` : ''}${retry}`;
  return new VoiceError(problemOf[told.reason], text, told.status ? { status: told.status } : {});
}
