import { type Clock, type Logger, type Timer, TypedEmitter } from '@intermix/kernel';
import { type Flow, type IncomingRequest, NameAddr, type SipRequest, SipUri } from '@intermix/sip';
import type { AuthenticatedUser, UserAuthenticator } from '../auth/user-authenticator.js';
import { withExpires, withoutExpires } from './contact-text.js';
import { type IceServers, iceServersHeader } from './ice-servers.js';
import { type Aor, type Binding, keyOf, type LocationStore } from './location-store.js';
import { type ContactChange, type RegisterChange, readRegister } from './register-request.js';
import { defaultRegistrarConfig, type RegistrarConfig } from './registrar-config.js';

/**
 * Why a binding is no longer in force. `replaced`: the user has too many devices, and this was the oldest. `forgotten`: the
 * user was deleted.
 */
export type BindingEnd = 'unregistered' | 'expired' | 'flow-lost' | 'replaced' | 'forgotten' | 'stopped';

/** When a device of a user was last registered, refreshed, or its registration ended. */
export interface Sighting extends Aor {
  appId: string;
  userId: string;
  at: Date;
}

export interface RegistrarEvents {
  /** A device that was not registered a moment ago. */
  bindingAdded: [binding: Binding];
  /** The same device again: later expiry, and perhaps another flow or contact. */
  bindingRefreshed: [binding: Binding, before: Binding];
  bindingRemoved: [binding: Binding, why: BindingEnd];
  /** Once for each of the three above, for whoever keeps when a user was last seen. */
  seen: [sighting: Sighting];
  /** A REGISTER was refused. Counted; a wrong password is told at debug level only. */
  refused: [status: number];
}

export interface RegistrarDeps {
  authenticator: UserAuthenticator;
  location: LocationStore;
  clock: Clock;
  logger: Logger;
  /** What browsers are told of STUN and TURN; nothing without it. */
  iceServers?: IceServers | undefined;
  config?: Partial<RegistrarConfig>;
}

/** Facts about a user that an API shows. */
export interface Presence {
  registered: boolean;
  /** When a binding was last made, refreshed or lost. Undefined: not since this process started. */
  lastSeen: Date | undefined;
}

const maxLastSeen = 50_000;

/** Answers REGISTER and keeps the location of users. RFC 3261 §10.3, RFC 3327, RFC 5626 (instances), RFC 7118. */
export class Registrar extends TypedEmitter<RegistrarEvents> {
  readonly #deps: RegistrarDeps;
  readonly #config: RegistrarConfig;
  readonly #timers = new Map<Binding, Timer>();
  readonly #lastSeen = new Map<string, number>();
  /** Users that were forgotten, by the connection over which they were registered, while that is open. */
  readonly #forgotten = new Map<string, Set<string>>();
  #forgets = 0;

  constructor(deps: RegistrarDeps) {
    super();
    this.#deps = deps;
    this.#config = { ...defaultRegistrarConfig, ...deps.config };
  }

  /** Bindings now in force. */
  get bindingCount(): number {
    return this.#deps.location.size;
  }

  presenceOf(aor: Aor): Presence {
    const seen = this.#lastSeen.get(keyOf(aor));
    const registered = this.#deps.location.bindingsOf(aor).length > 0;
    return { registered, lastSeen: seen === undefined ? undefined : new Date(seen) };
  }

  /** Bindings that were made over the connection. */
  bindingsOn(flow: Flow): readonly Binding[] {
    return this.#deps.location.bindingsOnFlow(flow.id);
  }

  /** Devices of the user that are registered now. */
  registrations(aor: Aor): number {
    return this.#deps.location.bindingsOf(aor).length;
  }

  /**
   * Ends every registration of a user that is no more; to be called when the directory knows it no longer. Connections stay
   * open, since a call may be up on them, and the next REGISTER over one of them gets 403: a 401 would have the device
   * try again. Gives how many registrations there were.
   */
  forgetUser(aor: Aor): number {
    return this.#removeForgotten([...this.#deps.location.bindingsOf(aor)]);
  }

  /** The same for all users of an app that is no more. */
  forgetApp(app: { accountSid: string; appId: string }): number {
    return this.#removeForgotten(this.#deps.location.bindingsOfApp(app.accountSid, app.appId));
  }

