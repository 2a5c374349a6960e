import { SpeechError } from './speech-error.js';

/** So many things at a time; the rest waits in a line of bounded length. */
export class Places {
  readonly #waiting: Array<() => void> = [];
  readonly #maxWaiting: number;
  #free: number;

  constructor({ size, maxWaiting }: { size: number; maxWaiting: number }) {
    this.#free = size;
    this.#maxWaiting = maxWaiting;
  }

  /** Runs it when there is a place. Rejects with SpeechError (`busy`) when the line is full. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#turn();
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting)
      return Promise.reject(new SpeechError('busy', 'Too many prompts are being prepared; try again in a minute.'));
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
