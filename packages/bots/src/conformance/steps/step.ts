import type { CallerView } from '../line/caller.js';
import type { Moments } from './watches.js';

/** Where a step's own doing stands; what it expects may take longer. */
export type Doing = 'going' | 'done' | { failed: string };

/** What a step says in this tick, and whether there is more to do. */
export interface StepTick {
  said?: Int16Array | undefined;
  doing: Doing;
}

/** One step of the script, as it is carried out. */
export interface RunningStep {
  /** Begins, and goes on: once a tick until it is no longer `going`. Sets the moments as they come. */
  tick(view: CallerView, moments: Moments): StepTick;
}

/** A sound that is said 20 ms at a time. */
export class SaidSound {
  readonly #samples: Int16Array;
  #at = 0;

  constructor(samples: Int16Array) {
    this.#samples = samples;
  }

  get isSaid(): boolean {
    return this.#at >= this.#samples.length;
  }

  next(length: number): Int16Array {
    const frame = this.#samples.subarray(this.#at, this.#at + length);
    this.#at += length;
    return frame;
  }
}
