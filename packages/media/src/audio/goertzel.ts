import { sampleRateHz } from './tone-generator.js';

/**
 * Power of one frequency in the samples, by Goertzel's recurrence: 1 is a full-scale sine.
 * The sharpness is `sampleRateHz / samples.length`: 800 samples tell 10 Hz apart.
 */
export function goertzelPower(samples: Int16Array, frequencyHz: number): number {
  if (samples.length === 0) return 0;
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRateHz);
  let previous = 0;
  let beforePrevious = 0;
  for (const sample of samples) {
    const current = sample / 32_768 + coefficient * previous - beforePrevious;
    beforePrevious = previous;
    previous = current;
  }
  const energy = previous ** 2 + beforePrevious ** 2 - coefficient * previous * beforePrevious;
  return energy / (samples.length / 2) ** 2;
}

/** Share of all power that lies at the frequency, 0 to 1: a pure tone gives nearly 1 whatever its level. */
export function toneShare(samples: Int16Array, frequencyHz: number): number {
  let meanSquare = 0;
  for (const sample of samples) meanSquare += (sample / 32_768) ** 2;
  meanSquare /= samples.length || 1;
  return meanSquare === 0 ? 0 : Math.min(1, goertzelPower(samples, frequencyHz) / (2 * meanSquare));
}

export interface ToneDetectorOptions {
  frequencyHz: number;
  /** Samples judged at a time; 800 (100 ms) unless told otherwise. */
  blockSamples?: number;
  /** Least share of the block's power; 0.5 unless told otherwise. */
  minShare?: number;
  /** Least power, 1 being a full-scale sine; 1e-5 (-50 dB) unless told otherwise: noise is not a tone. */
  minPower?: number;
}

/** Listens for one frequency in a stream of 8 kHz PCM of any framing. */
export class ToneDetector {
  readonly #options: Required<ToneDetectorOptions>;
  readonly #block: Int16Array;
  #filled = 0;
  #present = false;
  #blocksHeard = 0;
  #blocksJudged = 0;

  constructor(options: ToneDetectorOptions) {
    this.#options = { blockSamples: 800, minShare: 0.5, minPower: 1e-5, ...options };
    this.#block = new Int16Array(this.#options.blockSamples);
  }

  /** Whether the last full block held the tone. */
  get present(): boolean {
    return this.#present;
  }

  /** How many blocks held the tone so far. */
  get blocksHeard(): number {
    return this.#blocksHeard;
  }

  /** How many blocks have been judged so far. */
  get blocksJudged(): number {
    return this.#blocksJudged;
  }

  push(samples: Int16Array): void {
    for (const sample of samples) {
      this.#block[this.#filled++] = sample;
      if (this.#filled === this.#block.length) this.#judge();
    }
  }

  #judge(): void {
    const { frequencyHz, minShare, minPower } = this.#options;
    this.#filled = 0;
    this.#blocksJudged++;
    this.#present =
      goertzelPower(this.#block, frequencyHz) >= minPower && toneShare(this.#block, frequencyHz) >= minShare;
    if (this.#present) this.#blocksHeard++;
  }
}
