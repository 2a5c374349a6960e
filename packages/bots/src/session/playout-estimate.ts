import type { Clock } from '@intermix/kernel';
import type { QueueState } from '@intermix/streaming';

/**
 * How much of what a bot said has been heard. The far end plays in real time what it was sent; where it tells its queue (a
 * field of Intermix's) the estimate is put right.
 */
export class PlayoutEstimate {
  readonly #clock: Clock;
  /** Heard until `#sinceMs`. */
  #playedMs = 0;
  #queuedMs = 0;
  #sinceMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.now();
  }

  get playedMs(): number {
    this.#move();
    return this.#playedMs;
  }

  get queuedMs(): number {
    this.#move();
    return this.#queuedMs;
  }

  said(ms: number): void {
    this.#move();
    this.#queuedMs += ms;
  }

  cleared(): void {
    this.#move();
    this.#queuedMs = 0;
  }

  /** What the far end says has been heard is; what it has not got yet is still on its way. */
  told({ playedMs }: QueueState): void {
    this.#move();
    const ahead = this.#playedMs - playedMs;
    this.#playedMs = playedMs;
    this.#queuedMs = Math.max(0, this.#queuedMs + ahead);
  }

  #move(): void {
    const now = this.#clock.now();
    const passed = Math.min(this.#queuedMs, Math.max(0, now - this.#sinceMs));
    this.#sinceMs = now;
    this.#playedMs += passed;
    this.#queuedMs -= passed;
  }
}
