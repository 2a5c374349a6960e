import type { Clock, Timer } from '@intermix/kernel';
import type { Collected, CollectWish } from './flow-actions.js';

/** More than anybody presses while a prompt is said. */
const maxKept = 64;

/** Keeps the digits that the caller presses, until somebody collects them. */
export class DigitKeeper {
  readonly #clock: Clock;
  #kept = '';
  #onDigit: (() => void) | undefined;
  /** Prompts that gave way to digits since digits were last collected. */
  readonly #skipped = new Set<object>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  handleDigit(digit: string): void {
    if (this.#kept.length >= maxKept) return;
    this.#kept += digit;
    this.#onDigit?.();
  }

  forget(): void {
    this.#kept = '';
    this.#skipped.clear();
  }

  /**
   * Whether digits that were pressed before stand in for this prompt. Once, until they are collected: in a circle of prompts
   * nobody collects them, and a prompt that is never said takes no time.
   */
  skips(prompt: object): boolean {
    if (this.#kept === '') return false;
    if (this.#skipped.has(prompt)) {
      this.#kept = '';
      return false;
    }
    this.noteSkipped(prompt);
    return true;
  }

  /** A digit has ended this prompt. */
  noteSkipped(prompt: object): void {
    this.#skipped.add(prompt);
  }

  /** Calls `listener` at each digit, until the returned function is called. One at a time. */
  listen(listener: () => void): () => void {
    this.#onDigit = listener;
    return () => {
      if (this.#onDigit === listener) this.#onDigit = undefined;
    };
  }

  /**
   * Takes digits, those that are kept first, until they are enough, the finish key, or a pause. `signal` ends it at once. A
   * finish key that was kept ended what was collected before: `7#` where one digit is enough.
   */
  collect(wish: Omit<CollectWish, 'prompt'>, signal: AbortSignal): Promise<Collected> {
    let digits = '';
    this.#skipped.clear();
    while (wish.finishOnKey !== '' && this.#kept.startsWith(wish.finishOnKey)) this.#kept = this.#kept.slice(1);
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const finish = (how: Collected['how']): void => {
        timer?.cancel();
        unlisten();
        signal.removeEventListener('abort', giveUp);
        resolve({ how, digits });
      };
      const giveUp = (): void => finish(digits === '' ? 'timeout' : 'digits');
      const take = (): boolean => {
        while (this.#kept !== '') {
          const [digit = ''] = this.#kept;
          this.#kept = this.#kept.slice(1);
          if (digit === wish.finishOnKey) return true;
          digits += digit;
          if (digits.length >= wish.maxDigits) return true;
        }
        return false;
      };
      const wait = (): void => {
        timer?.cancel();
        timer = this.#clock.schedule(digits === '' ? wish.timeoutMs : wish.interDigitTimeoutMs, giveUp);
      };
      const unlisten = this.listen(() => (take() ? finish('digits') : wait()));
      signal.addEventListener('abort', giveUp, { once: true });
      if (signal.aborted) giveUp();
      else if (take()) finish('digits');
      else wait();
    });
  }
}
