import { type Clock, type Random, systemClock, systemRandom } from '@intermix/kernel';
import { VoiceError } from './errors.js';

/**
 * Page events that the SDK listens to. `visible`: the tab came to the front, perhaps after sleep. `freeze`, `resume`: the
 * browser stops and restarts a background page. `networkchange`: another kind of connection, where a browser tells it.
 */
export type PageEvent =
  | 'online'
  | 'offline'
  | 'pagehide'
  | 'pageshow'
  | 'visible'
  | 'hidden'
  | 'freeze'
  | 'resume'
  | 'networkchange'
  | 'gesture';

export type PageStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** The part of the browser that the SDK uses. A test gives a fake one; a page never needs to name it. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  createWebSocket(url: string, protocol: string): WebSocket;
  createPeerConnection(configuration: RTCConfiguration): RTCPeerConnection;
  getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream>;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Undefined where there is no Web Audio: tones are then silent. */
  createAudioContext(): AudioContext | undefined;
  /** An element that is not in the document, made at the first call and not before. */
  createAudioElement(): HTMLAudioElement | undefined;
  createMediaStream(): MediaStream;
  /** Per tab, survives a reload. Undefined where storage is forbidden. */
  readonly tabStorage: PageStorage | undefined;
  /** Shared by all tabs of the origin in this browser profile. Undefined where storage is forbidden. */
  readonly profileStorage: PageStorage | undefined;
  /** Web Locks, shared like `profileStorage`; undefined on plain http pages other than localhost. */
  readonly locks: Pick<LockManager, 'request' | 'query'> | undefined;
  /** A channel to the other tabs of the origin; undefined where there is none. */
  createChannel(name: string): BroadcastChannel | undefined;
  /** Lists devices and tells of changes; undefined where the page may not use any. */
  readonly mediaDevices:
    | Pick<MediaDevices, 'enumerateDevices' | 'addEventListener' | 'removeEventListener'>
    | undefined;
  /** What the browser can receive, in its own order of preference; empty where it does not tell. */
  audioCodecs(): RTCRtpCodec[];
  /** `Chrome/156.0.0.0` and the like are read from it. */
  readonly userAgent: string;
  /** False where the browser is sure that there is no network. */
  readonly online: boolean;
  /** False while the tab is in the background. */
  readonly visible: boolean;
  /** Offers a text file for download. */
  saveFile(name: string, text: string): void;
  /** Changes of `profileStorage` by other tabs. Returns the function that stops listening. */
  onStorage(heard: (key: string | null, value: string | null) => void): () => void;
  /** Returns the function that stops listening. */
  onPage(event: PageEvent, heard: (persisted: boolean) => void): () => void;
  /** True on an https page: decides the default port of the Exotel-shaped face. */
  readonly securePage: boolean;
}

/** The real browser. Touches nothing until it is asked to, so that loading the SDK has no effect. */
export function browserPlatform(): Platform {
  return {
    clock: systemClock,
    random: systemRandom,
    createWebSocket: (url, protocol) => new WebSocket(url, protocol),
    createPeerConnection: (configuration) => new RTCPeerConnection(configuration),
    getUserMedia,
    fetch: (url, init) => fetch(url, init),
    createAudioContext: () => (typeof AudioContext === 'undefined' ? undefined : new AudioContext()),
    createAudioElement: () => (typeof Audio === 'undefined' ? undefined : new Audio()),
    createMediaStream: () => new MediaStream(),
    get tabStorage() {
      return storage(() => sessionStorage);
    },
    get profileStorage() {
      return storage(() => localStorage);
    },
    get locks() {
      return typeof navigator === 'undefined' ? undefined : navigator.locks;
    },
    createChannel: (name) => (typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(name)),
    get mediaDevices() {
      return typeof navigator === 'undefined' ? undefined : navigator.mediaDevices;
    },
    audioCodecs: () =>
      typeof RTCRtpReceiver === 'undefined' ? [] : (RTCRtpReceiver.getCapabilities?.('audio')?.codecs ?? []),
    get userAgent() {
      return typeof navigator === 'undefined' ? '' : navigator.userAgent;
    },
    get online() {
      return typeof navigator === 'undefined' || navigator.onLine !== false;
    },
    get visible() {
      return typeof document === 'undefined' || document.visibilityState === 'visible';
    },
    saveFile,
    onStorage,
    onPage,
    get securePage() {
      return typeof location !== 'undefined' && location.protocol === 'https:';
    },
  };
}

async function getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
  const devices = typeof navigator === 'undefined' ? undefined : navigator.mediaDevices;
  // Browsers hide mediaDevices on plain http pages other than localhost.
  if (!devices) throw new VoiceError('unsupported-browser', 'this page has no access to media devices');
  return devices.getUserMedia(constraints);
}

function storage(read: () => Storage): Storage | undefined {
  try {
    return read();
  } catch {
    return undefined; // Cookies are blocked, or this is no browser: the getter itself throws.
  }
}

/** A browser reads a saved file after the click that asked for it: Safari and a busy machine take their time. */
const READ_WITHIN_MS = 40_000;

function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), READ_WITHIN_MS);
}

function onStorage(heard: (key: string | null, value: string | null) => void): () => void {
  if (typeof window === 'undefined') return () => {};
  const listener = ({ key, newValue }: StorageEvent) => heard(key, newValue);
  window.addEventListener('storage', listener);
  return () => window.removeEventListener('storage', listener);
}

/** Events whose browser name or target differs; the others are the window's own. */
const visibility = { visible: 'visible', hidden: 'hidden' } as Partial<Record<PageEvent, DocumentVisibilityState>>;

function onPage(event: PageEvent, heard: (persisted: boolean) => void): () => void {
  if (typeof window === 'undefined') return () => {};
  if (event === 'gesture') return onGesture(() => heard(false));
  const wanted = visibility[event];
  const [target, name] = sourceOf(event);
  const listener = (e: Event) => {
    if (wanted && document.visibilityState !== wanted) return;
    heard((e as PageTransitionEvent).persisted === true);
  };
  target?.addEventListener(name, listener);
  return () => target?.removeEventListener(name, listener);
}

function sourceOf(event: PageEvent): [EventTarget | undefined, string] {
  if (visibility[event]) return [document, 'visibilitychange'];
  if (event === 'freeze' || event === 'resume') return [document, event];
  // Network Information, Chromium only.
  if (event === 'networkchange') return [(navigator as { connection?: EventTarget }).connection, 'change'];
  return [window, event];
}

function onGesture(heard: () => void): () => void {
  const names = ['pointerup', 'keydown'] as const;
  for (const name of names) window.addEventListener(name, heard, true);
  return () => {
    for (const name of names) window.removeEventListener(name, heard, true);
  };
}
