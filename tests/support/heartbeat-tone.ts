const frameSamples = 160;
const frameMs = 20;
/** Frames that were given up after a stall leave the wall clock ahead of us by more than is ever made good. */
const mostBehindMs = 220;
const lateMs = 60;

/** A tone that pauses at the same moments of the wall clock wherever it is made, to the sample. */
export class Heartbeat {
  readonly #hz: number;
  readonly #beatMs: number;
  readonly #pauseMs: number;
  /** When it was asked late, on the wall clock: the machine had no time for the telephone, and perhaps not for others. */
  readonly lateAt: number[] = [];
  /** Of the next frame's first sample, on the wall clock. */
  #atMs = Number.POSITIVE_INFINITY;

  /** It is silent for `pauseMs` at each multiple of `beatMs`. */
  constructor(options: { hz: number; beatMs: number; pauseMs: number }) {
    this.#hz = options.hz;
    this.#beatMs = options.beatMs;
    this.#pauseMs = options.pauseMs;
  }

  /**
   * Asked for each 20 ms, never too early, on a busy machine late and then several times in a row: the telephone's own clock
   * is where it was least late.
   */
  next(): Int16Array {
    const now = Date.now();
    const behindMs = now - this.#atMs;
    if (behindMs >= lateMs && this.#atMs !== Number.POSITIVE_INFINITY) this.lateAt.push(now);
    if (behindMs >= mostBehindMs) this.#atMs += Math.floor(behindMs / frameMs) * frameMs;
    this.#atMs = Math.min(this.#atMs, now);
    const fromMs = this.#atMs;
    this.#atMs += frameMs;
    return Int16Array.from({ length: frameSamples }, (_, index) => this.#sampleAt(fromMs + index / 8));
  }

  #sampleAt(ms: number): number {
    const inBeat = ms % this.#beatMs;
    if (inBeat < this.#pauseMs) return 0;
    return Math.round(8_000 * Math.sin((2 * Math.PI * this.#hz * inBeat) / 1_000));
  }
}
