import type { Clock, Timer } from '@intermix/kernel';

/** Time between two frames. */
export const frameMs = 20;
/** When the process was held up for longer than this, the missed frames are left out instead of sent in a burst. */
const maxBehindMs = 200;

/** Calls everyone who has something to send each 20 ms, without drift; sleeps when nobody has. */
export class Pacer {
  readonly #clock: Clock;
  readonly #tasks = new Set<() => void>();
  #timer: Timer | undefined;
  #dueMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Starts a task; the first call comes after 20 ms at most. The returned function ends it. */
  start(task: () => void): () => void {
    this.#tasks.add(task);
    if (!this.#timer) {
      this.#dueMs = this.#clock.now();
      this.#schedule();
    }
    return () => this.#tasks.delete(task);
  }

  #schedule(): void {
    this.#dueMs += frameMs;
    const now = this.#clock.now();
    if (now - this.#dueMs > maxBehindMs) this.#dueMs = now;
    if (this.#dueMs - now > 2 * frameMs) this.#dueMs = now + frameMs; // The clock was set back: audio does not wait for it.
    this.#timer = this.#clock.schedule(Math.max(0, this.#dueMs - now), () => this.#tick());
  }

  #tick(): void {
    this.#timer = undefined;
    for (const task of [...this.#tasks]) task();
    if (this.#tasks.size > 0) this.#schedule();
  }
}
