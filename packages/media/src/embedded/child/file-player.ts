import type { AudioSource, PlayEnd } from '../../attachments/attachment.js';
import { sampleRateHz, samplesPerFrame } from '../../audio/tone-generator.js';

/** Gives the samples of a file frame by frame; the last frame is filled up with silence, or with the beginning again. */
export class FilePlayer implements AudioSource {
  readonly ended: Promise<PlayEnd>;
  readonly #samples: Int16Array;
  readonly #loop: boolean;
  #position = 0;
  #played = 0;
  #end: (end: PlayEnd) => void = () => {};

  /** `samples` must not be empty. */
  constructor(samples: Int16Array, loop: boolean) {
    this.#samples = samples;
    this.#loop = loop;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** True once its last frame was taken. */
  get isOver(): boolean {
    return !this.#loop && this.#position >= this.#samples.length;
  }

  next(): Int16Array {
    const frame = new Int16Array(samplesPerFrame);
    let filled = 0;
    while (filled < frame.length && !this.isOver) {
      if (this.#position >= this.#samples.length) this.#position = 0;
      const part = this.#samples.subarray(this.#position, this.#position + frame.length - filled);
      frame.set(part, filled);
      filled += part.length;
      this.#position += part.length;
    }
    this.#played += filled;
    return frame;
  }

  /** Its last frame was sent. */
  finish(): void {
    this.#end({ how: 'played', playedMs: this.#playedMs });
  }

  stop(): void {
    this.#end({ how: 'stopped', playedMs: this.#playedMs });
  }

  get #playedMs(): number {
    return Math.round((this.#played * 1000) / sampleRateHz);
  }
}
