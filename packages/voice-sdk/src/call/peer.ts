import { type Timer, TypedEmitter } from '@intermix/kernel';
import { openMicrophone } from '../audio/open-microphone.js';
import { VoiceError } from '../errors.js';
import type { Platform } from '../platform.js';

/** Longest wait for candidates. The server finds us by our own checks, so an answer need not list any (RFC 8445 §7.3.1.3). */
export const CANDIDATE_WAIT_MS = 200;
/** Host candidates come in one burst: after the first, wait this long for its siblings. */
const CANDIDATE_SETTLE_MS = 10;

export interface PeerOptions {
  iceServers?: RTCIceServer[];
  iceTransportPolicy?: RTCIceTransportPolicy | undefined;
  /** Codec to put first, for instance `opus`; others stay behind it. */
  preferredCodec?: string;
}

export interface PeerEvents {
  remoteStream: [stream: MediaStream];
  iceGathering: [state: RTCIceGatheringState];
  iceConnection: [state: RTCIceConnectionState];
  /** The microphone was unplugged, or taken away by the person. */
  microphoneLost: [];
}

/** Audio between this page and the server: one peer connection with one microphone track. Knows no SIP. */
export class Peer extends TypedEmitter<PeerEvents> {
  readonly connection: RTCPeerConnection;
  readonly #platform: Platform;
  readonly #preferredCodec: string | undefined;
  #microphone: MediaStream | undefined;
  /** All that are open: two while one takes the place of the other. */
  readonly #streams = new Set<MediaStream>();
  #transceiver: RTCRtpTransceiver | undefined;
  #closed = false;
  #remoteSdp = '';
  #prepared: Promise<void> | undefined;

  constructor(platform: Platform, options: PeerOptions = {}) {
    super();
    this.#platform = platform;
    this.#preferredCodec = options.preferredCodec;
    this.connection = platform.createPeerConnection({
      iceServers: options.iceServers ?? [],
      iceTransportPolicy: options.iceTransportPolicy ?? 'all',
      bundlePolicy: 'balanced',
      rtcpMuxPolicy: 'require',
    });
    this.#listen();
  }

  get microphone(): MediaStream | undefined {
    return this.#microphone;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get sender(): RTCRtpSender | undefined {
    return this.#transceiver?.sender;
  }

  /** True when both sides agreed on RFC 4733. */
  get hasTelephoneEvent(): boolean {
    return /^a=rtpmap:\d+ telephone-event\//m.test(this.#remoteSdp) && this.sender?.dtmf?.canInsertDTMF === true;
  }

