/** Settings of the switch. Times in the unit of their name. */
export interface SwitchConfig {
  /** Our SIP domains; an account is `<account_sid>.<domain>`. The first is the realm towards carriers. */
  domains: readonly string[];
  /** Unanswered calls end after this. 30 s. */
  ringTimeoutSec: number;
  /** How long a call that rings waits for a page whose connection broke, or for another tab in its place. 3 s. */
  ringGraceMs: number;
  /** How long a call waits for a device whose connection broke. 10 s. */
  graceMs: number;
  /** The same for a page that said that it goes away: it is back after its reload, or never. 5 s. */
  pageGraceMs: number;
  /** How long such a page, back and registered, may take to its first re-INVITE: a browser may ask for the microphone. 15 s. */
  takeUpMs: number;
  /** How long a call waits for broken media to come back (ICE restart). 5 s. */
  mediaRecoveryMs: number;
  /** A leg that should send and does not, ends the call after this; 0 means never. 60 s. */
  silenceLimitMs: number;
  /** How long `stop` waits for records to be written. 5 s. */
  flushDeadlineMs: number;
  /** How long a caller waits for the call record before it is refused. 5 s. */
  createDeadlineMs: number;
  /** Calls that one user may have placed at once; further ones get 503. */
  maxCallsPerUser: number;
  /** Calls at once, over all accounts; further ones get 503. */
  maxCalls: number;
}

export const defaultSwitchConfig: Omit<SwitchConfig, 'domains'> = {
  ringTimeoutSec: 30,
  ringGraceMs: 3_000,
  graceMs: 10_000,
  pageGraceMs: 5_000,
  takeUpMs: 15_000,
  mediaRecoveryMs: 5_000,
  silenceLimitMs: 60_000,
  flushDeadlineMs: 5_000,
  createDeadlineMs: 5_000,
  maxCallsPerUser: 5,
  maxCalls: 2_000,
};
