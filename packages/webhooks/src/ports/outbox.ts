import type { Notice } from './notice.js';

/** A delivery that is this process's to make, until the lease runs out. */
export interface ClaimedDelivery {
  position: string;
  deliveryId: string;
  eventId: string;
  eventType: string;
  accountSid: string;
  appId: string;
  callSid: string;
  url: string;
  host: string;
  body: string;
  /** Attempts that have ended. */
  attempts: number;
  /** Guards the end: when the lease ran out and another claimed the row, this one's result counts no more. */
  claim: number;
  /** For how long it has been due, in milliseconds, by the database's clock. */
  lateMs: number;
}

export interface ClaimRequest {
  /** At most this many rows. */
  limit: number;
  /** How many rows a host may get at once. */
  roomPerHost: number;
  /** The same for hosts that differ; 0 leaves a host out. */
  roomOf: ReadonlyMap<string, number>;
}

/** How an attempt went. */
export interface AttemptResult {
  claimed: ClaimedDelivery;
  delivered: boolean;
  at: Date;
  latencyMs: number;
  httpStatus: number | undefined;
  error: string | undefined;
  responseBody: string | undefined;
}

/** What became of the delivery. */
export interface AttemptOutcome {
  status: 'pending' | 'delivered' | 'dropped';
  /** Until the next attempt, in milliseconds; undefined when there is none. */
  nextInMs: number | undefined;
}

/** The rows to deliver. All times are the database's. */
export interface Outbox {
  /** Keeps events that are no step of a call of ours. Those whose id is known are passed over. */
  enqueue(notices: readonly Notice[]): Promise<void>;
  /**
   * Takes due rows, the longest due first, for 60 s. A row waits for older ones of its call, app and host that have not
   * had their first attempt.
   */
  claim(request: ClaimRequest): Promise<ClaimedDelivery[]>;
  /**
   * Writes an attempt to the log and what follows from it to the row: delivered, due again, or dropped. Undefined when
   * the claim is no longer ours. Calls at the same time share a commit.
   */
  finish(result: AttemptResult): Promise<AttemptOutcome | undefined>;
  /** Gives rows back, as if they had never been claimed. */
  release(claimed: readonly ClaimedDelivery[]): Promise<void>;
  /** Frees every lease: for the start of a process that has the database to itself. */
  releaseAll(): Promise<void>;
  /** Pending rows that are due, and for how long the oldest has been, in seconds. */
  backlog(): Promise<{ due: number; oldestDueSec: number; waiting: number }>;
  /** Deletes at most `limit` of each kind that ended, or happened, before the retention; gives how many. */
  prune(limit: number): Promise<number>;
}
