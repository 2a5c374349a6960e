/** A pause between utterances tells nothing of how evenly a bot sends. */
const longestGapMs = 1_000;
/** RFC 3550 §6.4.1. */
const smoothing = 16;

/** How the bot's messages come. */
export class Arrivals {
  #lastAtMs: number | undefined;
  #lastDurationMs = 0;
  #jitterMs = 0;
  #longestGapMs = 0;
  firstAtMs: number | undefined;
  media = 0;
  marks = 0;
  clears = 0;
  octets = 0;
  audioMs = 0;

  /** Audio came. */
  heard(atMs: number, durationMs: number): void {
    this.media++;
    this.audioMs += durationMs;
    this.firstAtMs ??= atMs;
    const gapMs = this.#lastAtMs === undefined ? Number.POSITIVE_INFINITY : atMs - this.#lastAtMs;
    if (gapMs <= longestGapMs) {
      this.#longestGapMs = Math.max(this.#longestGapMs, gapMs);
      this.#jitterMs += (Math.abs(gapMs - this.#lastDurationMs) - this.#jitterMs) / smoothing;
    }
    this.#lastAtMs = atMs;
    this.#lastDurationMs = durationMs;
  }

  /**
   * By how much messages come otherwise than their audio lasts: near 0 for a bot that speaks live, near the length of a message
   * for one that sends ahead.
   */
  get jitterMs(): number {
    return Math.round(this.#jitterMs * 10) / 10;
  }

  /** The longest time between two messages of one utterance. */
  get longestGapMs(): number {
    return Math.round(this.#longestGapMs);
  }
}
