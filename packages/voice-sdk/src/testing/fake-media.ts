// The browser's media objects, as far as the SDK looks at them. They keep WebRTC's offer/answer rules and refuse what a
// browser refuses, so that a test fails where a page would.
export class FakeTrack {
  enabled = true;
  readyState: 'live' | 'ended' = 'live';
  readonly kind = 'audio';
  onended: (() => void) | null = null;

  constructor(readonly deviceId = '') {}

  /** The device is unplugged. */
  end(): void {
    if (this.readyState === 'ended') return;
    this.readyState = 'ended';
    this.onended?.();
  }

  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId };
  }

  stop(): void {
    this.readyState = 'ended';
  }
}

export class FakeStream {
  readonly #tracks: FakeTrack[];

  constructor(tracks: FakeTrack[] = []) {
    this.#tracks = tracks;
  }

  addTrack(track: FakeTrack): void {
    this.#tracks.push(track);
  }

  getTracks(): FakeTrack[] {
    return this.#tracks;
  }

  getAudioTracks(): FakeTrack[] {
    return this.#tracks;
  }
}

export class FakeDtmfSender extends EventTarget {
  canInsertDTMF = true;
  inserted: Array<{ tones: string; duration: number; gap: number }> = [];
  /** Digits that wait; the fake plays them all in the next microtask. */
  toneBuffer = '';

  insertDTMF(tones: string, duration: number, gap: number): void {
    this.inserted.push({ tones, duration, gap });
    this.toneBuffer = tones;
    queueMicrotask(() => {
      this.toneBuffer = '';
      this.dispatchEvent(Object.assign(new Event('tonechange'), { tone: '' }));
    });
  }
}

export class FakeSender {
  /** `replaceTrack` waits for it. */
  ready: Promise<void> = Promise.resolve();
  /** Set to have `replaceTrack` refused. */
  refuses = false;

  constructor(
    public track: FakeTrack,
    readonly dtmf: FakeDtmfSender,
  ) {}

  async replaceTrack(track: FakeTrack): Promise<void> {
    await this.ready;
    if (this.refuses) throw Object.assign(new Error('replaceTrack was refused'), { name: 'InvalidModificationError' });
    this.track = track;
  }
}

class FakeTransceiver {
  direction: RTCRtpTransceiverDirection = 'sendrecv';
  /** What both sides agreed on; null before. */
  currentDirection: RTCRtpTransceiverDirection | null = null;
  codecPreferences: unknown[] | undefined;
  readonly receiver = { track: new FakeTrack() };

  constructor(readonly sender: FakeSender) {}

  setCodecPreferences(codecs: unknown[]): void {
    this.codecPreferences = codecs;
  }
}

let sessions = 0;

export class FakePeerConnection extends EventTarget {
  ontrack: ((event: unknown) => void) | null = null;
  onicegatheringstatechange: (() => void) | null = null;
  oniceconnectionstatechange: (() => void) | null = null;
  signalingState: RTCSignalingState = 'stable';
  iceGatheringState: RTCIceGatheringState = 'new';
  iceConnectionState: RTCIceConnectionState = 'new';
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescription: { type: string; sdp: string } | null = null;
  closed = false;
  restarts = 0;
  readonly dtmf = new FakeDtmfSender();
  /** `at-once`, `silent` (no candidate ever, as with a STUN server that does not answer) . */
  gathering: 'at-once' | 'silent' = 'at-once';
  /** What is gathered, in order. */
  candidates = ['candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host'];
  candidateErrors: Array<{ url: string; errorCode: number; errorText: string }> = [];
  stats: Array<Record<string, unknown>> = [];
  readonly #transceivers: FakeTransceiver[] = [];
  readonly #session = ++sessions;
  #version = 0;
  #offeredDirection = 'sendrecv';

  constructor(readonly configuration: RTCConfiguration) {
    super();
  }

  addTrack(track: FakeTrack): unknown {
    const offered = this.#transceivers.find(({ sender }) => !sender.track); // RFC 9429 §5.10.
    const transceiver = offered ?? this.#newTransceiver();
    transceiver.sender.track = track;
    transceiver.direction = 'sendrecv';
    return transceiver.sender;
  }

  addTransceiver(_kind: string): unknown {
    if (this.closed) throw new Error('InvalidStateError: closed');
    return this.#newTransceiver();
  }

