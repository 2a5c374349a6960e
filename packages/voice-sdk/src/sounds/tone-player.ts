import type { Timer } from '@intermix/kernel';
import type { AudioRoute, Output } from '../audio/audio-route.js';
import type { Platform } from '../platform.js';
import type { Pattern } from './national-tones.js';

/** Long enough for an engine to start its audio thread, short enough to be useful to tell. */
const START_CHECK_MS = 400;
/** Without ramps each burst clicks, seconds. */
const RAMP_SEC = 0.02;
/** Web Audio is told a moment ahead, seconds. */
const LEAD_SEC = 0.02;

interface Playing {
  pattern: Pattern;
  gain: number;
  timer: Timer | undefined;
  nodes: Set<AudioScheduledSourceNode>;
}

/**
 * Tones made by Web Audio: no files to fetch, and they last until they are stopped. One audio context for the page,
 * made at the first tone. `blocked` is called when the browser wants a click or a key first; then the tone begins
 * by itself at that gesture.
 */
export class TonePlayer {
  readonly #platform: Platform;
  readonly #blocked: () => void;
  readonly #route: AudioRoute;
  #context: AudioContext | undefined;
  #playing: Playing | undefined;
  #stopGesture: (() => void) | undefined;
  #stopVisible: (() => void) | undefined;
  #startCheck: Timer | undefined;

  constructor(platform: Platform, route: AudioRoute, blocked: () => void) {
    this.#platform = platform;
    this.#route = route;
    this.#blocked = blocked;
  }

  /** Repeats the pattern until told otherwise; undefined is silence. `gain` is 0 to 1. */
  play(pattern: Pattern | undefined, gain: number): void {
    this.#stop();
    if (!pattern) return;
    this.#playing = { pattern, gain, timer: undefined, nodes: new Set() };
    const context = this.#open();
    if (context) this.#begin(context);
  }

  /** Plays one run of the pattern `delayMs` from now, over whatever else sounds; nothing where the browser forbids sound. */
  playOnce(pattern: Pattern, gain: number, delayMs = 0): void {
    const context = this.#open();
    if (!context) return;
    const go = () => this.#run(context, { pattern, gain, timer: undefined, nodes: new Set() }, delayMs / 1000);
    if (context.state === 'running') go();
    else context.resume().then(go, () => {});
  }

  /** Silence for good, and the context is given back (browsers allow only a few). */
  close(): void {
    this.#stop();
    this.#stopGesture?.();
    this.#stopVisible?.();
    this.#stopGesture = this.#stopVisible = undefined;
    if (!this.#context) return;
    this.#context.onstatechange = null;
    this.#context.close().catch(() => {});
    this.#route.outputs.delete(this.#context as Output);
    this.#context = undefined;
  }

  #open(): AudioContext | undefined {
    try {
      if (!this.#context) {
        this.#context = this.#platform.createAudioContext();
        if (this.#context) this.#follow(this.#context);
      }
    } catch {
      this.#context = undefined; // Too many contexts in this page: silence, not an exception in call handling.
    }
    return this.#context;
  }

  /**
   * iOS takes the sound away during a telephone call (`interrupted`) and stops the context's time; what were scheduled
   * meanwhile would all sound at once. It gives the sound back by itself, or when it is asked after the person has returned.
   */
  #follow(context: AudioContext): void {
    this.#route.add(context);
    context.onstatechange = () => {
      if (context.state === 'running') this.#repeat(context);
      else this.#silence();
    };
    this.#stopVisible = this.#platform.onPage('visible', () => {
      if (context.state !== 'running') this.#resume(context);
    });
  }

  /** Begins what is to be heard as soon as the browser allows. */
  #resume(context: AudioContext): void {
    context.resume().then(
      () => this.#repeat(context),
      () => {}, // Not yet: the context tells when its state changes.
    );
  }

  #begin(context: AudioContext): void {
    if (context.state === 'running') {
      this.#repeat(context);
      return;
    }
    this.#resume(context);
    this.#startCheck = this.#platform.clock.schedule(START_CHECK_MS, () => this.#checkStarted(context));
  }

  #checkStarted(context: AudioContext): void {
    if (!this.#playing || context.state === 'running' || this.#stopGesture) return;
    const stop = this.#platform.onPage('gesture', () => {
      stop();
      this.#stopGesture = undefined;
      this.#resume(context);
    });
    this.#stopGesture = stop;
    this.#blocked();
  }

  #repeat(context: AudioContext): void {
    const playing = this.#playing;
    if (!playing || playing.timer || context.state !== 'running') return;
    const once = () => {
      playing.timer = this.#platform.clock.schedule(this.#run(context, playing, 0) * 1000, once);
    };
    once();
  }

  /** Schedules one run and gives its length in seconds. */
  #run(context: AudioContext, playing: Playing, delaySec: number): number {
    const { pattern } = playing;
    let at = 0;
    pattern.cadence.forEach((length, index) => {
      if (index % 2 === 0) this.#sound(context, playing, context.currentTime + LEAD_SEC + delaySec + at, length);
      at += length;
    });
    return at;
  }

  #sound(context: AudioContext, { pattern, gain, nodes }: Playing, start: number, length: number): void {
    const end = start + length;
    for (const { hertz, level } of pattern.partials) {
      const volume = context.createGain();
      volume.connect(context.destination);
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(gain * level, start + RAMP_SEC);
      volume.gain.setValueAtTime(gain * level, end - RAMP_SEC);
      volume.gain.linearRampToValueAtTime(0, end);
      const oscillator = context.createOscillator();
      oscillator.frequency.value = hertz;
      oscillator.connect(volume);
      oscillator.onended = () => {
        nodes.delete(oscillator);
        volume.disconnect();
      };
      oscillator.start(start);
      oscillator.stop(end);
      nodes.add(oscillator);
    }
  }

  #stop(): void {
    this.#startCheck?.cancel();
    this.#silence();
    this.#playing = undefined;
  }

  /** Takes back what is scheduled; what is to be heard stays known. */
  #silence(): void {
    const playing = this.#playing;
    if (!playing) return;
    playing.timer?.cancel();
    playing.timer = undefined;
    for (const node of playing.nodes) {
      try {
        node.stop();
      } catch {
        // It has ended by itself.
      }
    }
    playing.nodes.clear();
  }
}
