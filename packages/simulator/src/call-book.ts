import type { CallSnapshot } from './call-record.js';
import type { SimulatedCall } from './simulated-call.js';

/** Ended calls stay readable until this many newer ones have ended. */
const mostEnded = 200;

/** The calls under way and the last ones that ended. */
export class CallBook {
  readonly #active = new Map<string, SimulatedCall>();
  readonly #ended: CallSnapshot[] = [];

  get activeCount(): number {
    return this.#active.size;
  }

  /** Keeps the call for as long as it lasts, then its last snapshot. */
  add(call: SimulatedCall): void {
    this.#active.set(call.id, call);
    call.on('ended', () => {
      this.#active.delete(call.id);
      this.#ended.push(call.snapshot());
      if (this.#ended.length > mostEnded) this.#ended.shift();
    });
  }

  active(): SimulatedCall[] {
    return [...this.#active.values()];
  }

  find(id: string): SimulatedCall | undefined {
    return this.#active.get(id);
  }

  /** Ended ones first, each group in order of time. */
  snapshots(): CallSnapshot[] {
    return [...this.#ended, ...this.active().map((call) => call.snapshot())];
  }
}
