import type { Timer } from '@intermix/kernel';
import type { Platform } from '../platform.js';

interface Burst {
  /** Start and length within the pattern, seconds. */
  at: number;
  for: number;
}

interface Pattern {
  hertz: readonly number[];
  gain: number;
  bursts: readonly Burst[];
  periodSec: number;
}

/** What a person hears: `ring` announces a call, `ringback` waits for the far end, `waiting` knocks during a call. */
export type ToneName = 'ring' | 'ringback' | 'waiting';

const patterns: Record<ToneName, Pattern> = {
  ring: { hertz: [523.25, 659.25], gain: 0.16, bursts: twice(0, 0.4), periodSec: 3 },
  // The Indian ringback's cadence (ITU-T E.180 supplement): 0.4 on, 0.2 off, 0.4 on, 2 off.
  ringback: { hertz: [400, 425], gain: 0.08, bursts: twice(0, 0.4), periodSec: 3 },
  waiting: { hertz: [440], gain: 0.05, bursts: twice(0, 0.15), periodSec: 4 },
};

function twice(at: number, length: number): Burst[] {
  return [
    { at, for: length },
    { at: at + length + 0.2, for: length },
  ];
}

/** Long enough for an engine to start its audio thread, short enough to be useful to tell. */
const START_CHECK_MS = 400;

/**
 * Tones made by Web Audio: no files to fetch, and they last until they are stopped. One audio context for the page,
 * made at the first tone. `blocked` is called when the browser wants a click or a key first; then the tone begins
 * by itself at that gesture.
 */
export class TonePlayer {
  readonly #platform: Platform;
  readonly #blocked: () => void;
  #context: AudioContext | undefined;
  #playing: { name: ToneName; timer: Timer | undefined; nodes: Set<AudioScheduledSourceNode> } | undefined;
  #stopGesture: (() => void) | undefined;

  constructor(platform: Platform, blocked: () => void) {
    this.#platform = platform;
    this.#blocked = blocked;
  }

  get playing(): ToneName | undefined {
    return this.#playing?.name;
  }

  /** Plays the tone until told otherwise; undefined is silence. */
  play(name: ToneName | undefined): void {
    if (this.#playing?.name === name) return;
    this.#stop();
    if (!name) return;
    this.#playing = { name, timer: undefined, nodes: new Set() };
    const context = this.#open();
    if (context) this.#begin(context);
  }

  /** Silence for good, and the context is given back (browsers allow only a few). */
  close(): void {
    this.#stop();
    this.#stopGesture?.();
    this.#context?.close().catch(() => {});
    this.#context = undefined;
  }

  #open(): AudioContext | undefined {
    try {
      this.#context ??= this.#platform.createAudioContext();
    } catch {
      this.#context = undefined; // Too many contexts in this page: silence, not an exception in call handling.
    }
    return this.#context;
  }

  #begin(context: AudioContext): void {
    if (context.state === 'running') {
      this.#repeat(context);
      return;
    }
    context.resume().then(
      () => this.#repeat(context),
      () => {},
    );
    this.#platform.clock.schedule(START_CHECK_MS, () => this.#checkStarted(context));
  }

  #checkStarted(context: AudioContext): void {
    if (!this.#playing || context.state === 'running' || this.#stopGesture) return;
    const stop = this.#platform.onPage('gesture', () => {
      stop();
      this.#stopGesture = undefined;
      context.resume().catch(() => {});
    });
    this.#stopGesture = stop;
    this.#blocked();
  }

  #repeat(context: AudioContext): void {
    const playing = this.#playing;
    if (!playing || playing.timer || context.state !== 'running') return;
    const pattern = patterns[playing.name];
    const once = () => {
      for (const burst of pattern.bursts) this.#sound(context, pattern, burst);
      playing.timer = this.#platform.clock.schedule(pattern.periodSec * 1000, once);
    };
    once();
  }

  #sound(context: AudioContext, pattern: Pattern, burst: Burst): void {
    const nodes = this.#playing?.nodes;
    const start = context.currentTime + 0.02 + burst.at;
    const end = start + burst.for;
    const gain = context.createGain();
    gain.connect(context.destination);
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(pattern.gain, start + 0.02); // Without the ramps each burst clicks.
    gain.gain.setValueAtTime(pattern.gain, end - 0.03);
    gain.gain.linearRampToValueAtTime(0, end);
    for (const hertz of pattern.hertz) {
      const oscillator = context.createOscillator();
      oscillator.frequency.value = hertz;
      oscillator.connect(gain);
      oscillator.onended = () => {
        nodes?.delete(oscillator);
        gain.disconnect();
      };
      oscillator.start(start);
      oscillator.stop(end);
      nodes?.add(oscillator);
    }
  }

  #stop(): void {
    this.#playing?.timer?.cancel();
    for (const node of this.#playing?.nodes ?? []) {
      try {
        node.stop();
      } catch {
        // It has ended by itself.
      }
    }
    this.#playing = undefined;
  }
}
