/** Two seconds. A power of two. */
const size = 16_384;

/**
 * The part of a channel that can still change: frames are written where they belong, in any order, and taken from its
 * beginning when their time has passed. What nobody has written is silence.
 */
export class PcmWindow {
  readonly #ring = new Int16Array(size);
  #from = 0;

  /** Place of the first sample that has not been taken. */
  get from(): number {
    return this.#from;
  }

  /** What lies before the window came too late, what lies behind it too early; neither is kept. */
  write(at: number, samples: Int16Array): void {
    const first = Math.max(0, this.#from - at);
    const last = Math.min(samples.length, this.#from + size - at);
    for (let i = first; i < last; i++) this.#ring[(at + i) & (size - 1)] = samples[i] ?? 0;
  }

  /** At most the window's size. */
  take(count: number): Int16Array {
    const out = new Int16Array(Math.min(count, size));
    for (let i = 0; i < out.length; i++) {
      const at = (this.#from + i) & (size - 1);
      out[i] = this.#ring[at] ?? 0;
      this.#ring[at] = 0;
    }
    this.#from += out.length;
    return out;
  }
}
