import type { Clock, Logger, Timer } from '@intermix/kernel';

export interface HousekeepingOptions {
  clock: Clock;
  logger: Logger;
  /** Deletes one bounded portion of what is of no use any more; gives how many rows, 0 when nothing is left. */
  tasks: Readonly<Record<string, () => Promise<number>>>;
}

const everyMs = 3_600_000;
/** Enough for any backlog in a day; few enough that nobody notices the hour. */
const portionsAtOnce = 20;

/** What the store throws away by itself, once an hour. Several nodes may do it at once: each finds what is left. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.schedule(everyMs, () => {
      this.#running = this.#run().then(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  async #run(): Promise<void> {
    for (const [what, task] of Object.entries(this.#options.tasks)) {
      try {
        const deleted = await this.#inPortions(task);
        if (deleted > 0) this.#options.logger.debug({ what, deleted }, 'database: cleaned');
      } catch (error) {
        this.#options.logger.warn({ err: error, what }, 'database: cleaning failed; it is tried again in an hour');
      }
    }
  }

  async #inPortions(task: () => Promise<number>): Promise<number> {
    let deleted = 0;
    for (let portion = 0; portion < portionsAtOnce && !this.#stopped; portion += 1) {
      const some = await task();
      if (some === 0) break;
      deleted += some;
    }
    return deleted;
  }
}
