import type { Clock, Logger, Timer } from '@intermix/kernel';

/** Something that is of no use any more after a while. */
export interface HousekeepingTask {
  /** Deletes, or closes, one bounded portion; gives how many rows. */
  deleteSome(): Promise<number>;
  /** How many rows a whole portion has, at least: fewer mean that nothing is left. */
  portion: number;
}

export interface HousekeepingOptions {
  clock: Clock;
  logger: Logger;
  tasks: Readonly<Record<string, HousekeepingTask>>;
}

const everyMs = 60_000;
/** Between portions, so that calls get at the database meanwhile. */
const pauseMs = 100;

/**
 * What the store throws away by itself: a minute after its start and each minute from then on, portion by portion until
 * nothing is left, so that it keeps up with whatever is written. Several nodes may do it at once: each finds what is left.
 */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  #timer: Timer | undefined;
  #endPause = () => {};
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
    this.#endPause();
    await this.#running;
  }

  /** A portion of each task in turn: a long backlog of one holds up no other. */
  async #run(): Promise<void> {
    let unfinished = Object.entries(this.#options.tasks);
    const deleted = new Map<string, number>();
    while (!this.#stopped) {
      const more: typeof unfinished = [];
      for (const entry of unfinished) {
        const [what, task] = entry;
        const some = await this.#portion(what, task);
        deleted.set(what, (deleted.get(what) ?? 0) + some);
        if (some >= task.portion) more.push(entry);
      }
      unfinished = more;
      if (unfinished.length === 0) break;
      await this.#pause();
    }
    for (const [what, count] of deleted)
      if (count > 0) this.#options.logger.debug({ what, deleted: count }, 'database: cleaned');
  }

  async #portion(what: string, task: HousekeepingTask): Promise<number> {
    if (this.#stopped) return 0;
    try {
      return await task.deleteSome();
    } catch (error) {
      this.#options.logger.warn({ err: error, what }, 'database: cleaning failed; it is tried again in a minute');
      return 0;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopped) return resolve();
      const timer = this.#options.clock.schedule(pauseMs, resolve);
      this.#endPause = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
