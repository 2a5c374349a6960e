import type { Clock } from '@intermix/kernel';
import type { SessionLimits } from './session-limits.js';

/** What the far end may send: live speech takes a tenth of it. */
export class IntakeBudget {
  readonly #clock: Clock;
  readonly #limits: Pick<SessionLimits, 'burst' | 'perSecond'>;
  #messages: number;
  #octets: number;
  #refilledAtMs: number;

  constructor(clock: Clock, limits: Pick<SessionLimits, 'burst' | 'perSecond'>) {
    this.#clock = clock;
    this.#limits = limits;
    this.#messages = limits.burst.messages;
    this.#octets = limits.burst.octets;
    this.#refilledAtMs = clock.now();
  }

  /** Counts a message; false when it is one too many. */
  take(octets: number): boolean {
    const { burst, perSecond } = this.#limits;
    const now = this.#clock.now();
    const seconds = Math.max(0, now - this.#refilledAtMs) / 1000;
    this.#refilledAtMs = now;
    this.#messages = Math.min(burst.messages, this.#messages + seconds * perSecond.messages) - 1;
    this.#octets = Math.min(burst.octets, this.#octets + seconds * perSecond.octets) - octets;
    return this.#messages >= 0 && this.#octets >= 0;
  }
}
