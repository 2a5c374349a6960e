import type { Clock } from '@intermix/kernel';
import { IntakeBudget } from '../../session/intake-budget.js';

/** What Intermix takes of a bot without holding it up. */
const fair = { burst: { messages: 5_000, octets: 6_000_000 }, perSecond: { messages: 1_000, octets: 1_000_000 } };
/** Beyond this the tester itself would be in trouble. */
const bearable = { burst: { messages: 20_000, octets: 64_000_000 }, perSecond: { messages: 2_000, octets: 4_000_000 } };

/** Counts what a bot sends against what may be sent. */
export class Intake {
  readonly #fair: IntakeBudget;
  readonly #bearable: IntakeBudget;
  #messages = 0;
  #octets = 0;

  constructor(clock: Clock) {
    this.#fair = new IntakeBudget(clock, fair);
    this.#bearable = new IntakeBudget(clock, bearable);
  }

  get seen(): string {
    return `${this.#messages} messages, ${this.#octets} octets so far`;
  }

  take(octets: number): 'well' | 'too-fast' | 'too-much' {
    this.#messages++;
    this.#octets += octets;
    const isFair = this.#fair.take(octets);
    if (!this.#bearable.take(octets)) return 'too-much';
    return isFair ? 'well' : 'too-fast';
  }
}
