/** A handle to a pending timer. Cancelling twice, or after it has fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** The one source of time. Everything that waits takes a clock, so that a test can hold time still. */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `fire` once after `delayMs`. The timer does not keep a process alive on its own. */
  schedule(delayMs: number, fire: () => void): Timer;
}

/** A class and not a closure: a busy server holds tens of thousands. */
class SystemTimer implements Timer {
  readonly #handle: number;

  constructor(handle: number) {
    this.#handle = handle;
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

/** Real time. Timers are unreferenced in Node: a listener or a socket keeps a server alive, never a SIP timer. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, fire) {
    const handle = setTimeout(fire, delayMs) as unknown as number | { unref(): void };
    if (typeof handle === 'object') handle.unref();
    return new SystemTimer(handle as number);
  },
};
