/** A jump ahead of the clock, or back, that is more than reordering: the stream has begun anew. */
const maxJumpMs = 1000;
/** How far a stream may be from the clock after a pause that we made, such as hold, to count as the same. */
const maxAwayAfterPauseMs = 200;
const samplesPerMs = 8;

export interface Position {
  /** In samples of 8 kHz. */
  position: number;
  source: number;
}

/** Turns RTP timestamps, which wrap, into a place in samples of 8 kHz that runs on. */
export class StreamPosition {
  #source = -1;
  #ssrc: number | undefined;
  #clockRateHz = 0;
  #timestamp = 0;
  #ticks = 0;
  #atMs = 0;
  #wasPaused = false;

  /** Nobody listened for a while: whether the stream went on by the clock is judged with the next packet. */
  pause(): void {
    this.#wasPaused = true;
  }

  place(packet: { ssrc: number; timestamp: number }, clockRateHz: number, nowMs: number): Position {
    const isSame = packet.ssrc === this.#ssrc && clockRateHz === this.#clockRateHz;
    const step = (packet.timestamp - this.#timestamp) | 0;
    if (!isSame || this.#hasJumped(step, nowMs)) this.#begin(packet, clockRateHz, nowMs);
    else if (step > 0) this.#advance(step, nowMs);
    this.#wasPaused = false;
    const late = (packet.timestamp - this.#timestamp) | 0; // 0, or below for one that was overtaken.
    return { position: Math.round(((this.#ticks + late) * samplesPerMs * 1000) / clockRateHz), source: this.#source };
  }

  #hasJumped(step: number, nowMs: number): boolean {
    const stepMs = (step * 1000) / this.#clockRateHz;
    const aheadMs = stepMs - (nowMs - this.#atMs);
    if (this.#wasPaused) return Math.abs(aheadMs) > maxAwayAfterPauseMs;
    return stepMs < -maxJumpMs || aheadMs > maxJumpMs;
  }

  #begin(packet: { ssrc: number; timestamp: number }, clockRateHz: number, nowMs: number): void {
    this.#source++;
    this.#ssrc = packet.ssrc;
    this.#clockRateHz = clockRateHz;
    this.#timestamp = packet.timestamp;
    this.#ticks = 0;
    this.#atMs = nowMs;
  }

  #advance(step: number, nowMs: number): void {
    this.#ticks += step;
    this.#timestamp = (this.#timestamp + step) >>> 0;
    this.#atMs = nowMs;
  }
}
