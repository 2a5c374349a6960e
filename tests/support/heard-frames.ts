import type { PhoneCall } from '@intermix/testkit';

/** Below this a frame is quiet: -42 dB of full scale. */
const quietLevel = 260;

/** When a phone heard how much, frame by frame, on the clock of `performance.now()`. */
export class HeardFrames {
  readonly #frames: Array<{ at: number; isLoud: boolean }> = [];

  constructor(call: PhoneCall) {
    call.media.audio.on('audio', (pcm) => {
      let peak = 0;
      for (const sample of pcm) peak = Math.max(peak, Math.abs(sample));
      this.#frames.push({ at: performance.now(), isLoud: peak > quietLevel });
    });
  }

  get isLoud(): boolean {
    return this.#frames.at(-1)?.isLoud ?? false;
  }

  /** When the last frame that was not quiet came. */
  get lastLoudAt(): number {
    return this.#frames.findLast(({ isLoud }) => isLoud)?.at ?? 0;
  }
}
