import type { Clock, Timer } from '@intermix/kernel';

/** A frame of G.711 as carriers send it. */
export const frameMs = 20;
/** Later than this, frames are left out instead of sent in a burst. */
const mostLateFrames = 10;

/**
 * Calls `frame` once each 20 ms of real time. A late timer is made good by the next ones, so that the rate is exact over
 * time; `skipped` tells how many frames were given up after a long stall, for the RTP timestamp to jump by.
 */
export class FramePacer {
  readonly #clock: Clock;
  readonly #frame: () => void;
  readonly #skipped: (frames: number) => void;
  #dueMs = 0;
  #timer: Timer | undefined;

  constructor(options: { clock: Clock; frame: () => void; skipped: (frames: number) => void }) {
    this.#clock = options.clock;
    this.#frame = options.frame;
    this.#skipped = options.skipped;
  }

  start(): void {
    if (this.#timer) return;
    this.#dueMs = this.#clock.now() + frameMs;
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    const delayMs = Math.max(0, this.#dueMs - this.#clock.now());
    this.#timer = this.#clock.schedule(delayMs, () => this.#run());
  }

  #run(): void {
    const now = this.#clock.now();
    const late = Math.floor((now - this.#dueMs) / frameMs);
    if (late > mostLateFrames) this.#jump(late);
    if (now < this.#dueMs - frameMs) this.#dueMs = now; // The wall clock was set back.
    while (this.#dueMs <= now && this.#timer) {
      this.#dueMs += frameMs;
      this.#frame();
    }
    if (this.#timer) this.#schedule();
  }

  #jump(frames: number): void {
    this.#dueMs += frames * frameMs;
    this.#skipped(frames);
  }
}
