import type { Platform } from '../platform.js';

/** A lock for each tab, held as long as its page lives: what the others need to know that it does not any more. */
export class TabLocks {
  readonly #locks: Platform['locks'];
  readonly #name: string;

  /** `name` is that of the tabs' common lock. */
  constructor(locks: Platform['locks'], name: string) {
    this.#locks = locks;
    this.#name = name;
  }

  /** Gives the function that lets go. */
  hold(tabId: string): () => void {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#locks?.request(`${this.#name}#${tabId}`, () => held).catch(() => {});
    return () => release();
  }

  /** Calls back when the tab is gone for whatever reason. Gives the function that stops watching. */
  watch(tabId: string, gone: () => void): () => void {
    const stop = new AbortController();
    const options: LockOptions = { mode: 'shared', signal: stop.signal };
    this.#locks?.request(`${this.#name}#${tabId}`, options, gone).catch(() => {});
    return () => stop.abort();
  }
}
