import type { Clock } from '@intermix/kernel';

/** How a group of writes reaches the disk. */
export interface GroupCommitOptions<Write> {
  /** Commits all or nothing. */
  commit(writes: readonly Write[]): Promise<void>;
  /** Whether this failure is one write's own fault, so that the others should be tried without it. */
  isOwnFault(error: unknown): boolean;
  /** What may not share a transaction with another write of the same key. */
  uniqueKey(write: Write): string | undefined;
  clock: Clock;
  /** Milliseconds from the start of one transaction to the next: what comes sooner is gathered. */
  gapMs: number;
  /** At most this many writes in a transaction. */
  maxGroup: number;
  /** Beyond this many waiting writes, new ones are refused. */
  maxWaiting: number;
  overloaded(): Error;
}

interface Waiting<Write> {
  write: Write;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Group commit: one transaction at a time, and whatever arrives meanwhile shares the next one. Alone, a write does not
 * wait; under load a transaction begins a gap after the one before, so that its cost is divided. Writes keep their order.
 */
export class GroupCommit<Write> {
  readonly #options: GroupCommitOptions<Write>;
  #waiting: Array<Waiting<Write>> = [];
  #running: Promise<void> | undefined;
  #nextAt = 0;
  #draining = 0;
  /** Ends the wait for the gap. */
  #hurry: () => void = () => {};

  constructor(options: GroupCommitOptions<Write>) {
    this.#options = options;
  }

  /** Resolves when the write is committed. */
  submit(write: Write): Promise<void> {
    if (this.#waiting.length >= this.#options.maxWaiting) return Promise.reject(this.#options.overloaded());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits any more, and lets nothing wait for company until then. */
  async drained(): Promise<void> {
    this.#draining += 1;
    this.#hurry();
    await this.#running;
    this.#draining -= 1;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gap();
      this.#nextAt = this.#options.clock.now() + this.#options.gapMs;
      await this.#commitGroup(this.#takeGroup());
    }
    this.#running = undefined;
  }

  async #gap(): Promise<void> {
    const { clock, gapMs } = this.#options;
    const waitMs = Math.min(gapMs, this.#nextAt - clock.now()); // At most the gap, should the clock be set back.
    if (waitMs <= 0 || this.#draining > 0) return nextTurn();
    await new Promise<void>((resolve) => {
      const timer = clock.schedule(waitMs, resolve);
      this.#hurry = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#hurry = () => {};
  }

  #takeGroup(): Array<Waiting<Write>> {
    const keys = new Set<string>();
    let size = 0;
    for (const { write } of this.#waiting) {
      const key = this.#options.uniqueKey(write);
      if (size === this.#options.maxGroup || (key !== undefined && keys.has(key))) break;
      if (key !== undefined) keys.add(key);
      size += 1;
    }
    const group = this.#waiting.slice(0, size);
    this.#waiting = this.#waiting.slice(size);
    return group;
  }

  async #commitGroup(group: Array<Waiting<Write>>): Promise<void> {
    try {
      await this.#options.commit(group.map(({ write }) => write));
      for (const waiting of group) waiting.resolve();
    } catch (error) {
      if (group.length > 1 && this.#options.isOwnFault(error)) for (const one of group) await this.#commitGroup([one]);
      else for (const waiting of group) waiting.reject(error);
    }
  }
}

/** Writes of the same turn of the event loop go together: its sockets are read before its immediates. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
