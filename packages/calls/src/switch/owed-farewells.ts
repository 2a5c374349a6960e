import type { Clock, Timer } from '@intermix/kernel';
import type { InviteSession } from '@intermix/sip';
import type { Binding } from '../registrar/location-store.js';

/** The BYE of a leg that ended while its device had no connection. */
export interface OwedFarewell {
  session: InviteSession;
  isFor: (binding: Binding) => boolean;
  /** Sends the BYE. */
  say: () => void;
  /** How long the device is still waited for. */
  forMs: number;
}

/**
 * What calls owe to devices that are away: a customer who hangs up while a page has no connection is gone at once, and the
 * page is told when it comes back within the grace. One that does not come back finds no dialog (481).
 */
export class OwedFarewells {
  readonly #clock: Clock;
  readonly #owed = new Map<OwedFarewell, { timer: Timer; off: Array<() => void> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#owed.size;
  }

  keep(farewell: OwedFarewell): void {
    const { session, forMs } = farewell;
    const timer = this.#clock.schedule(forMs, () => this.#giveUp(farewell));
    const off = [
      // The page may speak in its dialog before it has registered.
      session.on('reinvite', (reinvite) => {
        reinvite.reject(487);
        this.#pay(farewell);
      }),
      session.on('ended', () => this.#forget(farewell)),
    ];
    this.#owed.set(farewell, { timer, off });
  }

  /** A device registered: what waits for it goes out over its connection. */
  handleDevice(binding: Binding): void {
    for (const farewell of [...this.#owed.keys()]) {
      if (!farewell.isFor(binding)) continue;
      farewell.session.rebind(binding.flow, binding.contactUri);
      this.#pay(farewell);
    }
  }

  /** Nobody is waited for any more. */
  stop(): void {
    for (const farewell of [...this.#owed.keys()]) this.#giveUp(farewell);
  }

  #pay(farewell: OwedFarewell): void {
    if (this.#forget(farewell)) farewell.say();
  }

  #giveUp(farewell: OwedFarewell): void {
    if (this.#forget(farewell)) farewell.session.flowLost();
  }

  #forget(farewell: OwedFarewell): boolean {
    const kept = this.#owed.get(farewell);
    if (!kept) return false;
    this.#owed.delete(farewell);
    kept.timer.cancel();
    for (const off of kept.off) off();
    return true;
  }
}
