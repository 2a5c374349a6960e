import type { Clock, Random } from '@intermix/kernel';
import type { PageEvent, PageStorage, Platform } from '../platform.js';
import { FakeDevices } from './fake-devices.js';
import { FakeAudioContext, FakeAudioElement, FakePeerConnection, FakeStream, FakeTrack } from './fake-media.js';
import type { FakeSipNetwork } from './fake-web-socket.js';

/** A browser tab without a browser: everything that the SDK makes is kept for the test to look at. */
export class FakePlatform implements Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: FakeSipNetwork;
  readonly securePage = false;
  readonly stored = new Map<string, string>();
  /** Give two platforms the same map, locks and channels, and they are two tabs of one profile. */
  profileStored = new Map<string, string>();
  locks: Platform['locks'];
  channels: Platform['createChannel'] | undefined;
  readonly devices = new FakeDevices();
  /** False, as in Safari: no page chooses the output. */
  choosesOutput = true;
  codecs: RTCRtpCodec[] = [];
  /** True: storage is there and takes nothing, as in a private window of Safari. */
  refuseStorage = false;
  userAgent = 'Mozilla/5.0 Chrome/156.0.0.0 Safari/537.36';
  online = true;
  visible = true;
  readonly savedFiles: { name: string; text: string }[] = [];
  readonly peers: FakePeerConnection[] = [];
  readonly microphones: FakeStream[] = [];
  readonly audioContexts: FakeAudioContext[] = [];
  readonly audioElements: FakeAudioElement[] = [];
  /** Set to refuse the microphone: `NotAllowedError`, `NotFoundError`, … */
  microphoneError: string | undefined;
  /** The person's answer to the browser's question; given at once. */
  microphoneGranted: Promise<void> = Promise.resolve();
  soundAllowed = true;
  candidates: string[] | undefined;
  /** What STUN and TURN servers answer in the place of a candidate. */
  candidateErrors: FakePeerConnection['candidateErrors'] = [];
  gathering: FakePeerConnection['gathering'] = 'at-once';
  readonly #storageListeners = new Set<(key: string | null, value: string | null) => void>();
  readonly #listeners = new Map<PageEvent, Set<(persisted: boolean) => void>>();

  constructor(deps: { clock: Clock; random: Random; network: FakeSipNetwork }) {
    this.clock = deps.clock;
    this.random = deps.random;
    this.network = deps.network;
    this.devices.plug('laptop');
  }

  get mediaDevices(): Platform['mediaDevices'] {
    return this.devices as unknown as MediaDevices;
  }

  get tabStorage(): Platform['tabStorage'] {
    return storageOver(this.stored, () => this.refuseStorage);
  }

  get profileStorage(): Platform['profileStorage'] {
    return storageOver(this.profileStored, () => this.refuseStorage);
  }

  createChannel(name: string): BroadcastChannel | undefined {
    return this.channels?.(name);
  }

  audioCodecs(): RTCRtpCodec[] {
    return this.codecs;
  }

  saveFile(name: string, text: string): void {
    this.savedFiles.push({ name, text });
  }

  /** Microphone tracks that are still open: 0 when no call is up. */
  get liveTracks(): FakeTrack[] {
    return this.microphones.flatMap((stream) => stream.getTracks()).filter((track) => track.readyState === 'live');
  }

  createWebSocket(url: string, protocol: string): WebSocket {
    return this.network.open(url, protocol) as unknown as WebSocket;
  }

  createPeerConnection(configuration: RTCConfiguration): RTCPeerConnection {
    const peer = new FakePeerConnection(configuration);
    peer.gathering = this.gathering;
    if (this.candidates) peer.candidates = this.candidates;
    peer.candidateErrors = this.candidateErrors;
    this.peers.push(peer);
    return peer as unknown as RTCPeerConnection;
  }

  async getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
    await this.microphoneGranted;
    if (this.microphoneError) throw Object.assign(new Error('refused'), { name: this.microphoneError });
    const deviceId = this.devices.micOf(constraints.audio);
    if (!deviceId) throw Object.assign(new Error('no such microphone'), { name: 'OverconstrainedError' });
    const track = new FakeTrack(deviceId);
    this.devices.tracks.push(track);
    const stream = new FakeStream([track]);
    this.microphones.push(stream);
    return stream as unknown as MediaStream;
  }

  /** What the web answers; a test that asks for nothing needs none. */
  web: Platform['fetch'] = async (url) => {
    throw new TypeError(`nobody answers at ${url}`);
  };

  fetch(url: string, init: RequestInit): Promise<Response> {
    return this.web(url, init);
  }

  createAudioContext(): AudioContext {
    const context = new FakeAudioContext(() => this.clock.now());
    context.allowed = this.soundAllowed;
    if (!this.soundAllowed) context.state = 'suspended';
    this.audioContexts.push(context);
    return context as unknown as AudioContext;
  }

  createAudioElement(): HTMLAudioElement {
    const element = new FakeAudioElement(
      () => !this.soundAllowed,
      (id) => this.devices.hasOutput(id),
    );
    if (!this.choosesOutput) Object.assign(element, { setSinkId: undefined });
    this.audioElements.push(element);
    return element as unknown as HTMLAudioElement;
  }

  createMediaStream(): MediaStream {
    return new FakeStream() as unknown as MediaStream;
  }

  onStorage(heard: (key: string | null, value: string | null) => void): () => void {
    this.#storageListeners.add(heard);
    return () => this.#storageListeners.delete(heard);
  }

  /** Another tab has changed the profile's storage. */
  storageChanged(key: string | null, value: string | null): void {
    for (const heard of [...this.#storageListeners]) heard(key, value);
  }

  onPage(event: PageEvent, heard: (persisted: boolean) => void): () => void {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set.add(heard));
    return () => set.delete(heard);
  }

  /** Fires a page event. */
  page(event: PageEvent, persisted = false): void {
    for (const heard of [...(this.#listeners.get(event) ?? [])]) heard(persisted);
  }

  pageListeners(event: PageEvent): number {
    return this.#listeners.get(event)?.size ?? 0;
  }
}

function storageOver(entries: Map<string, string>, isFull: () => boolean): PageStorage {
  return {
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => {
      if (isFull()) throw Object.assign(new Error('the quota is used up'), { name: 'QuotaExceededError' });
      entries.set(key, value);
    },
    removeItem: (key) => void entries.delete(key),
  };
}
