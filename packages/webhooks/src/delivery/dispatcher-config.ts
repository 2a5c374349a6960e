export interface DispatcherConfig {
  /** Attempts under way to all hosts together. */
  maxRunning: number;
  /** The same to a host of which nothing is known. */
  firstLimit: number;
  /** The same to a host that answers. */
  fullLimit: number;
  /** The same to all hosts together that did not answer last time. */
  sickBudget: number;
  /** Rows taken at once. */
  claimLimit: number;
  /** How often the outbox is asked though nobody woke us: for rows that other nodes left, milliseconds. */
  pollMs: number;
}

export const defaultDispatcherConfig: DispatcherConfig = {
  maxRunning: 1_024,
  firstLimit: 2,
  fullLimit: 16,
  sickBudget: 256,
  claimLimit: 128,
  pollMs: 1_000,
};