  #newTransceiver(): FakeTransceiver {
    const transceiver = new FakeTransceiver(new FakeSender(null as never, this.dtmf));
    this.#transceivers.push(transceiver);
    return transceiver;
  }

  /** Candidates of the far end that came apart from its description. */
  readonly added: string[] = [];

  async addIceCandidate({ candidate }: { candidate: string }): Promise<void> {
    if (!this.remoteDescription || this.closed) throw new Error('InvalidStateError: no description');
    this.added.push(candidate);
  }

  getTransceivers(): FakeTransceiver[] {
    return this.#transceivers;
  }

  async createOffer(options?: { iceRestart?: boolean }): Promise<{ type: string; sdp: string }> {
    if (options?.iceRestart) this.restarts += 1;
    return { type: 'offer', sdp: this.#sdp(this.#transceivers[0]?.direction ?? 'recvonly') };
  }

  async createAnswer(): Promise<{ type: string; sdp: string }> {
    if (this.signalingState !== 'have-remote-offer') throw new Error('InvalidStateError: no offer');
    const reversed = { sendonly: 'recvonly', inactive: 'inactive', recvonly: 'sendonly' }[this.#offeredDirection];
    const own = this.#transceivers[0]?.direction ?? 'recvonly';
    const bothHold = reversed === 'recvonly' && own === 'sendonly';
    return { type: 'answer', sdp: this.#sdp(bothHold ? 'inactive' : (reversed ?? own)) };
  }

  async setLocalDescription(description: { type: string; sdp?: string }): Promise<void> {
    if (description.type === 'rollback') {
      if (this.signalingState !== 'have-local-offer') throw new Error('InvalidStateError: nothing to roll back');
      this.signalingState = 'stable';
      return;
    }
    this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable';
    this.localDescription = { type: description.type, sdp: description.sdp ?? '' };
    if (description.type === 'answer') this.#agree(description.sdp ?? '');
    if (this.gathering === 'at-once') queueMicrotask(() => this.#gather());
  }

  async setRemoteDescription(description: { type: string; sdp: string }): Promise<void> {
    if (!/^m=audio [1-9]/m.test(description.sdp)) throw new Error('OperationError: no audio section');
    const wanted = description.type === 'offer' ? ['stable'] : ['have-local-offer', 'have-remote-pranswer'];
    if (!wanted.includes(this.signalingState)) throw new Error(`InvalidStateError: ${this.signalingState}`);
    if (description.type === 'offer') this.signalingState = 'have-remote-offer';
    else this.signalingState = description.type === 'pranswer' ? 'have-remote-pranswer' : 'stable';
    this.#offeredDirection = directionIn(description.sdp);
    if (description.type === 'answer') this.#agree(description.sdp);
    const first = this.remoteDescription === null;
    if (first && description.type === 'offer' && !this.#transceivers[0]) this.#newTransceiver().direction = 'recvonly';
    this.remoteDescription = description;
    if (first) this.ontrack?.({ track: new FakeTrack(), streams: [] });
  }

  async getStats(): Promise<Map<string, unknown>> {
    return new Map(this.stats.map((stat, index) => [String(index), stat]));
  }

  becomeIce(state: RTCIceConnectionState): void {
    this.iceConnectionState = state;
    this.oniceconnectionstatechange?.();
  }

  close(): void {
    this.closed = true;
    this.signalingState = 'closed';
  }

  #agree(answer: string): void {
    const [transceiver] = this.#transceivers;
    if (!transceiver) return;
    const answered = directionIn(answer);
    const isOurs = this.localDescription?.type === 'answer';
    const [toUs, toThem] = isOurs ? [/recv/, /send/] : [/send/, /recv/];
    const sends = /send/.test(transceiver.direction) && toThem.test(answered);
    const receives = /recv/.test(transceiver.direction) && toUs.test(answered);
    transceiver.currentDirection = sends ? (receives ? 'sendrecv' : 'sendonly') : receives ? 'recvonly' : 'inactive';
  }

  #gather(): void {
    if (this.closed || !this.localDescription) return;
    this.iceGatheringState = 'gathering';
    this.onicegatheringstatechange?.();
    for (const line of this.candidates) {
      if (!this.localDescription.sdp.includes(line)) this.localDescription.sdp += `a=${line}\r\n`;
      this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate: { candidate: line } }));
    }
    for (const error of this.candidateErrors) this.dispatchEvent(Object.assign(new Event('icecandidateerror'), error));
    this.iceGatheringState = 'complete';
    this.onicegatheringstatechange?.();
    this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate: null }));
  }

  #sdp(direction: string): string {
    this.#version += 1;
    return `${[
      'v=0',
      `o=- ${this.#session} ${this.#version} IN IP4 127.0.0.1`,
      's=-',
      't=0 0',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 101',
      'c=IN IP4 0.0.0.0',
      'a=rtpmap:111 opus/48000/2',
      'a=rtpmap:101 telephone-event/8000',
      `a=${direction}`,
    ].join('\r\n')}\r\n`;
  }
}

function directionIn(sdp: string): string {
  return /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(sdp)?.[1] ?? 'sendrecv';
}

export class FakeAudioElement {
  srcObject: unknown = null;
  autoplay = false;
  plays = 0;
  paused = true;
  sinkId = '';

  constructor(
    readonly blocked: () => boolean,
    readonly hasOutput: (id: string) => boolean = () => true,
  ) {}

  async setSinkId(id: string): Promise<void> {
    if (!this.hasOutput(id)) throw Object.assign(new Error('no such output'), { name: 'NotFoundError' });
    this.sinkId = id;
  }

  async play(): Promise<void> {
    this.plays += 1;
    if (this.blocked()) throw Object.assign(new Error('play() was refused'), { name: 'NotAllowedError' });
    this.paused = false;
  }

  pause(): void {
    this.paused = true;
  }
}

/** One oscillator's run, as it was scheduled; seconds of the context's time. */
export interface ScheduledTone {
  hertz: number;
  start: number;
  /** Infinity while nobody stopped it. */
  stop: number;
}

/** Records the tones that are scheduled; silent until `running`. */
export class FakeAudioContext {
  state: 'suspended' | 'running' | 'closed' | 'interrupted' = 'running';
  onstatechange: (() => void) | null = null;
  sinkId = '';
  readonly scheduled: ScheduledTone[] = [];
  readonly destination = {};
  /** What a destination of streams gives: nothing is ever connected to it. */
  readonly silence = new FakeTrack('silence');
  readonly #waiting: Array<() => void> = [];
  allowed = true;

  constructor(readonly nowMs: () => number) {}

  get currentTime(): number {
    return this.nowMs() / 1000;
  }

  get bursts(): number {
    return this.scheduled.length;
  }

  createMediaStreamDestination(): unknown {
    return { stream: new FakeStream([this.silence]) };
  }

  createGain(): unknown {
    const gain = { setValueAtTime() {}, linearRampToValueAtTime() {} };
    return { gain, connect() {}, disconnect() {} };
  }

  createOscillator(): unknown {
    const tone: ScheduledTone = { hertz: 0, start: 0, stop: Number.POSITIVE_INFINITY };
    const frequency = { value: 0 };
    return {
      frequency,
      connect() {},
      start: (at: number) => this.scheduled.push(Object.assign(tone, { hertz: frequency.value, start: at })),
      stop: (at = this.currentTime) => {
        tone.stop = Math.min(tone.stop, at);
      },
      onended: null,
    };
  }

  /** The spectrum that every analyser sees. */
  spectrum = 0;
  readonly analysers: { connected: boolean }[] = [];

  createAnalyser(): unknown {
    const analyser = {
      connected: true,
      frequencyBinCount: 512,
      connect() {},
      disconnect: () => (analyser.connected = false),
      getByteFrequencyData: (bins: Uint8Array) => bins.fill(this.spectrum),
    };
    this.analysers.push(analyser);
    return analyser;
  }

  createMediaStreamSource(): unknown {
    return { connect() {} };
  }

  /** Pends until a gesture where the browser forbids sound, as Chromium does. */
  resume(): Promise<void> {
    if (this.state === 'interrupted') return Promise.reject(new Error('InvalidStateError: another has the sound'));
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.allowed) this.run();
    });
  }

  run(): void {
    this.become('running');
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  become(state: FakeAudioContext['state']): void {
    this.state = state;
    this.onstatechange?.();
  }

  async close(): Promise<void> {
    this.state = 'closed';
  }

  async setSinkId(id: string): Promise<void> {
    this.sinkId = id;
  }
}
