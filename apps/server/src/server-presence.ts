import type { Clock, Logger, Timer } from '@intermix/kernel';
import type { ServerStore } from '@intermix/store';

/** Well below the ten minutes after which a server counts as gone. */
const everyMs = 60_000;
/** Who was heard of less than so long ago has not missed two turns. */
const regularMs = 150_000;

export interface ServerPresenceDeps {
  servers: Pick<ServerStore, 'stillHere'>;
  /** Each closes something that servers left which are gone. */
  sweeps: ReadonlyArray<(at: Date) => Promise<unknown>>;
  clock: Clock;
  logger: Logger;
}

/**
 * Says each minute that this server is there, and has closed what those left that are not. Only while it says so regularly itself:
 * after the database, or the whole machine, was away, every server looks gone until it has had its turn.
 */
export class ServerPresence {
  readonly #deps: ServerPresenceDeps;
  #regular = 0;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(deps: ServerPresenceDeps) {
    this.#deps = deps;
  }

  /** Before the first call. Rejects when the store does. */
  async start(): Promise<void> {
    await this.#deps.servers.stillHere();
    this.#wait();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #wait(): void {
    if (this.#isStopped) return;
    this.#timer = this.#deps.clock.schedule(everyMs, () => {
      this.#running = this.#turn().then(() => this.#wait());
    });
  }

  /** Never rejects. */
  async #turn(): Promise<void> {
    const { servers, logger } = this.#deps;
    try {
      const awayMs = await servers.stillHere();
      this.#regular = awayMs !== undefined && awayMs < regularMs ? this.#regular + 1 : 0;
    } catch (error) {
      this.#regular = 0;
      logger.warn(
        { err: error },
        'other servers on the database could not be looked after; it is tried again in a minute',
      );
    }
    if (this.#regular >= 2) await this.#sweep();
  }

  /** One that fails holds up no other. */
  async #sweep(): Promise<void> {
    const { sweeps, clock, logger } = this.#deps;
    for (const sweep of sweeps) {
      if (this.#isStopped) return;
      try {
        await sweep(new Date(clock.now()));
      } catch (error) {
        logger.warn(
          { err: error },
          'what a server left that is gone could not be closed; it is tried again in a minute',
        );
      }
    }
  }
}
