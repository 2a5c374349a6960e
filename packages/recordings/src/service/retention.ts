import type { Clock, Logger, Timer } from '@intermix/kernel';
import type { Recording, RecordingStore } from '../ports/recording-store.js';

export interface RetentionDeps {
  store: Pick<RecordingStore, 'expired' | 'stillHere'>;
  /** This server. */
  owner: string;
  clock: Clock;
  logger: Logger;
  remove(recording: Recording): Promise<void>;
}

const everyMs = 3_600_000;
const firstMs = 60_000;
const atOnce = 100;

/** Deletes what apps keep no longer: a minute after the start, and each hour. Says then too that this server is there. */
export class Retention {
  readonly #deps: RetentionDeps;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
  }

  start(inMs = firstMs): void {
    this.#timer = this.#deps.clock.schedule(inMs, () => {
      void this.#run().then(() => {
        if (!this.#isStopped) this.start(everyMs);
      });
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** Never rejects. What cannot be deleted now is tried again in an hour; it does not hold up the others. */
  async #run(): Promise<void> {
    const { store, owner, clock, logger, remove } = this.#deps;
    const now = new Date(clock.now());
    let [left, err] = [0, undefined as unknown];
    try {
      await store.stillHere(owner, now);
      let last: Recording | undefined;
      do {
        const expired = await store.expired(owner, now, atOnce, last);
        for (const one of expired) {
          if (this.#isStopped) return;
          await remove(one).catch((error) => {
            left += 1;
            err ??= error;
          });
        }
        last = expired.length === atOnce ? expired.at(-1) : undefined;
      } while (last);
    } catch (error) {
      err ??= error;
    }
    if (err !== undefined)
      logger.warn({ err, left }, 'old recordings could not be deleted; it is tried again in an hour');
  }
}
