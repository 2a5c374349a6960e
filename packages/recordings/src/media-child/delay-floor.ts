const spanMs = 2500;

/** The least of what came in the last 2.5 to 5 seconds: jitter only ever adds to a packet's delay. */
export class DelayFloor {
  #since = Number.NEGATIVE_INFINITY;
  #current = Number.POSITIVE_INFINITY;
  #previous = Number.POSITIVE_INFINITY;

  add(distance: number, atMs: number): void {
    if (atMs - this.#since >= spanMs) {
      this.#previous = this.#current;
      this.#current = Number.POSITIVE_INFINITY;
      this.#since = atMs;
    }
    this.#current = Math.min(this.#current, distance);
  }

  /** Infinite while there is nothing. */
  get least(): number {
    return Math.min(this.#current, this.#previous);
  }

  clear(): void {
    this.#since = Number.NEGATIVE_INFINITY;
    this.#current = Number.POSITIVE_INFINITY;
    this.#previous = Number.POSITIVE_INFINITY;
  }
}
