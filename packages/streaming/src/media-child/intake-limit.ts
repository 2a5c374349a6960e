import type { Clock, Timer } from '@intermix/kernel';

/** What a bot may send: half an hour of speech at once would be too much, a minute of it in 24 kHz is not. */
const burst = { octets: 6_000_000, messages: 5_000 };
/** Some ten times what live speech takes. */
const perSecond = { octets: 1_000_000, messages: 1_000 };
const resumeAfterMs = 100;
/** Held up for so much of the time of late, it is a flood. */
const floodAfterMs = 15_000;

/**
 * Keeps a bot that sends too much from taking the process's time from other calls: the socket is read no faster than the
 * limit, and when that goes on and on the bot is told off.
 */
export class IntakeLimit {
  readonly #clock: Clock;
  readonly #hold: (isHeld: boolean) => void;
  #octets = burst.octets;
  #messages = burst.messages;
  #refilledAtMs: number;
  #heldSinceMs: number | undefined;
  #heldMs = 0;
  #timer: Timer | undefined;
  #holdUps = 0;

  constructor(options: { clock: Clock; hold: (isHeld: boolean) => void }) {
    this.#clock = options.clock;
    this.#hold = options.hold;
    this.#refilledAtMs = options.clock.now();
  }

  /** Times that the bot was held up. */
  get holdUps(): number {
    return this.#holdUps;
  }

  get isHeld(): boolean {
    return this.#heldSinceMs !== undefined;
  }

  /** Counts a message. */
  take(octets: number): void {
    this.#refill();
    this.#octets -= octets;
    this.#messages -= 1;
    if (this.#isSpent() && !this.isHeld) this.#holdUp();
  }

  /** Whether it has been held up so much that it is a flood. */
  get isFlood(): boolean {
    const runningMs = this.#heldSinceMs === undefined ? 0 : this.#clock.now() - this.#heldSinceMs;
    return this.#heldMs + runningMs >= floodAfterMs;
  }

  close(): void {
    this.#timer?.cancel();
  }

  #holdUp(): void {
    this.#holdUps++;
    this.#heldSinceMs = this.#clock.now();
    this.#hold(true);
    this.#check();
  }

  #check(): void {
    this.#timer = this.#clock.schedule(resumeAfterMs, () => {
      this.#refill();
      if (this.#isSpent()) return this.#check();
      this.#heldMs += this.#clock.now() - (this.#heldSinceMs ?? 0);
      this.#heldSinceMs = undefined;
      this.#hold(false);
    });
  }

  #isSpent(): boolean {
    return this.#octets < 0 || this.#messages < 0;
  }

  #refill(): void {
    const now = this.#clock.now();
    const seconds = Math.max(0, now - this.#refilledAtMs) / 1000;
    this.#refilledAtMs = now;
    this.#octets = Math.min(burst.octets, this.#octets + perSecond.octets * seconds);
    this.#messages = Math.min(burst.messages, this.#messages + perSecond.messages * seconds);
    // A bot that was within the limit for a while has what it did before forgiven, at half the pace.
    if (!this.isHeld) this.#heldMs = Math.max(0, this.#heldMs - seconds * 500);
  }
}
