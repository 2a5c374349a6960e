import { hex, type Logger, silentLogger, TypedEmitter } from '@intermix/kernel';
import {
  type DigestCredentials,
  Endpoint,
  type ExtraHeaders,
  type IncomingInvite,
  NameAddr,
  PAGE_GONE,
} from '@intermix/sip';
import { AudioRoute } from '../audio/audio-route.js';
import { recvInfo } from '../call/call-recording.js';
import type { CallSnapshot } from '../call/call-types.js';
import { IncomingCall } from '../call/incoming-call.js';
import { OutgoingCall } from '../call/outgoing-call.js';
import { remotePartyOf } from '../call/remote-party.js';
import { type CallServices, VoiceCall } from '../call/voice-call.js';
import type { AudioDevices } from '../devices/audio-devices.js';
import { VoiceError } from '../errors.js';
import { parts } from '../parts.js';
import { browserPlatform, type Platform } from '../platform.js';
import type { TabClient, TabRole, TabSeat } from '../tabs/part.js';
import type { TokenAccount } from '../tokens/part.js';
import { WebSocketTransport } from '../transport/websocket-transport.js';
import { addressOfRecord, targetUri, unknownAccount, type VoiceAccount } from './account.js';
import { CallKeeper } from './call-keeper.js';
import { logCall } from './call-log.js';
import { CallRecovery } from './call-recovery.js';
import { InstanceId } from './instance-id.js';
import { PhoneSounds } from './phone-sounds.js';
import { RegistrationKeeper, type RegistrationState, registrationError } from './registration-keeper.js';
import type { TokenProvider, TokenSource } from './token.js';
import { tokenSource } from './token-source.js';
import type { VoiceClientEvents, VoiceClientOptions } from './voice-client-options.js';

/** A phone that rings longer than this unheard gives the call back to the server. */
const NO_ANSWER_MS = 180_000;
/** The part `tabs` stands before the first registration: when it is later than this, the tab registers without it. */
const TABS_WAIT_MS = 1_500;
const SDK_NAME = 'Intermix-Voice-SDK/0.1';

/** A SIP phone in a page: registers over one WebSocket, places and takes calls. Several may live in one page. */
export class VoiceClient extends TypedEmitter<VoiceClientEvents> {
  readonly #options: VoiceClientOptions & VoiceAccount;
  /** What the page itself named goes before what a token tells. */
  readonly #page: Pick<VoiceClientOptions, 'serverUrl' | 'iceServers'>;
  readonly #platform: Platform;
  readonly #logger: Logger;
  #aor: NameAddr;
  #instance: InstanceId;
  readonly #contactUser: string;
  readonly #transport: WebSocketTransport;
  readonly #endpoint: Endpoint;
  readonly #registration: RegistrationKeeper;
  readonly #calls = new Set<VoiceCall>();
  readonly #sounds: PhoneSounds;
  readonly #route: AudioRoute;
  readonly #services: CallServices;
  readonly #stops: Array<() => void> = [];
  readonly #recovery = new CallRecovery(this.#calls);
  readonly #keeper: CallKeeper;
  readonly #tokens: TokenSource | undefined;
  #started = false;
  /** Of the lock that the tabs share; undefined where they know nothing of one another. */
  readonly #tabsName: string | undefined;
  #seat: TabSeat | undefined;
  #seatLoading: Promise<TabSeat | undefined> | undefined;
  /** It is being found out which tab registers. */
  #seating: Promise<void> | undefined;
  /** The part `tabs` was not to be had: this tab registers for itself, as a device of its own. */
  #apart = false;
  #ringing: Awaited<ReturnType<typeof parts.ringing>> | undefined;
  #returnRegistered = false;

