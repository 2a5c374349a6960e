import type { Clock, Logger, Timer } from '@intermix/kernel';

/** One row of a state machine: where an input leads and what is done on the way. */
export interface Transition<State extends string, Action extends string> {
  readonly next: State;
  readonly run?: Action;
}

/** State × input → transition. An input that is not listed for a state changes nothing. */
export type TransitionTable<State extends string, Input extends string, Action extends string> = {
  readonly [state in State]: { readonly [input in Input]?: Transition<State, Action> };
};

/** RFC 3261 table 4, in milliseconds: round-trip estimate, longest retransmission interval, longest life of a message. */
export interface TransactionTimers {
  t1: number;
  t2: number;
  t4: number;
}

export const defaultTransactionTimers: TransactionTimers = { t1: 500, t2: 4000, t4: 5000 };

/** What the layer gives to each of its transactions. */
export interface TransactionContext {
  readonly clock: Clock;
  readonly timers: TransactionTimers;
  readonly logger: Logger;
}

/**
 * The two timers that a transaction has at any time: one that repeats a message, and one that ends its present state.
 * Both stop for good with `stop`.
 */
export class StateTimers {
  readonly #clock: Clock;
  #repeat: Timer | undefined;
  #deadline: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  repeatIn(delayMs: number, fire: () => void): void {
    this.#repeat?.cancel();
    this.#repeat = this.#clock.schedule(delayMs, fire);
  }

  deadlineIn(delayMs: number, fire: () => void): void {
    this.#deadline?.cancel();
    this.#deadline = this.#clock.schedule(delayMs, fire);
  }

  stopRepeat(): void {
    this.#repeat?.cancel();
    this.#repeat = undefined;
  }

  stop(): void {
    this.#repeat?.cancel();
    this.#deadline?.cancel();
    this.#repeat = undefined;
    this.#deadline = undefined;
  }
}

/** Calls into the layer above. Its errors are ours to log, never to pass on to a socket or a timer. */
export function callUp(logger: Logger, what: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    handlerThrew(logger, what, error);
  }
}

/** What `callUp` does with an error, for where a closure a message is too many. */
export function handlerThrew(logger: Logger, what: string, error: unknown): void {
  logger.error({ err: error }, `handler of ${what} threw`);
}
