/** Tells sound from silence, 20 ms at a time. */
export class Loudness {
  readonly #leastPower: number;

  /** `leastDbfs`: from this level on it is sound, in decibels below full scale. */
  constructor(leastDbfs: number) {
    this.#leastPower = 32_768 ** 2 * 10 ** (leastDbfs / 10);
  }

  isAudible(samples: Int16Array): boolean {
    if (samples.length === 0) return false;
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    return sum / samples.length >= this.#leastPower;
  }

  /** The number of samples up to the last sound in them, in whole frames of that length. */
  audibleLength(samples: Int16Array, frameSamples: number): number {
    for (let end = Math.ceil(samples.length / frameSamples); end > 0; end--) {
      const frame = samples.subarray((end - 1) * frameSamples, end * frameSamples);
      if (this.isAudible(frame)) return Math.min(samples.length, end * frameSamples);
    }
    return 0;
  }
}
