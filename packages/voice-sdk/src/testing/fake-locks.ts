type Callback = (lock: Lock | null) => unknown;

interface Request {
  tab: unknown;
  name: string;
  mode: LockMode;
  grant: (lock: Lock | null) => void;
  fail: (error: Error) => void;
}

interface Held extends Request {
  fail: (error: Error) => void;
}

/** The Web Locks of one browser profile: exclusive, shared, queued in order, stolen, and freed when a tab dies. */
export class FakeLocks {
  #held: Held[] = [];
  #queue: Request[] = [];
  readonly #frozen = new Map<unknown, Array<() => void>>();

  /** The view of one tab. */
  forTab(tab: object): Pick<LockManager, 'request' | 'query'> {
    const request = (name: string, second: LockOptions | Callback, third?: Callback) =>
      typeof second === 'function'
        ? this.#request(tab, name, {}, second)
        : this.#request(tab, name, second, third as Callback);
    return { request: request as LockManager['request'], query: async () => ({ held: [], pending: [] }) };
  }

  /** The tab's process is gone: no callback runs any more. */
  crash(tab: object): void {
    this.#queue = this.#queue.filter((request) => request.tab !== tab);
    this.#held = this.#held.filter((held) => held.tab !== tab);
    this.#pump();
  }

  /** The tab's code stands still: it may be granted a lock, and does not know. */
  freeze(tab: object): void {
    this.#frozen.set(tab, []);
  }

  thaw(tab: object): void {
    const waiting = this.#frozen.get(tab) ?? [];
    this.#frozen.delete(tab);
    for (const run of waiting) run();
  }

  holds(tab: object, name: string): boolean {
    return this.#held.some((held) => held.tab === tab && held.name === name);
  }

  #request(tab: object, name: string, options: LockOptions, callback: Callback): Promise<unknown> {
    const { mode = 'exclusive', ifAvailable = false, steal = false, signal } = options;
    if (steal && (signal || ifAvailable)) return Promise.reject(error('NotSupportedError'));
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(error('AbortError'));
      const request: Request = {
        tab,
        name,
        mode,
        fail: (problem) => this.#inTab(tab, () => reject(problem)),
        grant: (lock) => queueMicrotask(() => this.#inTab(tab, () => this.#run(request, lock, callback, resolve))),
      };
      signal?.addEventListener('abort', () => {
        if (!this.#queue.includes(request)) return;
        this.#queue = this.#queue.filter((other) => other !== request);
        reject(error('AbortError'));
        this.#pump();
      });
      if (steal) this.#steal(request);
      else if (ifAvailable && !this.#isFree(request)) request.grant(null);
      else this.#queue.push(request);
      this.#pump();
    });
  }

  #inTab(tab: unknown, run: () => void): void {
    const waiting = this.#frozen.get(tab);
    if (waiting) waiting.push(run);
    else run();
  }

  #run(request: Request, lock: Lock | null, callback: Callback, resolve: (value: unknown) => void): void {
    if (lock && !this.#held.includes(request)) return; // Its tab has crashed in between.
    Promise.resolve()
      .then(() => callback(lock))
      .then(resolve, request.fail)
      .finally(() => {
        this.#held = this.#held.filter((held) => held !== request);
        this.#pump();
      });
  }

  #steal(request: Request): void {
    for (const held of this.#held.filter(({ name }) => name === request.name)) held.fail(error('AbortError'));
    this.#held = this.#held.filter(({ name }) => name !== request.name);
    this.#hold(request);
  }

  #hold(request: Request): void {
    this.#held.push(request);
    request.grant({ name: request.name, mode: request.mode });
  }

  #isFree({ name, mode }: Request): boolean {
    return !this.#held.some((held) => held.name === name && (mode === 'exclusive' || held.mode === 'exclusive'));
  }

  /** Grants what may be granted, in the order of asking. */
  #pump(): void {
    const blocked = new Set<string>();
    for (const request of [...this.#queue]) {
      if (blocked.has(request.name) || !this.#isFree(request)) {
        blocked.add(request.name);
        continue;
      }
      this.#queue = this.#queue.filter((other) => other !== request);
      this.#hold(request);
    }
  }
}

function error(name: string): Error {
  return Object.assign(new Error(name), { name });
}
