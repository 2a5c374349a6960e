import type { Clock } from '@intermix/kernel';
import type { QueueState } from '@intermix/streaming';

/** What was said so shortly before the far end told its queue may not have been in it: about a round trip. */
const roundTripMs = 300;
/** What is said within it counts as said at once. */
const grainMs = 20;

/**
 * How much of what a bot said has been heard. The far end plays in real time what it was sent. Where it tells its queue (a
 * field of Intermix's) the estimate is put right: it may have dropped some without playing it, as pauses of a bot that is
 * behind, or what came while the party was on hold.
 */
export class PlayoutEstimate {
  readonly #clock: Clock;
  /** Heard until `#sinceMs`. */
  #playedMs = 0;
  #queuedMs = 0;
  #sinceMs: number;
  /** Everything that was ever said: the far end cannot have played more, nor have more waiting. */
  #saidMs = 0;
  /** Said since the last clear, and perhaps not there yet. */
  #onTheWay: Array<{ ms: number; atMs: number }> = [];
  #clearedAtMs = Number.NEGATIVE_INFINITY;

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
    this.#saidMs += ms;
    const last = this.#onTheWay.at(-1);
    if (last && this.#sinceMs - last.atMs < grainMs) last.ms += ms;
    else this.#onTheWay = [...this.#recent(), { ms, atMs: this.#sinceMs }];
  }

  cleared(): void {
    this.#move();
    this.#queuedMs = 0;
    this.#onTheWay = [];
    this.#clearedAtMs = this.#sinceMs;
  }

  /** What the far end says has been heard is; of the rest, what it has waiting and what it cannot have got yet. */
  told({ playedMs, queueMs }: QueueState): void {
    if (Number.isNaN(playedMs) || Number.isNaN(queueMs)) return;
    this.#move();
    const played = within(playedMs, this.#saidMs);
    const waiting = within(queueMs, this.#saidMs - played);
    const unheard = this.#queuedMs + this.#playedMs - played;
    const onTheWayMs = this.#recent().reduce((sum, { ms }) => sum + ms, 0);
    // Soon after a clear it still tells what it had before.
    const isBeforeClear = this.#sinceMs - this.#clearedAtMs < roundTripMs;
    this.#playedMs = played;
    this.#queuedMs = Math.max(isBeforeClear ? 0 : waiting, Math.min(unheard, waiting + onTheWayMs));
  }

  #recent(): Array<{ ms: number; atMs: number }> {
    return this.#onTheWay.filter(({ atMs }) => this.#sinceMs - atMs < roundTripMs);
  }

  #move(): void {
    const now = this.#clock.now();
    const passed = Math.min(this.#queuedMs, Math.max(0, now - this.#sinceMs));
    this.#sinceMs = now;
    this.#playedMs += passed;
    this.#queuedMs -= passed;
  }
}

function within(ms: number, mostMs: number): number {
  return Math.min(mostMs, Math.max(0, ms));
}
