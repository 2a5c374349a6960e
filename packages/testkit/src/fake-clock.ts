import type { Clock, Timer } from '@intermix/kernel';

interface Entry extends Timer {
  readonly at: number;
  fire: (() => void) | undefined;
}

/**
 * Time that moves only when told to. Timers fire in the order of their due time; equal times fire in the order in which
 * they were scheduled. 2026-01-01T00:00:00Z unless told otherwise, so that dates in assertions can be written down.
 */
export class FakeClock implements Clock {
  #now: number;
  /** Sorted by due time; cancelled entries are skipped when they come up. */
  #queue: Entry[] = [];
  #pending = 0;

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  /** Timers that are scheduled and neither fired nor cancelled. 0 at the end of a test means that nothing leaks. */
  get pendingTimers(): number {
    return this.#pending;
  }

  /** Milliseconds until the next timer, or undefined when there is none. */
  get nextTimerInMs(): number | undefined {
    const next = this.#peek();
    return next && Math.max(0, next.at - this.#now);
  }

  schedule(delayMs: number, fire: () => void): Timer {
    const entry: Entry = {
      at: this.#now + Math.max(0, delayMs),
      fire,
      cancel: () => {
        if (!entry.fire) return;
        entry.fire = undefined;
        this.#pending--;
      },
    };
    this.#queue.splice(this.#placeFor(entry.at), 0, entry);
    this.#pending++;
    return entry;
  }

  /** Moves time on, firing what comes due, timers scheduled on the way included. */
  advance(ms: number): void {
    const until = this.#now + ms;
    while (this.#fireNext(until));
    this.#now = until;
  }

  /** Like `advance`, but lets promises settle before the first timer and after each. */
  async advanceAsync(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    while (this.#fireNext(until)) await settle();
    this.#now = until;
  }

  /**
   * Fires timers until none is left, at most `limitMs` of fake time (one hour). Throws when timers are left then:
   * something re-arms itself for ever.
   */
  runUntilIdle(limitMs = 3_600_000): void {
    const until = this.#now + limitMs;
    while (this.#fireNext(until));
    this.#assertIdle(limitMs);
  }

  /** Like `runUntilIdle`, but lets promises settle before the first timer and after each. */
  async runUntilIdleAsync(limitMs = 3_600_000): Promise<void> {
    const until = this.#now + limitMs;
    await settle();
    while (this.#fireNext(until)) await settle();
    this.#assertIdle(limitMs);
  }

  #assertIdle(limitMs: number): void {
    if (this.#pending > 0) throw new Error(`${this.#pending} timers still pending after ${limitMs} ms of fake time`);
  }

  #fireNext(until: number): boolean {
    const next = this.#peek();
    if (!next || next.at > until) return false;
    this.#queue.shift();
    this.#now = Math.max(this.#now, next.at);
    const { fire } = next;
    next.cancel();
    fire?.();
    return true;
  }

  #peek(): Entry | undefined {
    while (this.#queue[0] && !this.#queue[0].fire) this.#queue.shift();
    return this.#queue[0];
  }

  #placeFor(at: number): number {
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#queue[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Enough turns for chains of awaits to run dry; no real time passes. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
