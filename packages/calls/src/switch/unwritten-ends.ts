import type { Clock, Logger, Timer } from '@intermix/kernel';

const retryMs = 5_000;
const maxKept = 10_000;

type Write = () => Promise<void>;

/**
 * Ends of calls that the store would not take: kept in memory and tried again, so that a database that is away for
 * minutes costs no record. Bounded: beyond 10,000 the oldest is given up.
 */
export class UnwrittenEnds {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #kept: Write[] = [];
  #timer: Timer | undefined;
  #trying: Promise<void> | undefined;
  #stopped = false;

  constructor(deps: { clock: Clock; logger: Logger }) {
    this.#clock = deps.clock;
    this.#logger = deps.logger;
  }

  /** How many ends wait to be written. */
  get size(): number {
    return this.#kept.length;
  }

  keep(write: Write): void {
    this.#kept.push(write);
    if (this.#kept.length > maxKept) {
      this.#kept.shift();
      this.#logger.error({ kept: maxKept }, 'too many unwritten call records; the oldest is given up');
    }
    if (!this.#stopped) this.#timer ??= this.#clock.schedule(retryMs, () => void this.#retry());
  }

  /** Tries a last time. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await (this.#trying ?? this.#writeAll());
    if (this.size > 0) this.#logger.error({ calls: this.size }, 'stopping with call records that could not be written');
  }

  async #retry(): Promise<void> {
    this.#trying = this.#writeAll();
    await this.#trying;
    this.#trying = undefined;
    this.#timer = undefined;
    if (this.size > 0 && !this.#stopped) this.#timer = this.#clock.schedule(retryMs, () => void this.#retry());
  }

  /** All of them once, each by itself: one that is refused for its own sake holds up no other. */
  async #writeAll(): Promise<void> {
    const waiting = this.#kept;
    if (waiting.length === 0) return;
    this.#kept = [];
    const refused: Write[] = [];
    for (const write of waiting) await write().catch(() => refused.push(write));
    this.#kept = [...refused, ...this.#kept];
    const written = waiting.length - refused.length;
    if (written > 0) this.#logger.info({ written, waiting: this.size }, 'call records written late');
  }
}
