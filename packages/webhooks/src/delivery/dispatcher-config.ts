export interface DispatcherConfig {
  /** Attempts under way to all hosts together. */
  maxRunning: number;
  /** The same in a lane (one app's rows to one host) of which nothing is known. */
  firstLimit: number;
  /** The same in a lane whose receiver answers. */
  fullLimit: number;
  /** The same to one host in all its lanes that are not sick. More than `fullLimit`: no lane takes all of it. */
  hostLimit: number;
  /** The same to one host in its lanes that are sick: whose receiver did not answer last time, or late. */
  hostSickLimit: number;
  /** The same in all sick lanes together. */
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
  hostLimit: 48,
  hostSickLimit: 16,
  sickBudget: 256,
  claimLimit: 128,
  pollMs: 1_000,
};
