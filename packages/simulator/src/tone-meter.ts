import { goertzelPower, toneShare } from '@intermix/media';

/** 100 ms at 8 kHz: tells 10 Hz apart. */
const blockSamples = 800;
/** The part that the coarse search looks at: 40 Hz apart, a quarter of the work. */
const coarseSamples = 200;
const lowestHz = 120;
const highestHz = 3600;
const coarseStepHz = 20;
const fineStepHz = 5;
/** Each tone of a DTMF pair holds half of the power; speech and noise hold less in any one place. */
const leastShare = 0.4;
/** -50 dB below a full-scale sine. */
const leastPower = 1e-5;

/** Names the loudest tone in a stream of 8 kHz PCM, 100 ms at a time, to 5 Hz. */
export class ToneMeter {
  readonly #block = new Int16Array(blockSamples);
  #filled = 0;
  #current: number | undefined;
  #last: number | undefined;

  /** The tone of the last full block in hertz; undefined when it held none. */
  get currentHz(): number | undefined {
    return this.#current;
  }

  /** The tone heard last, however long ago. */
  get lastHz(): number | undefined {
    return this.#last;
  }

  push(samples: Int16Array): void {
    for (const sample of samples) {
      this.#block[this.#filled++] = sample;
      if (this.#filled === blockSamples) this.#judge();
    }
  }

  /** Forgets what is heard now: the stream stopped. */
  reset(): void {
    this.#filled = 0;
    this.#current = undefined;
  }

  #judge(): void {
    this.#filled = 0;
    this.#current = dominantToneHz(this.#block);
    this.#last = this.#current ?? this.#last;
  }
}

/** The loudest tone of 8 kHz samples in hertz, or undefined when no tone stands out. */
export function dominantToneHz(samples: Int16Array): number | undefined {
  const near = loudest(samples.subarray(0, coarseSamples), lowestHz, highestHz, coarseStepHz);
  const exact = loudest(samples, near - 2 * coarseStepHz, near + 2 * coarseStepHz, fineStepHz);
  if (goertzelPower(samples, exact) < leastPower || toneShare(samples, exact) < leastShare) return undefined;
  return exact;
}

function loudest(samples: Int16Array, fromHz: number, toHz: number, stepHz: number): number {
  let best = fromHz;
  let bestPower = -1;
  for (let hz = fromHz; hz <= toHz; hz += stepHz) {
    const power = goertzelPower(samples, hz);
    if (power <= bestPower) continue;
    best = hz;
    bestPower = power;
  }
  return best;
}
