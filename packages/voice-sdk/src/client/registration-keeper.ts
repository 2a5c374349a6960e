// When to register, again and not again. The binding itself is @intermix/sip's Registration.
//
//   idle ──start()──► connecting ──socket open──► registering ──200──► registered (refreshed silently)
//     ▲                   ▲                          │  401 403 404 407: idle, told once, never tried again by itself
//     └──stop()───────────┴──── socket lost, 408 ────┤
//                                                    └─ others: waiting, told once, tried again with back-off
import { backoffDelayMs, type Logger, type Timer, TypedEmitter } from '@intermix/kernel';
import { type EndpointFace, type NameAddr, Registration, type RegistrationFailure } from '@intermix/sip';
import { VoiceError, type VoiceProblem } from '../errors.js';
import type { Platform } from '../platform.js';
import type { WebSocketTransport } from '../transport/websocket-transport.js';
import type { VoiceAccount } from './account.js';
import { readIceServers } from './ice-servers.js';
import type { TokenSource } from './token.js';

const RETRY = { firstMs: 500, maxMs: 60_000, factor: 2, jitter: 0.5 };
const DEFAULT_EXPIRES_SEC = 300;
/** A server may ask for at most this much patience by Retry-After. */
const MAX_RETRY_AFTER_SEC = 300;

/** Why the page is not registered. */
export type UnregisteredReason =
  | 'requested'
  | 'connection-failed'
  | 'connection-lost'
  | 'credentials-rejected'
  | 'account-unknown'
  | 'token-failed' // `tokenProvider` gave no credentials.
  | 'server-refused'
  | 'no-response';

export interface Unregistered {
  reason: UnregisteredReason;
  /** SIP status of the server's answer, when there was one. */
  status?: number;
  /** True: the SDK tries again by itself, with back-off. */
  willRetry: boolean;
}

export interface RegistrationKeeperEvents {
  /** A REGISTER was sent; not told for a refresh. */
  registering: [];
  /** Once per change into the registered state. */
  registered: [];
  /** Once per change out of it, or once per series of attempts that began with `start()`. */
  unregistered: [u: Unregistered];
}

export type RegistrationState = 'idle' | 'connecting' | 'registering' | 'registered' | 'waiting' | 'unregistering';

export interface RegistrationKeeperDeps {
  endpoint: Pick<EndpointFace, 'request'>;
  transport: WebSocketTransport;
  platform: Platform;
  logger: Logger;
  account: VoiceAccount;
  aor: NameAddr;
  /** What the connection has to wait for: the same promise as long as it lasts; undefined for nothing. Never rejects. */
  ready?(): Promise<void> | undefined;
  /** Short-lived credentials; without, those of the account are good for ever. */
  tokens?: TokenSource | undefined;
  /** UUID of this device. */
  instanceId: string;
  /** Contact URI, the same as in calls. */
  contact: string;
  expiresSec?: number;
}

export class RegistrationKeeper extends TypedEmitter<RegistrationKeeperEvents> {
  readonly #transport: WebSocketTransport;
  readonly #platform: Platform;
  readonly #logger: Logger;
  #deps: RegistrationKeeperDeps;
  #binding: Registration;
  /** What the server told when it last registered us. */
  iceServers: RTCIceServer[] = [];
  #state: RegistrationState = 'idle';
  #attempt = 0;
  #told = false;
  #timer: Timer | undefined;
  #contact: string;
  #awaited: Promise<void> | undefined;

