import type { Clock, Timer } from '@intermix/kernel';

/** Of one bot at once; each has a timer. */
const maxMarks = 1_000;
/** How much later than expected a far end may tell a mark. One that tells none at all is not waited for longer. */
const overdueMs = 3_000;
const afterClearMs = 300;

interface Pending {
  name: string;
  timer: Timer;
}

/** Marks that a bot waits for. Each is told once, whether or not the far end does so. */
export class PendingMarks {
  readonly #clock: Clock;
  readonly #tell: (name: string) => void;
  #pending: Pending[] = [];

  constructor(deps: { clock: Clock; tell: (name: string) => void }) {
    this.#clock = deps.clock;
    this.#tell = deps.tell;
  }

  /** `queuedMs`: what has to be heard before it. */
  expect(name: string, queuedMs: number): void {
    if (this.#pending.length >= maxMarks) {
      this.#tell(name);
      return;
    }
    const pending: Pending = { name, timer: this.#later(queuedMs + overdueMs, () => this.#settle(pending)) };
    this.#pending.push(pending);
  }

  /** The far end told one. What it tells that nobody waits for is not told again. */
  handleMark(name: string): void {
    const found = this.#pending.find((one) => one.name === name);
    if (found) this.#settle(found);
  }

  /** What was to be heard is dropped: the far end tells its marks at once, or never. */
  cleared(): void {
    for (const one of this.#pending) {
      one.timer.cancel();
      one.timer = this.#later(afterClearMs, () => this.#settle(one));
    }
  }

  close(): void {
    for (const { timer } of this.#pending) timer.cancel();
    this.#pending = [];
  }

  #settle(one: Pending): void {
    const index = this.#pending.indexOf(one);
    if (index < 0) return;
    this.#pending.splice(index, 1);
    one.timer.cancel();
    this.#tell(one.name);
  }

  #later(delayMs: number, fire: () => void): Timer {
    return this.#clock.schedule(delayMs, fire);
  }
}
