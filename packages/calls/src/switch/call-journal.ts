import type { Clock, Logger } from '@intermix/kernel';

export interface CallJournalDeps {
  clock: Clock;
  logger: Logger;
  /** How long the far end may be kept waiting for a commit; 1,000 ms. */
  patienceMs?: number;
  /** Takes the end of a call that could not be written. */
  keepForLater?: ((write: () => Promise<void>) => void) | undefined;
  /** Delays before a failed commit is tried again. */
  retryDelaysMs?: readonly number[];
}

const defaultRetryDelaysMs = [100, 500, 2_000];

/**
 * Writes the story of one call, one commit after the other. A commit that fails is tried again in its place a few times,
 * then logged and left out: people who are talking are not cut off because a table is locked. The end is kept for later.
 */
export class CallJournal {
  readonly #deps: CallJournalDeps;
  #tail: Promise<void> = Promise.resolve();
  /** False until the call's first row exists; nothing else is written without it. */
  #open = false;

  constructor(deps: CallJournalDeps) {
    this.#deps = deps;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /**
   * The first commit, which makes the rows; tried once. Resolves false when it failed or took longer than the deadline:
   * the call must be refused then. Should it succeed late, later commits still find their row.
   */
  open(write: () => Promise<void>, deadlineMs: number): Promise<boolean> {
    const done = this.#tail.then(write).then(
      () => {
        this.#open = true;
        return true;
      },
      (error: unknown) => {
        this.#deps.logger.error({ err: error }, 'call record could not be made; the call is refused');
        return false;
      },
    );
    this.#tail = done.then(() => undefined);
    return this.#within(deadlineMs, done);
  }

  /**
   * Queues a commit. Resolves true when it is on disk, so that the far end may be told; false when it has been given up,
   * or when the patience has run out (it is still being tried then). Never rejects.
   */
  commit(write: () => Promise<void>): Promise<boolean> {
    return this.#queue(write, (err) => this.#deps.logger.error({ err }, 'call record not written; given up'));
  }

  /** The last commit, which is not given up: what cannot be written now goes to `keepForLater`. */
  close(write: () => Promise<void>): Promise<boolean> {
    return this.#queue(write, (err) => {
      this.#deps.logger.error({ err }, 'end of a call not written; kept for later');
      this.#deps.keepForLater?.(write);
    });
  }

  #queue(write: () => Promise<void>, onGivenUp: (error: unknown) => void): Promise<boolean> {
    const done = this.#tail.then(() => this.#open && this.#try(write, onGivenUp));
    this.#tail = done.then(() => undefined);
    return this.#within(this.#deps.patienceMs ?? 1_000, done);
  }

  /** Resolves when everything queued so far has been written or given up. */
  flushed(): Promise<void> {
    return this.#tail;
  }

  async #try(write: () => Promise<void>, onGivenUp: (error: unknown) => void): Promise<boolean> {
    for (const delayMs of [...(this.#deps.retryDelaysMs ?? defaultRetryDelaysMs), undefined]) {
      try {
        await write();
        return true;
      } catch (error) {
        if (delayMs === undefined) onGivenUp(error);
        else {
          this.#deps.logger.warn({ err: error, delayMs }, 'call record not written; will be tried again');
          await this.#wait(delayMs);
        }
      }
    }
    return false;
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#deps.clock.schedule(delayMs, resolve));
  }

  #within(limitMs: number, done: Promise<boolean>): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#deps.clock.schedule(limitMs, () => resolve(false));
      void done.then((written) => {
        timer.cancel();
        resolve(written);
      });
    });
  }
}