  constructor(deps: RegistrationKeeperDeps) {
    super();
    this.#transport = deps.transport;
    this.#platform = deps.platform;
    this.#logger = deps.logger;
    this.#contact = deps.contact;
    this.#deps = deps;
    this.#binding = this.#bind(deps.aor);
    this.#transport.on('opened', () => this.wanted && !this.#awaited && this.#register());
    this.#transport.on('down', ({ wasOpen }) => this.#connectionDown(wasOpen));
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

  /** Another Contact value for the same device. The server learns it at once; no event tells of that. */
  changeContact(contact: string): void {
    if (contact === this.#contact) return;
    this.#contact = contact;
    this.#renew();
  }

  /** The account's credentials have changed, or what device this is. A registration that stands is refreshed with them; no event tells of that. */
  use(aor: NameAddr, instanceId?: string): void {
    this.#deps = { ...this.#deps, ...(instanceId && { instanceId }) };
    this.#binding.close();
    this.#binding = this.#bind(aor);
    this.#renew();
  }

  /** One that is being made begins anew: the answer to what was sent is not heard any more. */
  #renew(): void {
    const { flow } = this.#transport;
    if (!flow || (!this.registered && this.#state !== 'registering')) return;
    this.#binding.moveTo(flow, this.#contact);
    this.#binding.register();
  }

  /** No credentials are to be had; they are asked for again. */
  tokenFailed(): void {
    if (this.wanted && !this.registered) this.#tell({ reason: 'token-failed', willRetry: true });
  }

  /** Wants to be registered from now on. Called twice it changes nothing. */
  start(): void {
    if (this.wanted) return;
    this.#become('connecting');
    this.#attempt = 0;
    this.#told = false;
    const ready = this.#deps.ready?.();
    if (!ready) this.#open();
    else if (ready !== this.#awaited) void this.#openAfter(ready); // Else stopped and started again meanwhile.
  }

  async #openAfter(ready: Promise<void>): Promise<void> {
    this.#awaited = ready;
    await ready;
    this.#awaited = undefined;
    if (this.wanted) this.#open();
  }

  #open(): void {
    this.#withCredentials(() => {
      this.#transport.open();
      if (this.#transport.flow) this.#register();
    });
  }

  /** Removes the binding; resolves when the server has said so, or when it cannot be asked. */
  async stop(): Promise<void> {
    if (!this.wanted) return;
    const bound = this.#transport.flow && (this.#state === 'registered' || this.#state === 'registering');
    this.#become('unregistering');
    if (bound) await this.#binding.unregister();
    else this.#binding.close();
    if (this.#state !== 'unregistering') return; // start() came in between.
    this.#become('idle');
    this.emit('unregistered', { reason: 'requested', willRetry: false });
  }

  /** While the page goes away: sends the removal and waits for nothing. */
  leave(): void {
    const bound = this.#transport.flow && this.registered;
    this.#become('idle');
    if (bound) void this.#binding.unregister();
    else this.#binding.close();
  }

  #become(state: RegistrationState): void {
    this.#state = state;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #bind(aor: NameAddr): Registration {
    const binding = createBinding({ ...this.#deps, aor });
    binding.on('sent', () => this.registered || this.emit('registering'));
    binding.on('registered', ({ response }) => {
      this.iceServers = readIceServers(response.headers.get('X-Intermix-Ice-Servers'));
      this.#succeeded();
    });
    binding.on('failed', (failure) => this.#failed(failure));
    binding.on('unregistered', () => this.#dropped());
    return binding;
  }

  /** Runs the step when there are credentials that are good: at once, but for short-lived ones. */
  #withCredentials(step: () => void): void {
    const waiting = this.#deps.tokens?.fresh();
    if (!waiting) {
      step();
      return;
    }
    const again = () => {
      this.tokenFailed();
      this.#timer = this.#platform.clock.schedule(RETRY.maxMs, () => this.#withCredentials(step));
    };
    waiting.then(
      () => this.wanted && step(),
      () => this.wanted && again(),
    );
  }

  #register(): void {
    this.#withCredentials(() => this.#registerNow());
  }

  #registerNow(): void {
    const { flow } = this.#transport;
    if (!flow) return;
    this.#become('registering');
    this.#binding.moveTo(flow, this.#contact);
    this.#binding.register();
  }

  #succeeded(): void {
    const news = !this.registered;
    this.#become('registered');
    this.#attempt = 0;
    this.#told = false;
    this.#deps.tokens?.accepted();
    if (news) this.emit('registered');
  }

  #failed(failure: RegistrationFailure): void {
    if (this.#state !== 'registering' && this.#state !== 'registered') return; // The connection was lost meanwhile.
    const { status } = failure;
    this.#logger.warn({ status, reason: failure.reason }, 'REGISTER failed');
    if (status === 408) this.#swallowed();
    else if (status === 401 || status === 403 || status === 407) this.#refused('credentials-rejected', status);
    else if (status === 404) this.#refused('account-unknown', status);
    else this.#tryLater(status, failure.retryAfterSec);
  }

  /** The server took the binding away, by `expires=0` in its answer. Our own removal ends in `stop()`. */
  #dropped(): void {
    if (this.registered || this.#state === 'registering') this.#tryLater(undefined);
  }

  #connectionDown(wasOpen: boolean): void {
    if (!this.wanted || this.#awaited) return;
    this.#become('connecting');
    this.#binding.close();
    this.#tell({ reason: wasOpen ? 'connection-lost' : 'connection-failed', willRetry: true });
  }

  #refused(reason: 'credentials-rejected' | 'account-unknown', status: number): void {
    if (this.#deps.tokens?.refused()) {
      this.#become('waiting');
      this.#register();
      return;
    }
    this.#become('idle');
    this.#told = false;
    this.#tell({ reason, status, willRetry: false });
  }

