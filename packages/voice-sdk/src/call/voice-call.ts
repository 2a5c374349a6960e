import { type Logger, TypedEmitter } from '@intermix/kernel';
import type { Flow, InviteSession, SessionEnd } from '@intermix/sip';
import type { AudioRoute } from '../audio/audio-route.js';
import { RemoteAudio } from '../audio/remote-audio.js';
import { VoiceError } from '../errors.js';
import { parts } from '../parts.js';
import type { Platform } from '../platform.js';
import type { CallWatch } from '../quality/part.js';
import type { RecordingLine } from '../recording/part.js';
import { CallRecording, type RecordingOptions, type RecordingState, type RecordingStep } from './call-recording.js';
import type {
  CallDetails,
  CallDirection,
  CallEnd,
  CallSnapshot,
  CallState,
  RemoteParty,
  TellOfCall,
  VoiceCallEvents,
} from './call-types.js';
import { type DtmfMode, dtmfDigits, insertDtmf } from './dtmf.js';
import { type HeaderMap, headerIn } from './header-map.js';
import { Negotiator } from './negotiator.js';
import { Peer, type PeerOptions } from './peer.js';

/** What a call asks of its client. */
export interface CallServices {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly dtmfMode: DtmfMode;
  /** Read when a peer connection is made, so that a later change counts for the next call. */
  peerOptions(): PeerOptions;
  readonly route: AudioRoute;
  autoplayBlocked(what: 'ringtone' | 'remote-audio'): void;
  /** Runs once the client is registered again over a new flow. */
  afterReconnect(run: (flow: Flow) => void): void;
  /** Puts the client's other connected calls on hold, and gives those: for a call that comes to nothing. */
  holdOthers(call: VoiceCall): Promise<VoiceCall[]>;
}

/** One call: its own state, mute and hold, microphone and sound. Nothing is shared with another call. */
export abstract class VoiceCall extends TypedEmitter<VoiceCallEvents> {
  abstract readonly direction: CallDirection;
  /** SIP Call-ID; of an outgoing call empty until the INVITE is sent. */
  abstract readonly callId: string;
  abstract readonly remote: RemoteParty;

  /** The recording that the server makes of this call. */
  readonly recording = new CallRecording((step, options) => this.record(step, options));

  protected readonly services: CallServices;
  protected peer: Peer | undefined;
  protected headers: HeaderMap = {};
  protected startedAt: number;
  protected answeredAt: number | undefined;
  #session: InviteSession | undefined;
  #negotiator: Negotiator | undefined;
  #mender: CallWatch | undefined;
  readonly #remoteAudio: RemoteAudio;
  #remoteStream: MediaStream | undefined;
  #state: CallState;
  #muted = false;
  /** What was asked last, while it is being agreed on. */
  #holdAsked: boolean | undefined;
  #holdsPending = 0;
  readonly #tell: TellOfCall = (event, ...told) => this.emit(event, ...(told as never));
  #connectedAt: number | undefined;
  #endedAt: number | undefined;
  #end: CallEnd | undefined;