  #removeForgotten(bindings: readonly Binding[]): number {
    this.#forgets++;
    for (const binding of bindings) {
      if (binding.flow.reliable && !binding.flow.closed) this.#markForgotten(binding);
      this.#remove(binding, 'forgotten');
    }
    return bindings.length;
  }

  /** Answers a REGISTER. Never rejects. */
  async handleRegister(incoming: IncomingRequest): Promise<void> {
    try {
      await this.#register(incoming);
    } catch (error) {
      this.#deps.logger.error({ err: error, flow: incoming.flow.id }, 'REGISTER could not be answered');
      this.#refuse(incoming, 500);
    }
  }

  /** A connection is gone: its devices cannot be reached any more. */
  handleFlowClosed(flow: Flow): void {
    this.#forgotten.delete(flow.id);
    for (const binding of this.#deps.location.bindingsOnFlow(flow.id)) this.#remove(binding, 'flow-lost');
  }

  /** Forgets every binding without telling anybody. */
  stop(): void {
    for (const binding of [...this.#timers.keys()]) this.#remove(binding, 'stopped');
  }

  async #register(incoming: IncomingRequest): Promise<void> {
    const { request, flow } = incoming;
    const aor = request.to.uri;
    if (!(aor instanceof SipUri)) return this.#refuse(incoming, 404);
    const forgets = this.#forgets;
    if (await this.#isForgotten(flow, aor)) return this.#refuse(incoming, 403);
    const auth = await this.#deps.authenticator.check(request, flow, aor, 401);
    // A user may be deleted while it is being looked up.
    const isGone = auth.ok && this.#forgets !== forgets && !(await this.#deps.authenticator.knows(aor));
    if (isGone) return this.#refuse(incoming, 403);
    if (!auth.ok) {
      this.#refuse(incoming, auth.status, { ...(auth.reason ? { reason: auth.reason } : {}), headers: auth.headers });
      return;
    }
    const change = readRegister(request, this.#configFor(auth));
    if (!change.ok) return this.#refuse(incoming, change.status, change);
    if (this.#isOutOfOrder(auth, request, change.change))
      return this.#refuse(incoming, 500, { reason: 'CSeq Out Of Order' });
    // The connection may have closed while the directory was asked.
    if (!flow.closed) this.#apply(auth, incoming, change.change);
    this.#answer(auth, incoming);
  }

  /** A registration does not outlive the session that it was made with, but for the least time that may be granted. */
  #configFor({ untilMs }: AuthenticatedUser): RegistrarConfig {
    if (untilMs === undefined) return this.#config;
    const leftSec = Math.ceil((untilMs - this.#deps.clock.now()) / 1000);
    const maxExpiresSec = Math.min(this.#config.maxExpiresSec, Math.max(leftSec, this.#config.minExpiresSec));
    return { ...this.#config, maxExpiresSec };
  }

  #markForgotten(binding: Binding): void {
    const users = this.#forgotten.get(binding.flow.id) ?? new Set();
    this.#forgotten.set(binding.flow.id, users.add(keyOf(binding)));
  }

  /** A user of the same name may have been made since; then the mark is void. */
  async #isForgotten(flow: Flow, aor: SipUri): Promise<boolean> {
    const users = this.#forgotten.get(flow.id);
    const key = users && this.#deps.authenticator.keyOf(aor);
    if (!users || key === undefined || !users.has(key)) return false;
    if (!(await this.#deps.authenticator.knows(aor))) return true;
    users.delete(key);
    return false;
  }

  /** Step 7 of RFC 3261 §10.3: within one Call-ID only a higher CSeq may change a binding, and all or nothing changes. */
  #isOutOfOrder(auth: AuthenticatedUser, request: SipRequest, change: RegisterChange): boolean {
    const touched = change.all
      ? this.#deps.location.bindingsOf(auth.user)
      : change.contacts.map((contact) => this.#match(auth, contact)).filter((binding) => binding !== undefined);
    return touched.some((b) => b.callId === request.callId && request.cseq.number <= b.cseq);
  }

  #apply(auth: AuthenticatedUser, incoming: IncomingRequest, change: RegisterChange): void {
    if (change.all) {
      for (const binding of this.#deps.location.bindingsOf(auth.user)) this.#remove(binding, 'unregistered');
      return;
    }
    for (const contact of change.contacts) {
      const before = this.#match(auth, contact);
      if (contact.expiresSec > 0) this.#put(this.#bindingOf(auth, incoming, contact, before), before);
      else if (before) this.#remove(before, 'unregistered');
    }
  }

  /** The binding that a contact speaks of: same instance and reg-id (RFC 5626 §6), else the same URI. */
  #match(auth: AuthenticatedUser, contact: ContactChange): Binding | undefined {
    const bindings = this.#deps.location.bindingsOf(auth.user);
    return (
      bindings.find((b) => b.instance !== undefined && b.instance === contact.instance && b.regId === contact.regId) ??
      bindings.find(
        (b) => b.instance === contact.instance && b.regId === contact.regId && b.contactUri.equals(contact.uri),
      )
    );
  }

  #bindingOf(
    { user, domain }: AuthenticatedUser,
    { request, flow }: IncomingRequest,
    contact: ContactChange,
    before: Binding | undefined,
  ): Binding {
    const now = this.#deps.clock.now();
    return {
      accountSid: user.accountSid,
      sipUsername: user.sipUsername,
      userId: user.userId,
      appId: user.appId,
      domain,
      contact: withoutExpires(contact.text),
      contactUri: contact.uri,
      instance: contact.instance,
      regId: contact.regId,
      preferredCodec: contact.preferredCodec,
      path: request.headers.list('path'),
      flow,
      callId: request.callId,
      cseq: request.cseq.number,
      expiresAt: now + contact.expiresSec * 1000,
      registeredAt: before?.registeredAt ?? now,
      userAgent: request.headers.get('user-agent'),
    };
  }

  #put(binding: Binding, before: Binding | undefined): void {
    const { location, clock, logger } = this.#deps;
    if (before) this.#forget(before);
    else this.#makeRoom(binding);
    location.put(binding);
    this.#timers.set(
      binding,
      clock.schedule(binding.expiresAt - clock.now(), () => this.#remove(binding, 'expired')),
    );
    this.#seen(binding);
    if (before) {
      this.emit('bindingRefreshed', binding, before);
      return;
    }
    logger.info({ account: binding.accountSid, user: binding.sipUsername, flow: binding.flow.id }, 'device registered');
    this.emit('bindingAdded', binding);
  }

  #makeRoom(aor: Aor): void {
    const bindings = this.#deps.location.bindingsOf(aor);
    for (const oldest of bindings.slice(this.#config.maxBindingsPerUser - 1)) this.#remove(oldest, 'replaced');
  }

  #remove(binding: Binding, why: BindingEnd): void {
    if (!this.#forget(binding)) return;
    this.#seen(binding);
    this.#deps.logger.info(
      { account: binding.accountSid, user: binding.sipUsername, why },
      'device no longer registered',
    );
    this.emit('bindingRemoved', binding, why);
  }

  #forget(binding: Binding): boolean {
    const timer = this.#timers.get(binding);
    if (!timer) return false;
    timer.cancel();
    this.#timers.delete(binding);
    this.#deps.location.remove(binding);
    return true;
  }

  #seen(binding: Binding): void {
    const { accountSid, sipUsername, appId, userId } = binding;
    const key = keyOf(binding);
    const now = this.#deps.clock.now();
    this.#lastSeen.delete(key);
    this.#lastSeen.set(key, now);
    const oldest = this.#lastSeen.size > maxLastSeen ? this.#lastSeen.keys().next() : undefined;
    if (oldest && !oldest.done) this.#lastSeen.delete(oldest.value);
    this.emit('seen', { accountSid, sipUsername, appId, userId, at: new Date(now) });
  }

  /** 200 with every binding of the user, each Contact as its device wrote it. */
  #answer({ user }: AuthenticatedUser, incoming: IncomingRequest): void {
    const { location, clock } = this.#deps;
    const { request } = incoming;
    const contacts = location
      .bindingsOf(user)
      .map((b) => withExpires(b.contact, Math.max(1, Math.ceil((b.expiresAt - clock.now()) / 1000))));
    const knowsPath = request.headers.list('supported').some((tag) => tag.trim().toLowerCase() === 'path');
    const path = knowsPath ? request.headers.list('path') : [];
    const headers = path.map((value) => ['Path', value] as const);
    incoming.respond(200, { contacts, headers: [...headers, ...this.#iceServers(user, incoming.flow)] });
  }

  /** For browsers alone: a telephone has no use for them, and over UDP the answer should stay short. */
  #iceServers(user: Aor, { protocol }: Flow): ReadonlyArray<readonly [string, string]> {
    const value = /^WSS?$/.test(protocol) ? this.#deps.iceServers?.headerFor(user) : undefined;
    return value === undefined ? [] : [[iceServersHeader, value]];
  }

  #refuse(
    incoming: IncomingRequest,
    status: number,
    options: { reason?: string; headers?: ReadonlyArray<readonly [string, string]> } = {},
  ): void {
    const { reason, headers } = options;
    incoming.respond(status, { ...(reason ? { reason } : {}), ...(headers ? { headers } : {}) });
    this.emit('refused', status);
  }
}

/** Route set towards a binding: its Path, in order (RFC 3327 §5.3). Elements that do not parse are left out. */
export function routeOf(binding: Binding): NameAddr[] {
  const route: NameAddr[] = [];
  for (const value of binding.path) {
    try {
      route.push(NameAddr.parse(value));
    } catch {
      // Path came from an edge proxy of ours; a broken element cannot be followed anyway.
    }
  }
  return route;
}
