/** A quarter of full scale: plainly speech to whoever listens, and far from clipping. */
const amplitude = 8_000;
const blockMs = 100;
/** Of a block's power that lies at the frequency. */
const leastShare = 0.5;

export function toneSamples(hz: number, ms: number, sampleRate: number): Int16Array {
  return Int16Array.from({ length: Math.round((sampleRate * ms) / 1000) }, (_, index) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * index) / sampleRate)),
  );
}

/** Listens for a tone, 100 ms at a time: it is told from others that are 10 Hz away. */
export class ToneListener {
  readonly #coefficient: number;
  readonly #block: Int16Array;
  #filled = 0;
  #isHeard = false;

  constructor(hz: number, sampleRate: number) {
    this.#coefficient = 2 * Math.cos((2 * Math.PI * hz) / sampleRate);
    this.#block = new Int16Array((sampleRate * blockMs) / 1000);
  }

  /** Whether any block so far held it. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  push(samples: Int16Array): void {
    for (const sample of samples) {
      this.#block[this.#filled++] = sample;
      if (this.#filled < this.#block.length) continue;
      this.#filled = 0;
      this.#isHeard ||= this.#share() >= leastShare;
    }
  }

  /** Goertzel's recurrence: the power at the frequency, as a share of all. */
  #share(): number {
    let previous = 0;
    let before = 0;
    let squares = 0;
    for (const sample of this.#block) {
      const current = sample + this.#coefficient * previous - before;
      before = previous;
      previous = current;
      squares += sample * sample;
    }
    const energy = previous ** 2 + before ** 2 - this.#coefficient * previous * before;
    return squares < this.#block.length ? 0 : (2 * energy) / (squares * this.#block.length);
  }
}
