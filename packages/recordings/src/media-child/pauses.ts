import type { PausedAs } from '../files/recording-spec.js';

interface Stretch {
  from: number;
  to: number;
}

/** The stretches in which a recording was paused, in samples of the call's clock. */
export class Pauses {
  readonly #as: PausedAs;
  #stretches: Stretch[] = [];

  constructor(as: PausedAs) {
    this.#as = as;
  }

  /** Does nothing while it is paused already. */
  pause(at: number): void {
    if (this.#stretches.at(-1)?.to !== Number.POSITIVE_INFINITY)
      this.#stretches.push({ from: at, to: Number.POSITIVE_INFINITY });
  }

  resume(at: number): void {
    const last = this.#stretches.at(-1);
    if (last?.to === Number.POSITIVE_INFINITY) last.to = Math.max(at, last.from);
  }

  /** What is written of the samples from `at` on, `channels` of them side by side. Asked for in order. */
  apply(pcm: Int16Array, at: number, channels: number): Int16Array {
    const end = at + pcm.length / channels;
    this.#stretches = this.#stretches.filter(({ to }) => to > at);
    let kept = pcm;
    for (const stretch of this.#stretches.filter(({ from }) => from < end).reverse()) {
      const from = (Math.max(stretch.from, at) - at) * channels;
      const to = (Math.min(stretch.to, end) - at) * channels;
      if (this.#as === 'silence') kept.fill(0, from, to);
      else kept = without(kept, from, to);
    }
    return kept;
  }
}

function without(pcm: Int16Array, from: number, to: number): Int16Array {
  const out = new Int16Array(pcm.length - (to - from));
  out.set(pcm.subarray(0, from));
  out.set(pcm.subarray(to), from);
  return out;
}