  /** Throws VoiceError `invalid-options`. Opens nothing. */
  constructor(options: VoiceClientOptions) {
    super();
    this.#page = { ...options };
    // Ours to change; the page's object stays as it is.
    this.#options = { ...(options.tokenProvider && unknownAccount), ...options } as VoiceClientOptions & VoiceAccount;
    this.#aor = addressOfRecord(this.#options);
    this.#platform = options.platform ?? browserPlatform();
    this.#logger = options.logger ?? silentLogger;
    // Of whom tokens are is known too late to say which tabs are the same user.
    const isShared = options.tabs !== 'each-registers' && !options.tokenProvider && this.#platform.locks;
    const aor = this.#aor.uri.toString();
    if (isShared) parts.tabs().catch(() => {}); // Early: told of when it is needed.
    this.#tabsName = isShared ? `intermix-voice:${aor}@${this.#options.serverUrl}` : undefined;
    this.#instance = new InstanceId(this.#platform, aor, Boolean(isShared));
    this.#contactUser = hex(this.#platform.random.bytes(6));
    this.#transport = new WebSocketTransport({
      url: this.#options.serverUrl,
      platform: this.#platform,
      createSocket: (url, protocol) => (this.#seat ?? this.#platform).createWebSocket(url, protocol),
      wire: (sent, text) =>
        this.#logger.debug({ sip: text.slice(0, text.indexOf('\r\n')) }, sent ? 'sent' : 'received'),
    });
    this.#endpoint = this.#createEndpoint();
    this.#tokens = options.tokenProvider && this.#tokenSource(options.tokenProvider);
    this.#registration = this.#createRegistration();
    this.#route = options.audioRoute ?? new AudioRoute(this.#platform, this.#logger, options.microphone);
    this.#sounds = this.#createSounds();
    this.#services = this.#createServices();
    this.#keeper = new CallKeeper(this.#platform, this.#logger, aor);
    this.#listen();
  }

  get registrationState(): RegistrationState {
    return this.#registration.state;
  }

  get registered(): boolean {
    return this.#registration.registered;
  }

  /** True while the WebSocket is open. */
  get connected(): boolean {
    return this.#transport.flow !== undefined;
  }

  /**
   * STUN and TURN servers of the calls that follow: those of the options, else what the server told when it last registered
   * us, else those of the token. TURN credentials are secrets.
   */
  get iceServers(): RTCIceServer[] {
    const told = this.#registration.iceServers;
    return this.#page.iceServers ?? (told[0] ? told : (this.#options.iceServers ?? told));
  }

  /** Microphones and speakers: to list, to choose, to hear of changes. A part that loads when it is first asked for. */
  get devices(): Promise<AudioDevices> {
    return this.#route.devices;
  }

  get tabRole(): TabRole {
    return this.#seat?.role ?? 'alone';
  }

  /** Calls that are not over, oldest first; with those whose audio is in another tab (`elsewhere`). */
  get calls(): readonly VoiceCall[] {
    return [...this.#calls];
  }

  /** The call that is talked in, else the one that rings, else undefined. */
  get activeCall(): VoiceCall | undefined {
    const calls = this.calls;
    const talking = calls.filter((call) => call.state === 'connected');
    return talking.find((call) => !call.held) ?? talking.at(-1) ?? calls.at(-1);
  }

  /**
   * Opens the connection at once and registers; both are kept up from then on. Resolves when registered; rejects with
   * VoiceError at the first failure, while the SDK goes on trying unless the server refused the account
   * (`unregistered` tells which). A page that listens to the events may ignore the promise.
   */
  register(): Promise<void> {
    if (this.#registration.registered) return Promise.resolve();
    this.#start();
    const result = new Promise<void>((resolve, reject) => {
      const stops = [
        this.#registration.on('registered', () => settle(resolve)),
        this.#registration.on('unregistered', (told) => settle(() => reject(registrationError(told)))),
      ];
      const settle = (then: () => void) => {
        for (const stop of stops) stop();
        then();
      };
    });
    result.catch(() => {}); // Ignoring the promise is allowed; the event tells the same.
    this.#registration.start();
    return result;
  }

  /**
   * Hears of calls as long as another tab of the profile registers, and may answer them; does not register. Does nothing
   * where tabs know nothing of one another.
   */
  listen(): void {
    this.#start();
    void this.#loadSeat().then(async (seat) => {
      await this.#seating; // A tab that is about to register need not follow another one first.
      if (!this.#apart) seat?.listen();
    });
  }

  /**
   * Ends the registration, in all tabs that share it; the connection closes with the last call. Resolves when the server has
   * confirmed.
   */
  unregister(): Promise<void> {
    if (!this.#seating) this.#seat?.signOut();
    return this.#signOut();
  }

  async #signOut(): Promise<void> {
    this.#returnRegistered = false;
    await this.#registration.stop();
    if (this.#registration.wanted) return; // register() came in between.
    if (!this.#transport.flow) this.#recovery.giveUp();
    this.#closeWhenIdle();
  }

  /**
   * Calls a number, a user of the same domain, or a SIP URI. Throws VoiceError `invalid-target` or `not-connected`;
   * everything later comes as events of the call.
   */
  call(target: string, options: { headers?: ExtraHeaders; displayName?: string } = {}): VoiceCall {
    const uri = targetUri(target, this.#options.domain);
    if (!this.#transport.flow) throw new VoiceError('not-connected', 'there is no connection to the server');
    const to = NameAddr.create({ uri });
    const from = options.displayName
      ? NameAddr.create({ displayName: options.displayName, uri: this.#aor.uri })
      : this.#aor;
    const call = new OutgoingCall(this.#services, remotePartyOf(to), (sdp) => {
      const { flow } = this.#transport;
      if (!flow) throw new VoiceError('not-connected', 'the connection to the server was lost');
      return this.#endpoint.invite({
        target: { uri, flow },
        from,
        to,
        sdp,
        headers: [...(options.headers ?? []), ...recvInfo],
        credentials: this.#credentials,
        contactUser: this.#contactUser,
      });
    });
    this.#add(call);
    return call;
  }

  /**
   * Goes on with a call of another page, by `VoiceCall.snapshot()` there; `handOver()` is for the other page to call. With
   * `media: false` the audio stays where it is, and the call can be hung up here. Rejects with VoiceError: `not-connected`,
   * `call-ended` when the server no longer has the call, `invalid-options` when the snapshot is none. A microphone that the
   * person has to allow, or refuses, keeps the call muted: `failed` tells it (not fatal), and `unmute()` asks again.
   */
  async takeUp(snapshot: CallSnapshot, options: { media?: boolean } = {}): Promise<VoiceCall> {
    const { resumeCall } = await this.#keeper.load();
    const { flow } = this.#transport;
    if (!flow) throw new VoiceError('not-connected', 'there is no connection to the server');
    const [call, session] = resumeCall(VoiceCall, this.#services, snapshot, () =>
      this.#endpoint.resume(snapshot.session, {
        flow,
        credentials: this.#credentials,
        contactUser: this.#contactUser,
      }),
    );
    this.#add(call);
    await call.start(session, options.media !== false, () => this.emit('resumed', call));
    return call;
  }

  /**
   * Holds the call that is talked in and goes on with the other, in either order of the two. Rejects with what failed: when
   * the first cannot be held nothing changes; when the second cannot be taken back the first is talked in again.
   */
  async swap(one: VoiceCall, other: VoiceCall): Promise<void> {
    const [talking, waiting] = one.held ? [other, one] : [one, other];
    await talking.hold();
    try {
      await waiting.unhold();
    } catch (error) {
      await talking.unhold().catch(() => {});
      throw error;
    }
  }

  /**
   * Codec to put first in the calls that follow; undefined leaves the browser's order. The server is told too, so that it
   * puts the codec first in what it offers to this device, where the other side of a call has it.
   */
  setPreferredCodec(codec: string | undefined): void {
    if (codec === undefined) delete this.#options.preferredCodec;
    else this.#options.preferredCodec = codec;
    this.#registration.changeContact(this.#contact());
  }

  /** Ends calls and registration and lets go of everything. The client cannot be used again. */
  async dispose(): Promise<void> {
    for (const stop of this.#stops) stop();
    this.#tokens?.stop();
    await Promise.all(this.#ownCalls.map((call) => call.hangup()));
    if (this.#seat?.hasHeirs) this.#transport.close(); // The registration goes on in another tab.
    await this.#registration.stop();
    this.#seat?.leave();
    this.#sounds.close();
    if (!this.#options.audioRoute) await this.#route.close();
    this.#transport.close();
    await this.#endpoint.stop();
    this.removeAllListeners();
  }

  /** Short-lived credentials are in force from here on. Throws VoiceError `invalid-options`. */
  #use(account: TokenAccount): void {
    const serverUrl = this.#page.serverUrl ?? account.serverUrl ?? this.#options.serverUrl;
    const isKnown = serverUrl !== unknownAccount.serverUrl;
    const aor = addressOfRecord({ ...this.#options, ...account, serverUrl: isKnown ? serverUrl : '' });
    Object.assign(this.#options, { iceServers: undefined }, account, { serverUrl });
    this.#aor = aor;
    this.#keeper.account = aor.uri.toString();
    this.#transport.lead(serverUrl);
    this.#registration.use(aor);
  }

  #tokenSource(provider: TokenProvider): TokenSource {
    return tokenSource(provider, {
      platform: this.#platform,
      logger: this.#logger,
      registration: () => this.#registration,
      use: (account) => this.#use(account),
      failed: (error) => this.emit('tokenFailed', error),
    });
  }

  get #credentials(): DigestCredentials {
    const { authUser, username, password } = this.#options;
    return { username: authUser ?? username, password };
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#sounds.load();
    this.#endpoint.start().catch((error) => this.#logger.error({ error: String(error) }, 'SIP could not start'));
  }

  get #ownCalls(): VoiceCall[] {
    return this.calls.filter((call) => !call.elsewhere);
  }

  /** Finds out which tab registers: this one, or another, which then serves this one. */
  #sit(): Promise<void> | undefined {
    if (!this.#tabsName) return undefined;
    this.#seating ??= this.#takeSeat().finally(() => {
      this.#seating = undefined;
      if (this.#registration.wanted) return;
      if (this.#seat) this.#seat.candidate = false; // The page has changed its mind meanwhile.
      this.#closeWhenIdle();
    });
    return this.#seating;
  }

  async #takeSeat(): Promise<void> {
    const seat = await this.#loadSeat();
    if (this.#apart === Boolean(seat)) {
      this.#apart = !seat;
      this.#instance = new InstanceId(this.#platform, this.#aor.uri.toString(), Boolean(seat));
      this.#registration.use(this.#aor, this.#instance.uuid);
    }
    if (this.#registration.wanted) await seat?.sit();
  }

  /** Undefined where tabs know nothing of one another; without the part each of them registers. */
  #loadSeat(): Promise<TabSeat | undefined> {
    this.#seatLoading ??= this.#createSeat().catch((error) => {
      this.#seatLoading = undefined;
      this.#logger.error({ error: String(error) }, 'exotelsdk-tabs.js cannot be loaded');
      return undefined;
    });
    return this.#seatLoading;
  }

  async #createSeat(): Promise<TabSeat | undefined> {
    if (!this.#tabsName) return undefined;
    const { TabSeat } = await new Promise<Awaited<ReturnType<typeof parts.tabs>>>((resolve, reject) => {
      const timer = this.#platform.clock.schedule(TABS_WAIT_MS, () => reject(new Error('too late')));
      parts
        .tabs()
        .then(resolve, reject)
        .finally(() => timer.cancel());
    });
    const client: TabClient = {
      platform: this.#platform,
      logger: this.#logger,
      transport: this.#transport,
      registration: this.#registration,
      services: this.#services,
      calls: this.#calls,
      VoiceCall,
      callAdded: (told) => this.on('callAdded', told),
      soundBlocked: (told) => this.on('autoplayBlocked', (what) => what === 'ringtone' && told()),
      aloud: (callId) => {
        for (const call of this.#calls) if (call.callId === callId) call.quiet = false;
        this.#sounds.update();
      },
      add: (call) => this.#add(call),
      takeUp: (snapshot) => this.takeUp(snapshot),
      roleChanged: (role) => this.emit('tabRole', role),
      register: () => void this.register(),
      signedOut: () => void this.#signOut(),
      reRegister: () => this.emit('reRegister'),
    };
    this.#seat = new TabSeat(client, this.#tabsName);
    return this.#seat;
  }

  #createEndpoint(): Endpoint {
    return new Endpoint({
      transports: [this.#transport],
      clock: this.#platform.clock,
      random: this.#platform.random,
      logger: this.#logger,
      userAgent: SDK_NAME,
      supported: ['outbound', 'path', 'gruu'],
    });
  }

  #createRegistration(): RegistrationKeeper {
    return new RegistrationKeeper({
      endpoint: this.#endpoint,
      transport: this.#transport,
      platform: this.#platform,
      logger: this.#logger,
      account: this.#options,
      aor: this.#aor,
      ready: () => this.#sit(),
      tokens: this.#tokens,
      instanceId: this.#instance.uuid,
      contact: this.#contact(),
      ...(this.#options.expiresSec === undefined ? {} : { expiresSec: this.#options.expiresSec }),
    });
  }

  #createSounds(): PhoneSounds {
    const { tones, country } = this.#options;
    return new PhoneSounds({
      platform: this.#platform,
      route: this.#route,
      logger: this.#logger,
      calls: this.#calls,
      enabled: tones !== false,
      ...(country ? { country } : {}),
      blocked: () => this.emit('autoplayBlocked', 'ringtone'),
    });
  }

  /** `x-codec` is a parameter of ours; other servers pass over it. */
  #contact(): string {
    const { preferredCodec = '' } = this.#options;
    const codec = /^[\w-]{1,16}$/.test(preferredCodec) ? `;x-codec=${preferredCodec}` : '';
    return `<sip:${this.#contactUser}@${this.#transport.viaHost};transport=ws>${codec}`;
  }

  #createServices(): CallServices {
    const options = this.#options;
    return {
      platform: this.#platform,
      logger: this.#logger,
      dtmfMode: options.dtmfMode ?? 'auto',
      peerOptions: () => ({
        iceServers: this.iceServers,
        iceTransportPolicy: options.iceTransportPolicy,
        ...(options.preferredCodec ? { preferredCodec: options.preferredCodec } : {}),
      }),
      route: this.#route,
      autoplayBlocked: (what) => this.emit('autoplayBlocked', what),
      afterReconnect: (run) => this.#recovery.whenBack(run),
      holdOthers: (call) => this.#holdOthers(call),
    };
  }

  #listen(): void {
    this.#endpoint.on('invite', (invite) => this.#invited(invite));
    this.#registration.on('registering', () => this.emit('registering'));
    this.#transport.on('opened', (flow) => {
      const { origin, pathname } = new URL(this.#options.serverUrl); // A token may stand in the rest of it.
      this.#logger.info({ url: origin + pathname }, 'connected to the server');
      if (!this.#registration.wanted) this.#recovery.connectionBack(flow);
    });
    this.#transport.on('down', (lost) => {
      this.#logger.warn(lost, 'no connection to the server');
      if (lost.wasOpen) this.#recovery.connectionLost();
    });
    this.#registration.on('registered', () => {
      this.#logger.info({}, 'registered');
      this.emit('registered');
      this.#loadParts();
      if (this.#transport.flow) this.#recovery.connectionBack(this.#transport.flow);
      if (this.#options.resumeCalls !== false) void this.#takeUpKept();
    });
    this.#registration.on('unregistered', (told) => {
      this.#logger.warn({ ...told }, 'unregistered');
      if (!told.willRetry) {
        this.#tokens?.stop();
        if (told.reason !== 'requested') this.#recovery.refused(this.#transport.flow, registrationError(told));
        this.#closeWhenIdle();
      }
      this.emit('unregistered', told);
    });
    this.#stops.push(
      this.#platform.onPage('networkchange', () => this.#recovery.pathChanged()),
      this.#platform.onPage('online', () => this.#recovery.pathChanged()),
      this.#platform.onPage('pagehide', () => this.#pageHides()),
      this.#platform.onPage('pageshow', (persisted) => persisted && this.#pageReturns()),
    );
  }

  /** What a call needs is there before the call is. Nothing waits for it. */
  #loadParts(): void {
    const missed = () => {}; // The call that needs it tells.
    parts.quality().catch(missed);
    this.#keeper.load().catch(missed);
    parts.ringing().then(
      (part) => {
        this.#ringing = part;
      },
      (error) =>
        this.#logger.error(
          { error: String(error) },
          'exotelsdk-ringing.js cannot be loaded: answers are not made ready',
        ),
    );
  }

  #invited(invite: IncomingInvite): void {
    if (this.#options.callWaiting === false && (this.#calls.size > 0 || this.#keeper.taking)) {
      invite.reject(480, { reason: '4001' }); // The status and phrase that Exotel's SDK gives when it is busy.
      return;
    }
    const call = new IncomingCall(this.#services, invite, this.#options.noAnswerMs ?? NO_ANSWER_MS);
    call.quiet = this.#seat?.quiet.has(call.callId) === true;
    this.#add(call);
    this.emit('incoming', call);
    this.#sounds.update(); // After it: a page's first audio context takes the browser some 20 ms.
    if (this.#ringing && this.#platform.visible) call.prepare(this.#ringing);
  }

  #add(call: VoiceCall): void {
    this.#calls.add(call);
    this.#route.calls.add(call);
    call.on('stateChanged', (state) => {
      if (state === 'ended') this.#remove(call);
    });
    this.#sounds.follow(call);
    logCall(call, this.#logger);
    call.on('connected', () => {
      void this.#keeper.load().catch(() => {});
      void this.#holdOthers(call); // Those too that were answered while this one was.
    });
    this.emit('callAdded', call);
  }

  #remove(call: VoiceCall): void {
    this.#calls.delete(call);
    this.#route.calls.delete(call);
    this.emit('callRemoved', call);
    this.#closeWhenIdle();
  }

  async #holdOthers(call: VoiceCall): Promise<VoiceCall[]> {
    const others = this.calls.filter((other) => other !== call && other.state === 'connected' && !other.held);
    // A far end that refuses to be held hears silence from its own side at worst; the new call goes on.
    await Promise.all(others.map((other) => other.hold().catch(() => {})));
    return others;
  }

  /** BYE needs the connection, so it stays while there are calls. */
  #closeWhenIdle(): void {
    if (this.#calls.size > 0 || this.#registration.state !== 'idle' || this.#recovery.hasPending) return;
    if (this.#seating || this.#seat?.served) return;
    this.#transport.close();
    this.#seat?.rest();
  }

  /** The page goes away: one chance to tell the far ends. Not `unload`, which would keep the page out of the cache. */
  #pageHides(): void {
    this.#returnRegistered = this.#registration.wanted;
    this.#tokens?.stop(); // A page in the cache asks nobody; `register()` at its return plans anew.
    const passedOn = this.#options.resumeCalls !== false && this.#seat?.passOn() === true;
    const talking = this.#ownCalls.filter((call) => call.state === 'connected');
    const isKept = !passedOn && this.#options.resumeCalls !== false && this.#keeper.leave(talking);
    for (const call of this.#ownCalls) {
      if ((isKept || passedOn) && call.state === 'connected') call.handOver();
      else leaveCall(call);
    }
    if (this.#seat?.hasHeirs) this.#transport.close(); // Before the registration is given up, which then sends nothing.
    this.#registration.leave();
    this.#instance.leave();
    this.#transport.close(isKept ? PAGE_GONE : undefined);
    this.#seat?.pageGone();
  }

  /** Goes on with what this page had before its reload. */
  #takeUpKept(): Promise<void> {
    return this.#keeper.takeUp({
      isReady: () => this.connected,
      take: (snapshot) => this.takeUp(snapshot),
      lost: (call) => this.emit('notResumed', call),
    });
  }

  #pageReturns(): void {
    this.#instance.take();
    if (this.#returnRegistered) void this.register();
    else {
      void this.#takeUpKept(); // In vain, which is told.
      if (this.#seat?.listening) this.#seat.listen();
    }
  }
}

/** A page that goes is not busy: whoever calls hears that nobody is there (480), unless another page answers. */
function leaveCall(call: VoiceCall): void {
  if (call.direction === 'incoming' && call.state === 'ringing') call.reject(480);
  else void call.hangup();
}
