export interface ConnectionCaps {
  /** Connections that peers may have open at once. */
  total: number;
  /** The same, from one source address. */
  perSource: number;
}

/** Counts connections that peers opened, so that nobody can have them all. */
export class ConnectionCounter {
  readonly #caps: ConnectionCaps;
  readonly #bySource = new Map<string, number>();
  #total = 0;

  constructor(caps: ConnectionCaps) {
    this.#caps = caps;
  }

  get total(): number {
    return this.#total;
  }

  /** Counts one more from this source; false, and not counted, when a cap is reached. */
  enter(source: string): boolean {
    const here = this.#bySource.get(source) ?? 0;
    if (this.#total >= this.#caps.total || here >= this.#caps.perSource) return false;
    this.#bySource.set(source, here + 1);
    this.#total++;
    return true;
  }

  leave(source: string): void {
    const here = this.#bySource.get(source);
    if (here === undefined) return;
    if (here > 1) this.#bySource.set(source, here - 1);
    else this.#bySource.delete(source);
    this.#total--;
  }
}
