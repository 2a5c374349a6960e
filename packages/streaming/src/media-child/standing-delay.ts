import { samplesPerMs } from './track-framer.js';

/** Speech is looked at in slots; so many make the window. */
const slotMs = 250;
const slots = 20;
/** Live speech: as much as time passed, by 4 %, and something in nearly every slot. */
const liveMs = slotMs * slots;
const tolerance = 0.04;
const minBusySlots = 16;
/** What may wait without anybody hearing of it. */
const targetMs = 60;
const worthwhileMs = 120;
/** Below some -44 dBFS nobody speaks. */
const silentPeak = 200;

/**
 * Tells which frames may be left out, so that a delay that once arose does not stay. A bot that speaks live (it sends as much
 * as time passes) and whose queue has not run low for five seconds is behind by what waits there: pauses are then shortened
 * until it is not. One that sends a whole text at once is ahead and not late; nothing of what it says is ever left out, nor
 * of anybody's words.
 */
export class StandingDelay {
  readonly #now: () => number;
  readonly #received = new Array<number>(slots).fill(0);
  readonly #lowest = new Array<number>(slots).fill(Number.POSITIVE_INFINITY);
  #slot = 0;

  constructor(options: { now: () => number }) {
    this.#now = options.now;
    this.#slot = this.#slotNow();
  }

  /** So much speech came. */
  received(samples: number): void {
    this.#received[this.#turn()]! += samples / samplesPerMs;
  }

  /** Whether a frame is to be left out, with so much waiting behind it. To be asked for each frame. */
  mayLeaveOut(frame: Int16Array, queuedMs: number): boolean {
    const at = this.#turn();
    this.#lowest[at] = Math.min(this.#lowest[at]!, queuedMs);
    return queuedMs > targetMs && this.#isBehind() && isSilent(frame);
  }

  #isBehind(): boolean {
    if (Math.min(...this.#lowest) < worthwhileMs) return false;
    const sum = this.#received.reduce((all, ms) => all + ms, 0);
    const busy = this.#received.filter((ms) => ms > 0).length;
    return busy >= minBusySlots && Math.abs(sum - liveMs) <= liveMs * tolerance;
  }

  /** The slot of now; those in between begin anew. */
  #turn(): number {
    const now = this.#slotNow();
    for (let step = Math.min(slots, now - this.#slot); step > 0; step--) {
      const at = (now - step + 1) % slots;
      this.#received[at] = 0;
      this.#lowest[at] = Number.POSITIVE_INFINITY;
    }
    this.#slot = now;
    return now % slots;
  }

  #slotNow(): number {
    return Math.floor(this.#now() / slotMs);
  }
}

function isSilent(frame: Int16Array): boolean {
  return frame.every((sample) => sample < silentPeak && sample > -silentPeak);
}
