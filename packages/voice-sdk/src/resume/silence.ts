import type { Platform } from '../platform.js';

/** A track that sends packets without a sound. */
export interface Silence {
  readonly track: MediaStreamTrack | undefined;
  stop(): void;
}

/**
 * Stands for a microphone that is not open: a server takes a call that sends nothing at all for broken after a while.
 * Undefined where the browser makes no sound; before the first gesture it may hold it back, and the call is silent then.
 */
export function openSilence(platform: Platform): Silence | undefined {
  try {
    const context = platform.createAudioContext();
    if (!context) return undefined;
    const resume = () => void context.resume().catch(() => {});
    const stopGesture = platform.onPage('gesture', resume);
    resume();
    const stop = () => {
      stopGesture();
      context.close().catch(() => {});
    };
    return { track: context.createMediaStreamDestination().stream.getAudioTracks()[0], stop };
  } catch {
    return undefined; // Browsers allow only a few contexts.
  }
}
