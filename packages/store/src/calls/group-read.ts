/** How waiting reads are answered together. */
export interface GroupReadOptions<Key, Value> {
  /** Reads all keys at once; the answers in their order. */
  read(keys: readonly Key[]): Promise<ReadonlyArray<Value>>;
  /** At most this many keys at once. */
  maxGroup: number;
  /** At most this many groups under way. */
  maxRunning: number;
  /** Beyond this many waiting reads, new ones are refused. */
  maxWaiting: number;
  overloaded(): Error;
}

interface Waiting<Key, Value> {
  key: Key;
  resolve(value: Value): void;
  reject(error: unknown): void;
}

/**
 * Reads that arrive while others are under way share the next statement: alone, a read does not wait; under load a
 * round trip is divided. Nothing is kept: each read sees what was committed before it was asked.
 */
export class GroupRead<Key, Value> {
  readonly #options: GroupReadOptions<Key, Value>;
  #waiting: Array<Waiting<Key, Value>> = [];
  #running = 0;
  #isScheduled = false;

  constructor(options: GroupReadOptions<Key, Value>) {
    this.#options = options;
  }

  get(key: Key): Promise<Value> {
    if (this.#waiting.length >= this.#options.maxWaiting) return Promise.reject(this.#options.overloaded());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject });
      this.#schedule();
    });
  }

  /** All that came in with the same turn of the event loop go together: its sockets are read before its immediates. */
  #schedule(): void {
    if (this.#isScheduled || this.#running >= this.#options.maxRunning) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    const group = this.#waiting.splice(0, this.#options.maxGroup);
    if (group.length === 0) return;
    this.#running += 1;
    if (this.#waiting.length > 0) this.#schedule();
    try {
      const values = await this.#options.read(group.map(({ key }) => key));
      group.forEach(({ resolve }, index) => {
        resolve(values[index] as Value);
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      this.#running -= 1;
      if (this.#waiting.length > 0) this.#schedule();
    }
  }
}
