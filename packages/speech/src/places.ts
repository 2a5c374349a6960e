import { SpeechError } from './speech-error.js';

export interface PlacesOptions {
  size: number;
  /** Of all accounts together, and of one. */
  maxWaiting: number;
  maxWaitingOfOne?: number | undefined;
}

/** So many things at a time; the rest waits in lines of bounded length, one for each account, which take turns. */
export class Places {
  /** In the order of their turns. */
  readonly #lines = new Map<string, Array<() => void>>();
  readonly #maxWaiting: number;
  readonly #maxWaitingOfOne: number;
  #waiting = 0;
  #free: number;

  constructor({ size, maxWaiting, maxWaitingOfOne = maxWaiting }: PlacesOptions) {
    this.#free = size;
    this.#maxWaiting = maxWaiting;
    this.#maxWaitingOfOne = maxWaitingOfOne;
  }

  /** Runs it when there is a place, and it is the account's turn. Rejects with SpeechError (`busy`) when its line is full. */
  async run<T>(work: () => Promise<T>, accountSid = ''): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#turn(accountSid);
    try {
      return await work();
    } finally {
      const next = this.#next();
      if (next) next();
      else this.#free++;
    }
  }

  #turn(accountSid: string): Promise<void> {
    const line = this.#lines.get(accountSid) ?? [];
    if (this.#waiting >= this.#maxWaiting || line.length >= this.#maxWaitingOfOne)
      return Promise.reject(new SpeechError('busy', 'Too many prompts are being prepared; try again in a minute.'));
    this.#waiting++;
    this.#lines.set(accountSid, line);
    return new Promise((resolve) => line.push(resolve));
  }

  /** Of the first line, which is the last one then. */
  #next(): (() => void) | undefined {
    const [first] = this.#lines;
    if (first === undefined) return undefined;
    const [accountSid, line] = first;
    this.#lines.delete(accountSid);
    if (line.length > 1) this.#lines.set(accountSid, line);
    this.#waiting--;
    return line.shift();
  }
}
