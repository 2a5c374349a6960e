import type { Platform } from '../platform.js';
import type { AudioRoute, Output } from './audio-route.js';

/** Plays one call's far end through an element of its own, made when there is something to hear. */
export class RemoteAudio {
  readonly #platform: Platform;
  readonly #blocked: () => void;
  readonly #route: AudioRoute;
  #element: HTMLAudioElement | undefined;
  #stopGesture: (() => void) | undefined;
  #stopVisible: (() => void) | undefined;

  constructor(platform: Platform, route: AudioRoute, blocked: () => void) {
    this.#platform = platform;
    this.#route = route;
    this.#blocked = blocked;
  }

  /** The element, for a page that chooses another output with `setSinkId`. */
  get element(): HTMLAudioElement | undefined {
    return this.#element;
  }

  play(stream: MediaStream): void {
    this.#element ??= this.#platform.createAudioElement();
    const element = this.#element;
    if (!element) return;
    this.#route.add(element);
    element.autoplay = true;
    element.srcObject = stream;
    // A telephone call that a person takes on an iPhone pauses the page's sound, and iOS does not always start it again.
    this.#stopVisible ??= this.#platform.onPage('visible', () => element.paused && this.#start(element));
    this.#start(element);
  }

  close(): void {
    this.#stopGesture?.();
    this.#stopVisible?.();
    this.#stopGesture = this.#stopVisible = undefined;
    if (!this.#element) return;
    this.#route.outputs.delete(this.#element as Output);
    this.#element.pause();
    this.#element.srcObject = null;
    this.#element = undefined;
  }

  #start(element: HTMLAudioElement): void {
    element.play()?.catch((error: { name?: string }) => {
      if (error?.name !== 'NotAllowedError' || this.#stopGesture) return; // AbortError: replaced by a newer stream.
      this.#stopGesture = this.#platform.onPage('gesture', () => {
        this.#stopGesture?.();
        this.#stopGesture = undefined;
        if (this.#element) this.#start(this.#element);
      });
      this.#blocked();
    });
  }
}
