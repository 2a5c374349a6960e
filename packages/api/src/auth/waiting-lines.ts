import { ApiError } from '../http/api-error.js';

interface Line {
  running: number;
  readonly waiting: (() => void)[];
}

/** Work in lines, one for each key: so much of it at once, the rest in the order in which it came, and no more than so much. */
export class WaitingLines {
  readonly #lines = new Map<string, Line>();
  readonly #atOnce: number;
  readonly #longest: number;

  /** `longest`: with what runs. */
  constructor(options: { atOnce: number; longest: number }) {
    this.#atOnce = options.atOnce;
    this.#longest = options.longest;
  }

  /** Runs the work in its turn. Throws 429 when the line is full. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { running: 0, waiting: [] };
    if (line.running + line.waiting.length >= this.#longest)
      throw ApiError.tooMany('Too many tries at once: wait a moment.', 1);
    this.#lines.set(key, line);
    if (line.running < this.#atOnce) line.running++;
    else await new Promise<void>((resolve) => line.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = line.waiting.shift();
      if (next) next();
      else if (--line.running === 0) this.#lines.delete(key);
    }
  }
}
