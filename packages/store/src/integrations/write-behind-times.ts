import type { Clock, Logger, Timer } from '@intermix/kernel';

export interface WriteBehindTimesOptions {
  clock: Clock;
  logger: Logger;
  /** Of what, for the log. */
  what: string;
  /** Writes each key's time; at most `maxBatch` at once. */
  write(times: ReadonlyArray<readonly [key: string, at: Date]>): Promise<void>;
}

const everyMs = 60_000;
const maxBatch = 1_000;
const maxPending = 50_000;

/**
 * "Last seen" and "last used": the newest time of each key, written once a minute in one statement, so that nobody who
 * registers or presents a token waits for the disk. What was noted since dies with a process that is killed.
 */
export class WriteBehindTimes {
  readonly #options: WriteBehindTimesOptions;
  #pending = new Map<string, Date>();
  #writing = new Map<string, Date>();
  #timer: Timer | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: WriteBehindTimesOptions) {
    this.#options = options;
  }

  /** Beyond 50,000 keys that wait, a new one is not noted: its time is written after the next use. */
  note(key: string, at: Date): void {
    const known = this.#pending.get(key);
    if (this.#stopped || (known && known >= at) || (!known && this.#pending.size >= maxPending)) return;
    this.#pending.set(key, at);
    this.#timer ??= this.#options.clock.schedule(everyMs, () => void this.flush());
  }

  /** The time that was noted and may not be written yet. */
  noted(key: string): Date | undefined {
    return this.#pending.get(key) ?? this.#writing.get(key);
  }

  /** Writes what was noted. Never rejects: what could not be written is tried again with the next. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#flushing = this.#flushing.then(() => this.#flush());
    return this.#flushing;
  }

  /** Writes the rest, then notes nothing any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.flush();
  }

  async #flush(): Promise<void> {
    this.#writing = this.#pending;
    this.#pending = new Map();
    // Sorted: two nodes that write the same rows take their locks in the same order.
    const times = [...this.#writing].sort(([a], [b]) => (a < b ? -1 : 1));
    for (let first = 0; first < times.length; first += maxBatch) {
      const batch = times.slice(first, first + maxBatch);
      try {
        await this.#options.write(batch);
      } catch (error) {
        this.#options.logger.warn({ err: error, what: this.#options.what }, 'times could not be written; tried again');
        for (const [key, at] of batch) this.note(key, at);
      }
    }
    this.#writing = new Map();
  }
}