  /** A connection that swallows requests is dead, whatever the socket says; a new one registers when it opens. */
  #swallowed(): void {
    this.#become('connecting');
    this.#tell({ reason: 'no-response', willRetry: true });
    this.#transport.reconnect('no-response');
  }

  #tryLater(status: number | undefined, retryAfterSec = 0): void {
    const backoffMs = Math.round(backoffDelayMs(this.#attempt++, RETRY, this.#platform.random));
    const askedMs = Math.min(Math.max(retryAfterSec, 0), MAX_RETRY_AFTER_SEC) * 1000;
    this.#become('waiting');
    this.#timer = this.#platform.clock.schedule(Math.max(askedMs, backoffMs), () => this.#register());
    this.#tell({ reason: 'server-refused', ...(status ? { status } : {}), willRetry: true });
  }

  #tell(told: Unregistered): void {
    if (this.#told) return;
    this.#told = true;
    this.emit('unregistered', told);
  }
}

function createBinding(deps: RegistrationKeeperDeps): Registration {
  const { account } = deps;
  return new Registration({
    endpoint: deps.endpoint,
    clock: deps.platform.clock,
    random: deps.platform.random,
    aor: deps.aor,
    contact: deps.contact,
    expiresSec: deps.expiresSec ?? DEFAULT_EXPIRES_SEC,
    credentials: { username: account.authUser ?? account.username, password: account.password },
    instanceId: deps.instanceId,
  });
}

const problemOf = {
  requested: 'connection-lost',
  'connection-failed': 'connection-failed',
  'connection-lost': 'connection-lost',
  'credentials-rejected': 'credentials-rejected',
  'account-unknown': 'registration-refused',
  'token-failed': 'token-failed',
  'server-refused': 'registration-refused',
  'no-response': 'connection-failed',
} as const satisfies Record<UnregisteredReason, VoiceProblem>;

/** The same fact as an error, for the promise of `register()`. */
export function registrationError(told: Unregistered): VoiceError {
  const retry = told.willRetry ? '; trying again' : '';
  const text = `not registered: ${told.reason}${told.status ? ` (${told.status})` : ''}${retry}`;
  return new VoiceError(problemOf[told.reason], text, {
    ...(told.status && { status: told.status }),
    ...(told.reason === 'account-unknown' && { fatal: true }), // Any other refusal is asked about again.
  });
}
