import type { Clock, Timer } from '@intermix/kernel';

/** Twenty figures a second, as pages that draw a bar for Exotel's SDK get them. */
const EVERY_MS = 50;

/**
 * How loud a sound is, 0 to 255: the average over the spectrum that Exotel's SDK gives, by an AnalyserNode that is asked
 * from time to time. A pure tone fills few bins: it gives 5, however loud. What it needs of Web Audio belongs to its owner, who closes the context.
 */
export class LevelMeter {
  readonly analyser: AnalyserNode;
  readonly #clock: Clock;
  readonly #told: (level: number) => void;
  #timer: Timer | undefined;

  constructor(context: AudioContext, clock: Clock, told: (level: number) => void) {
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 1024;
    this.analyser.smoothingTimeConstant = 0.8;
    this.#clock = clock;
    this.#told = told;
    this.#next();
  }

  stop(): void {
    this.#timer?.cancel();
    this.analyser.disconnect();
  }

  #next(): void {
    this.#timer = this.#clock.schedule(EVERY_MS, () => {
      this.#next(); // First: what hears the level may stop the meter.
      this.#told(this.#level());
    });
  }

  #level(): number {
    const bins = new Uint8Array(this.analyser.frequencyBinCount);
    this.analyser.getByteFrequencyData(bins);
    return bins.reduce((sum, bin) => sum + bin, 0) / Math.max(1, bins.length);
  }
}