  /** Opens the microphone. Rejects with a VoiceError that says what to do. */
  async openMicrophone(constraints: MediaTrackConstraints | true): Promise<void> {
    let stream: MediaStream;
    try {
      stream = await openMicrophone(this.#platform, constraints);
    } catch (error) {
      throw VoiceError.microphone(error);
    }
    if (this.#closed) return stopTracks(stream); // The call ended while the person was being asked.
    this.#keepMicrophone(stream);
  }

  /** Speaks through another microphone from now on and gives the old one back; what is silent stays silent. */
  async replaceMicrophone(stream: MediaStream): Promise<void> {
    const [old, before, track] = [this.#microphone, this.#microphone?.getAudioTracks()[0], stream.getAudioTracks()[0]];
    if (!old || !before || !track || this.#closed) return stopTracks(stream);
    track.enabled = before.enabled; // First: nothing may be heard of a muted room.
    this.#keepMicrophone(stream);
    try {
      await this.sender?.replaceTrack(track); // Settles never when the connection closes meanwhile.
      this.#giveBack(old);
    } catch (error) {
      before.enabled = track.enabled;
      this.#microphone = old;
      this.#giveBack(stream);
      throw error;
    }
  }

  /** Reads the first offer while the browser opens the microphone. What is wrong with it shows in `answer`. */
  prepare(offer: string): void {
    this.#prepared = this.#takeOffer(offer);
    this.#prepared.catch(() => {});
  }

  /** Our answer to the offer, with the candidates at hand: the server's own checks towards them save it half a round. */
  async answer(offer: string): Promise<string> {
    const prepared = this.#prepared ?? this.#takeOffer(offer);
    this.#prepared = undefined;
    await prepared;
    this.#attachMicrophone();
    await this.connection.setLocalDescription(await this.connection.createAnswer());
    return this.#localSdp();
  }

  /** An answer to this offer is in force that was made for this transceiver: the microphone goes into it. */
  adopt(transceiver: RTCRtpTransceiver, offer: string): void {
    this.#transceiver = transceiver;
    this.#remoteSdp = offer;
    const track = this.#microphone?.getAudioTracks()[0] ?? null;
    transceiver.sender.replaceTrack(track).catch(() => {}); // The call ended meanwhile.
  }

  /** Our offer, with the candidates at hand. `direction` changes what we send from now on (hold). */
  async offer(options: { direction?: RTCRtpTransceiverDirection; iceRestart?: boolean } = {}): Promise<string> {
    this.#attachMicrophone();
    if (options.direction && this.#transceiver) this.#transceiver.direction = options.direction;
    const offer = await this.connection.createOffer({ iceRestart: options.iceRestart === true });
    await this.connection.setLocalDescription(offer);
    return this.#localSdp();
  }

  /** The far end's answer; `early` for one that a later answer may replace (183). */
  async acceptAnswer(sdp: string, early = false): Promise<void> {
    if (this.connection.signalingState === 'stable') return; // The 200 repeats the answer of the 183.
    await this.connection.setRemoteDescription({ type: early ? 'pranswer' : 'answer', sdp });
    this.#remoteSdp = sdp;
  }

  /** Takes back an offer that was refused. */
  async rollback(direction: RTCRtpTransceiverDirection): Promise<void> {
    if (this.connection.signalingState === 'have-local-offer') {
      await this.connection.setLocalDescription({ type: 'rollback' });
    }
    if (this.#transceiver) this.#transceiver.direction = direction;
  }

  /** Silences the microphone at its source: nothing said is encoded. RTP goes on with silence. */
  setMicrophoneEnabled(enabled: boolean): void {
    for (const stream of this.#streams) for (const track of stream.getAudioTracks()) track.enabled = enabled;
  }

  /** Tells what happened before anybody listened. */
  retell(streams: readonly MediaStream[], states: readonly RTCIceGatheringState[]): void {
    for (const stream of streams) this.emit('remoteStream', stream);
    for (const state of states) this.emit('iceGathering', state);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { connection } = this;
    connection.ontrack = connection.oniceconnectionstatechange = connection.onicegatheringstatechange = null;
    connection.close();
    for (const stream of this.#streams) this.#giveBack(stream);
    this.#microphone = undefined;
  }

  async #takeOffer(offer: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: 'offer', sdp: offer });
    this.#remoteSdp = offer;
  }

  #keepMicrophone(stream: MediaStream): void {
    this.#microphone = stream;
    this.#streams.add(stream);
    for (const track of stream.getAudioTracks()) track.onended = () => this.emit('microphoneLost');
  }

  #giveBack(stream: MediaStream): void {
    this.#streams.delete(stream);
    stopTracks(stream);
  }

  #listen(): void {
    const { connection } = this;
    connection.ontrack = (event) => this.emit('remoteStream', this.#streamOf(event));
    connection.onicegatheringstatechange = () => this.emit('iceGathering', connection.iceGatheringState);
    connection.oniceconnectionstatechange = () => this.emit('iceConnection', connection.iceConnectionState);
  }

  #streamOf(event: RTCTrackEvent): MediaStream {
    const [stream] = event.streams; // None when the SDP has no a=msid, as SIP servers write it.
    if (stream) return stream;
    const own = this.#platform.createMediaStream();
    own.addTrack(event.track);
    return own;
  }

  #attachMicrophone(): void {
    if (this.#transceiver) return;
    const [track] = this.#microphone?.getAudioTracks() ?? [];
    if (track) {
      const sender = this.connection.addTrack(track, this.#microphone as MediaStream);
      this.#transceiver = this.connection.getTransceivers().find((t) => t.sender === sender);
    } else this.#transceiver = this.connection.addTransceiver('audio'); // Its microphone comes later.
    this.orderCodecs(this.#transceiver);
  }

  /** `setCodecPreferences`, never an edit of the SDP: the browser keeps offer and answer true. */
  orderCodecs(transceiver: RTCRtpTransceiver | undefined): void {
    const wanted = this.#preferredCodec?.toLowerCase();
    if (!wanted || !transceiver?.setCodecPreferences) return;
    const codecs = this.#platform.audioCodecs();
    const first = codecs.filter((c) => c.mimeType.toLowerCase() === `audio/${wanted}`);
    if (first.length === 0) return;
    try {
      transceiver.setCodecPreferences([...first, ...codecs.filter((c) => !first.includes(c))]);
    } catch {
      // A browser that tells of codecs and refuses them here (Safari): its own order stands, a call matters more.
    }
  }

  async #localSdp(): Promise<string> {
    await this.#candidatesAtHand();
    return this.connection.localDescription?.sdp ?? '';
  }

  #candidatesAtHand(): Promise<void> {
    const { connection } = this;
    if (connection.iceGatheringState === 'complete' || hasCandidate(connection)) return Promise.resolve();
    return new Promise((resolve) => {
      let settle: Timer | undefined;
      const done = () => {
        cap.cancel();
        settle?.cancel();
        connection.removeEventListener('icecandidate', heard);
        resolve();
      };
      const heard = (event: Event) => {
        const { candidate } = event as RTCPeerConnectionIceEvent;
        if (!candidate) return done(); // Gathering is complete.
        settle ??= this.#platform.clock.schedule(CANDIDATE_SETTLE_MS, done);
      };
      const cap = this.#platform.clock.schedule(CANDIDATE_WAIT_MS, done);
      connection.addEventListener('icecandidate', heard);
    });
  }
}

function hasCandidate(connection: RTCPeerConnection): boolean {
  return /^a=candidate:/m.test(connection.localDescription?.sdp ?? '');
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) {
    track.onended = null; // Chromium keeps a stream for a minute, and would keep the connection and the call with it.
    track.stop();
  }
}
