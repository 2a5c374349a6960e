import type { DeliveryManner, Notice } from './notice.js';

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
  /** See `NoticeDelivery`. */
  manner: DeliveryManner | undefined;
  /** Attempts that have ended. */
  attempts: number;
  /** Guards the end: when the lease ran out and another claimed the row, this one's result counts no more. */
  claim: number;
  /** For how long it has been due, in milliseconds, by the database's clock. */
  lateMs: number;
}

/** The room of a lane: of the rows of one app to one host. */
export interface LaneRoom {
  /** How many rows it may get; 0 leaves it out. */
  room: number;
  /** Its receiver did not answer last time, or late: it takes of the room of the sick. */
  isSick: boolean;
  /** Its place among the lanes of its kind where there is not room for all: lower ones go first. */
  rank: number;
}

/** How many more rows may go to a host, in all lanes together. */
export interface HostRoom {
  well: number;
  sick: number;
}

export interface ClaimRequest {
  /** At most this many rows. */
  limit: number;
  /** How many rows a lane may get that `lanes` does not name; it is well, and of rank 0. */
  roomPerLane: number;
  /** By `laneKey`. */
  lanes: ReadonlyMap<string, LaneRoom>;
  /** For hosts that `hosts` does not name. */
  roomPerHost: HostRoom;
  /** By host and port. */
  hosts: ReadonlyMap<string, HostRoom>;
  /** How many rows all sick lanes may get together. */
  sickRoom: number;
}

/** One app's rows to one host. A host has no space in it. */
export const laneKey = (host: string, appId: string): string => `${host} ${appId}`;

/** How an attempt went. */
export interface AttemptResult {
  claimed: ClaimedDelivery;
  delivered: boolean;
  at: Date;
  latencyMs: number;
  httpStatus: number | undefined;
  error: string | undefined;
  /** No other attempt can go better: the delivery is dropped at once. */
  isFinal: boolean;
  responseBody: string | undefined;
}

/** What became of the delivery. */
export interface AttemptOutcome {
  /** `over`: it had been dropped with its app during the attempt, which changes nothing then. */
  status: 'pending' | 'delivered' | 'dropped' | 'over';
  /** Until the next attempt, in milliseconds; undefined when there is none. */
  nextInMs: number | undefined;
}

/** The rows to deliver. All times are the database's. */
export interface Outbox {
  /**
   * Keeps events and deliveries apart from a step of a call. What has a known id is passed over, so that an event that is
   * there already can get its delivery.
   */
  enqueue(notices: readonly Notice[]): Promise<void>;
  /**
   * Takes due rows for 60 s: in a lane the longest due first, and where a host has not room for all its lanes, a row of each
   * in turn. A row waits for older ones of its call, app and host that have not had their first attempt.
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
