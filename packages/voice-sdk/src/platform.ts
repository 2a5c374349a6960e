import { type Clock, type Random, systemClock, systemRandom } from '@intermix/kernel';
import { VoiceError } from './errors.js';

/** Page events that the SDK listens to. `visible`: the tab came to the front, perhaps after sleep. */
export type PageEvent = 'online' | 'pagehide' | 'pageshow' | 'visible' | 'gesture';

/** The part of the browser that the SDK uses. A test gives a fake one; a page never needs to name it. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  createWebSocket(url: string, protocol: string): WebSocket;
  createPeerConnection(configuration: RTCConfiguration): RTCPeerConnection;
  getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream>;
  /** Undefined where there is no Web Audio: tones are then silent. */
  createAudioContext(): AudioContext | undefined;
  /** An element that is not in the document, made at the first call and not before. */
  createAudioElement(): HTMLAudioElement | undefined;
  createMediaStream(): MediaStream;
  /** Per tab, survives a reload. Undefined where storage is forbidden. */
  readonly tabStorage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined;
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
    createAudioContext: () => (typeof AudioContext === 'undefined' ? undefined : new AudioContext()),
    createAudioElement: () => (typeof Audio === 'undefined' ? undefined : new Audio()),
    createMediaStream: () => new MediaStream(),
    get tabStorage() {
      return tabStorage();
    },
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

function tabStorage(): Storage | undefined {
  try {
    return typeof sessionStorage === 'undefined' ? undefined : sessionStorage;
  } catch {
    return undefined; // Cookies are blocked: the getter itself throws.
  }
}

function onPage(event: PageEvent, heard: (persisted: boolean) => void): () => void {
  if (typeof window === 'undefined') return () => {};
  if (event === 'gesture') return onGesture(() => heard(false));
  const target: EventTarget = event === 'visible' ? document : window;
  const name = event === 'visible' ? 'visibilitychange' : event;
  const listener = (e: Event) => {
    if (event === 'visible' && document.visibilityState !== 'visible') return;
    heard((e as PageTransitionEvent).persisted === true);
  };
  target.addEventListener(name, listener);
  return () => target.removeEventListener(name, listener);
}

function onGesture(heard: () => void): () => void {
  const names = ['pointerup', 'keydown'] as const;
  for (const name of names) window.addEventListener(name, heard, true);
  return () => {
    for (const name of names) window.removeEventListener(name, heard, true);
  };
}