  constructor(services: CallServices, state: CallState) {
    super();
    this.services = services;
    this.#state = state;
    this.startedAt = services.platform.clock.now();
    this.#remoteAudio = new RemoteAudio(services.platform, services.route, () =>
      services.autoplayBlocked('remote-audio'),
    );
  }

  get state(): CallState {
    return this.#state;
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** True when we hold the far end. */
  get held(): boolean {
    return this.#negotiator?.held ?? false;
  }

  /** True when it rings in several tabs of the browser profile, and another one of them aloud. @internal */
  quiet = false;

  /** True when another tab of the browser profile holds the audio; steps are taken there. */
  get elsewhere(): boolean {
    return false;
  }

  /** True when the far end holds us. */
  get remoteHeld(): boolean {
    return this.#negotiator?.remoteHeld ?? false;
  }

  get end(): CallEnd | undefined {
    return this.#end;
  }

  /** The far end's audio; undefined until there is some. */
  get remoteStream(): MediaStream | undefined {
    return this.#remoteStream;
  }

  /** The microphone's stream, for a level meter. */
  get localStream(): MediaStream | undefined {
    return this.peer?.microphone;
  }

  /** The element that plays the far end. */
  get audioElement(): HTMLAudioElement | undefined {
    return this.#remoteAudio.element;
  }

  get peerConnection(): RTCPeerConnection | undefined {
    return this.peer?.connection;
  }

  /** Takes an incoming call; resolves when the far end was told. Rejects with VoiceError; the call then rings on. */
  abstract answer(): Promise<void>;
  /** Declines an incoming call: 486 unless another status is given. */
  abstract reject(status?: number): void;
  /** Ends an outgoing call that is not answered yet, and an incoming one. */
  protected abstract giveUp(): void;

  /** Ends the call in whatever state it is. May be called twice. */
  async hangup(): Promise<void> {
    if (this.#state === 'ended') return;
    if (!this.#session) return this.giveUp();
    this.#sayBye(this.#session);
    this.finish({ reason: 'local-hangup', by: 'local' });
  }

  mute(): void {
    this.#setMuted(true);
  }

  unmute(): void {
    this.#setMuted(false);
  }

  /** Holds the far end. Twice holds once. Rejects with `hold-refused`, and the call goes on as before. */
  async hold(): Promise<void> {
    await this.#setHeld(true);
  }

  async unhold(): Promise<void> {
    await this.#setHeld(false);
  }

  /** The other of both, also while the first is still being agreed on: pressed twice, the call is as before. */
  async toggleHold(): Promise<void> {
    await this.#setHeld(!(this.#holdAsked ?? this.held));
  }

  /** Sends digits, in order; a comma, or a `w`, is a pause of 2 s. Resolves when the last was played or confirmed. */
  async sendDtmf(text: string): Promise<void> {
    const digits = dtmfDigits(text);
    const { session, peer } = this.#connected();
    this.emit('dtmfSent', digits);
    const { dtmfMode, platform } = this.services;
    const sender = peer.sender?.dtmf;
    const inBand = dtmfMode === 'rfc4733' || (dtmfMode === 'auto' && peer.hasTelephoneEvent);
    try {
      if (inBand && sender) return await insertDtmf(sender, digits, platform.clock);
    } catch (cause) {
      if (dtmfMode === 'rfc4733') throw new VoiceError('dtmf-refused', 'the browser plays no digits', { cause });
    }
    return (await parts.quality()).sendDtmfInfo(session, digits, platform.clock);
  }

  /** Resolves at the answer, rejects with `call-refused` or the error that ended the call. */
  whenConnected(): Promise<void> {
    if (this.#state === 'connected') return Promise.resolve();
    const ended = (end: CallEnd) =>
      new VoiceError('call-refused', `the call ended: ${end.reason}`, end.status ? { status: end.status } : {});
    if (this.#end) return Promise.reject(ended(this.#end));
    return new Promise((resolve, reject) => {
      this.once('failed', reject);
      this.once('ended', (end) => reject(ended(end)));
      this.once('connected', resolve);
    });
  }

  details(): CallDetails {
    const until = this.#endedAt ?? this.services.platform.clock.now();
    return {
      callId: this.callId,
      callSid: headerIn(this.headers, 'X-Exotel-CallSid'),
      legSid: headerIn(this.headers, 'LegSid') || headerIn(this.headers, 'X-Exotel-LegSid'),
      direction: this.direction,
      state: this.#state,
      remote: this.remote,
      muted: this.#muted,
      held: this.held,
      remoteHeld: this.remoteHeld,
      startedAt: this.startedAt,
      answeredAt: this.answeredAt,
      connectedAt: this.#connectedAt,
      endedAt: this.#endedAt,
      durationMs: this.#connectedAt === undefined ? 0 : until - this.#connectedAt,
      end: this.#end,
      headers: this.headers,
    };
  }

  /** All that another page needs to go on with the call; undefined unless it is connected. See `VoiceClient.takeUp`. */
  snapshot(): CallSnapshot | undefined {
    if (!this.#session || this.#session.ended || this.#connectedAt === undefined) return undefined;
    const { callId, direction, remote, headers, startedAt, answeredAt, muted, held, remoteHeld } = this;
    const facts = { direction, callId, remote, headers, startedAt, answeredAt, muted, held, remoteHeld };
    const recording = this.recording.state;
    return { v: 1, session: this.#session.snapshot(), connectedAt: this.#connectedAt, ...facts, recording };
  }

  /** Ends the call in this page alone, `handed-over`: another one goes on with it. The far end hears nothing of it. */
  handOver(): void {
    if (!this.#session) return;
    this.finish({ reason: 'handed-over', by: 'local' });
    this.#session.flowLost();
  }

  /** Takes another microphone; muted and held stay as they are. See `client.devices`. @internal */
  async useMicrophone(stream: MediaStream): Promise<void> {
    if (this.peer) await this.peer.replaceMicrophone(stream);
    else for (const track of stream.getTracks()) track.stop();
  }

  /** The flow that carried the call is gone. @internal */
  signallingLost(): void {
    if (this.#state === 'ended') return;
    this.#mender?.doubt();
    if (this.#session) this.emit('reconnecting', 'signalling');
    else this.flowLostBeforeAnswer();
  }

  /** Registered again: the dialog moves to the new flow, and the far end learns of it by a re-INVITE. @internal */
  signallingRestored(flow: Flow): void {
    if (!this.#session || this.#state === 'ended') return;
    this.#session.rebind(flow);
    this.emit('reconnected', 'signalling');
    // The far end is to learn of the new way at once; one that knows no call, as our 200 was lost with the old way, says so.
    this.#session.request('OPTIONS').catch(() => {});
    if (this.#mender)
      void this.#mender.judge().then((isBroken) => this.#refreshAfter(isBroken || this.#mender?.broken === true));
  }

  /** The network may have changed: when nothing is heard any more, a new path is looked for. @internal */
  async checkPath(): Promise<void> {
    if (this.#state !== 'ended' && (await this.#mender?.isLost())) this.#refreshAfter(true);
  }

  /** The server does not take the account any more: the far end is told over what connection there is. @internal */
  cutOff(flow: Flow | undefined, error: VoiceError): void {
    const session = this.#session;
    if (!session || this.#state === 'ended') return;
    this.finish({ reason: 'connection-lost', by: 'local', text: error.problem }, error);
    if (flow) session.rebind(flow);
    session.bye();
  }

  #refreshAfter(isBroken: boolean): void {
    if (this.#state === 'ended') return;
    if (isBroken) this.#mender?.restarting();
    this.#refresh(isBroken);
  }

  protected abstract flowLostBeforeAnswer(): void;

  protected setState(state: CallState): void {
    if (this.#state === state || this.#state === 'ended') return;
    this.#state = state;
    this.emit('stateChanged', state);
  }

  protected newPeer(): Peer {
    return new Peer(this.services.platform, this.services.peerOptions());
  }

  protected createPeer(peer = this.newPeer()): Peer {
    this.peer = peer;
    peer.on('remoteStream', (stream) => this.#heard(stream));
    peer.on('microphoneLost', () => this.services.route.with((devices) => devices.microphoneLost(this)));
    peer.on('iceGathering', (state) => this.emit('iceGathering', state));
    peer.on('iceConnection', (state) => this.#iceChanged(state));
    return peer;
  }

  protected closePeer(): void {
    this.#remoteAudio.close();
    this.peer?.close();
    this.peer = undefined;
  }

  /**
   * The dialog stands: from here both directions of a call are the same. `before`: as another page has left it; without a
   * peer the audio is there and not here.
   */
  protected established(session: InviteSession, peer: Peer | undefined, before?: CallSnapshot): void {
    this.#session = session;
    session.on('ended', (end) => this.finish(endOfSession(end)));
    session.on('info', (info) => {
      this.#recordingLine(session).then(
        (line) => line.take(info),
        () => info.respond(480),
      );
    });
    this.#connectedAt = before?.connectedAt ?? this.services.platform.clock.now();
    this.answeredAt ??= this.#connectedAt;
    this.#muted = before?.muted ?? this.#muted;
    if (peer) this.#attach(session, peer, before);
    this.applyMicrophone();
    if (before) return;
    this.setState('connected');
    this.emit('connected');
  }

  #attach(session: InviteSession, peer: Peer, before: CallSnapshot | undefined): void {
    const { held = false, remoteHeld = false } = before ?? {};
    const negotiator = new Negotiator({ session, peer, logger: this.services.logger, held, remoteHeld });
    this.#negotiator = negotiator;
    negotiator.onRemoteHold = (isHeld) => this.emit('remoteHold', isHeld);
    void this.#watch(session, peer.connection, negotiator);
  }

  /** Figures, warnings and the mending of the path come from a part that is there since the registration. */
  async #watch(session: InviteSession, connection: RTCPeerConnection, negotiator: Negotiator): Promise<void> {
    const { logger, platform } = this.services;
    try {
      const { CallWatch } = await parts.quality();
      if (this.#state === 'ended') return;
      this.#mender = new CallWatch({ platform, session, connection, negotiator, tell: this.#tell });
    } catch (error) {
      logger.error({ error: String(error) }, 'exotelsdk-quality.js cannot be loaded: a broken path is not mended');
    }
  }

  protected async record(step: RecordingStep, options?: RecordingOptions): Promise<RecordingState> {
    return (await this.#recordingLine(this.#connected().session)).order(step, options);
  }

  async #recordingLine(session: InviteSession): Promise<RecordingLine> {
    const { lineOf } = await parts.recording().catch((cause) => {
      throw VoiceError.part('recording', cause);
    });
    const { clock } = this.services.platform;
    return lineOf({ call: this, session, clock, headers: this.headers, tell: this.#tell });
  }

  /** Offers again what is in force, over whatever path the peer has now. Rejects with VoiceError. */
  protected async renegotiate(): Promise<void> {
    await this.#negotiator?.refresh(false);
  }

  /** Everything of the call ends here, once: sound, microphone, timers; then the page is told. */
  protected finish(end: CallEnd, error?: VoiceError): void {
    if (this.#state === 'ended') return;
    this.#endedAt = this.services.platform.clock.now();
    this.#end = end;
    this.#mender?.stop();
    this.#remoteAudio.close();
    this.peer?.close();
    this.setState('ended');
    if (error) this.emit('failed', error);
    this.emit('ended', end);
  }

  protected report(error: VoiceError): void {
    this.emit('failed', error);
  }

  /** Ends an established call that cannot go on. */
  protected abort(session: InviteSession, error: VoiceError): void {
    this.finish({ reason: 'media-failed', by: 'local' }, error); // First, so that this reason stands and not the BYE's.
    session.bye();
  }

  #setMuted(muted: boolean): void {
    if (this.#state === 'ended' || this.#muted === muted) return;
    this.#muted = muted;
    this.applyMicrophone();
    this.emit(muted ? 'muted' : 'unmuted');
  }

  /** A held party must not overhear the room, even where the far end plays no music. */
  protected applyMicrophone(): void {
    this.peer?.setMicrophoneEnabled(!this.#muted && !(this.#holdAsked || this.held));
  }

  async #setHeld(held: boolean): Promise<void> {
    this.#connected();
    const negotiator = this.#negotiator as Negotiator;
    if (held) this.peer?.setMicrophoneEnabled(false);
    this.#holdAsked = held;
    this.#holdsPending++;
    try {
      const changed = await negotiator.setHeld(held);
      if (changed) this.emit(held ? 'held' : 'unheld');
    } finally {
      if (--this.#holdsPending === 0) this.#holdAsked = undefined;
      this.applyMicrophone();
    }
  }

  #connected(): { session: InviteSession; peer: Peer } {
    if (this.#state === 'ended') throw new VoiceError('call-ended', 'the call is over');
    if (!this.#session || !this.peer) throw new VoiceError('wrong-state', `the call is ${this.#state}, not connected`);
    return { session: this.#session, peer: this.peer };
  }

  #heard(stream: MediaStream): void {
    this.#remoteStream = stream;
    this.#remoteAudio.play(stream);
    this.emit('remoteStream', stream);
  }

  #iceChanged(state: RTCIceConnectionState): void {
    this.emit('iceConnection', state);
    this.#mender?.iceChanged(state);
  }

  #refresh(iceRestart: boolean): void {
    this.#negotiator?.refresh(iceRestart).catch((error: unknown) => {
      this.services.logger.warn({ callId: this.callId, error: String(error) }, 're-INVITE was refused; call goes on');
    });
  }

  /** BYE now, or when there is a way to the server again: the far end must not stay up. */
  #sayBye(session: InviteSession): void {
    if (!session.flow.closed) {
      session.bye();
      return;
    }
    this.services.afterReconnect((flow) => {
      session.rebind(flow);
      session.bye();
    });
  }
}

/** Of calls that were held for one that came to nothing. */
export function unholdAll(calls: readonly VoiceCall[]): void {
  for (const call of calls) call.unhold().catch(() => {});
}

function endOfSession(end: SessionEnd): CallEnd {
  if (end.by === 'remote') {
    const text = end.reason?.text;
    return { reason: 'remote-hangup', by: 'remote', ...(text ? { text } : {}) };
  }
  if (end.cause === 'bye') return { reason: 'local-hangup', by: 'local' };
  // `dialog-gone`: the server was restarted, or gave the call up while we were away.
  const isLost = end.cause === 'flow-lost' || end.cause === 'dialog-gone';
  return { reason: isLost ? 'connection-lost' : 'failed', by: 'local', text: end.cause };
}
