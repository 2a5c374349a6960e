// Delays in milliseconds, kept by the second in which they were measured: a shared machine stands still now and then, which
// spoils a few seconds of a run and with them its p99. The median of the seconds' own p99 tells what the other seconds were like.
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

export class Delays {
  #seconds = new Map();

  add(ms, now = performance.now()) {
    const second = Math.floor(now / 1_000);
    const samples = this.#seconds.get(second);
    if (samples) samples.push(ms);
    else this.#seconds.set(second, [ms]);
  }

  /** Figures of all since the last time; `medianSecondP99Ms` leaves out the first and last second, which are not whole. */
  take() {
    const seconds = [...this.#seconds.values()].map((samples) => samples.sort((a, b) => a - b));
    this.#seconds = new Map();
    const all = seconds.flat().sort((a, b) => a - b);
    const whole = seconds.length > 2 ? seconds.slice(1, -1) : seconds;
    const p99s = whole.map((samples) => quantile(samples, 0.99)).sort((a, b) => a - b);
    return {
      ...{ count: all.length, p50Ms: quantile(all, 0.5), p99Ms: quantile(all, 0.99) },
      medianSecondP99Ms: quantile(p99s, 0.5),
    };
  }
}
