import type { PhoneCall } from '@intermix/testkit';

/** Below this a sample is quiet: -42 dB of full scale. */
const quietLevel = 260;
const samplesPerMs = 8;

interface Frame {
  /** When it came, on the clock of `performance.now()`. */
  at: number;
  /** Of its first sample, in milliseconds of the sender's clock. */
  sentMs: number;
  /** How far into it something is heard, ms; undefined: it is quiet. */
  loudUntilMs: number | undefined;
}

/**
 * When a phone heard how much, by the sender's clock. Frames come late on a busy machine, never early; their RTP timestamps
 * do not. So the least that a frame of the call took on its way tells how the two clocks lie to each other, and each frame's
 * timestamp when it would have come on an idle machine.
 */
export class HeardFrames {
  readonly #frames: Frame[] = [];
  #first: number | undefined;
  /** Of the sender's clock from ours: the least that there was. */
  #offsetMs = Number.POSITIVE_INFINITY;

  constructor(call: PhoneCall) {
    call.media.audio.on('audio', (pcm, timestamp) => {
      this.#first ??= timestamp;
      const sentMs = ((timestamp - this.#first) | 0) / samplesPerMs;
      const at = performance.now();
      this.#offsetMs = Math.min(this.#offsetMs, at - sentMs);
      const last = pcm.findLastIndex((sample) => Math.abs(sample) > quietLevel);
      this.#frames.push({ at, sentMs, loudUntilMs: last < 0 ? undefined : (last + 1) / samplesPerMs });
    });
  }

  get isLoud(): boolean {
    return this.#frames.at(-1)?.loudUntilMs !== undefined;
  }

  /** When the last sound was over that the phone has heard, on the clock of `performance.now()`, as above. */
  get lastLoudAt(): number {
    const frame = this.#frames.findLast(({ loudUntilMs }) => loudUntilMs !== undefined);
    return frame === undefined ? 0 : this.#offsetMs + frame.sentMs + (frame.loudUntilMs ?? 0);
  }
}
