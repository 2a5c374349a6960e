// What an operator asks about deliveries. Every method takes the tenant and finds no other's rows.

/** `pending`: due now or later; `delivered`: a 200 came; `dropped`: the last retry failed too. */
export type DeliveryStatus = 'pending' | 'delivered' | 'dropped';

/** One notification on its way to one URL. */
export interface Delivery {
  deliveryId: string;
  /** The event that it tells of. Replays, and repeats after a crash, share it: receivers tell duplicates by it. */
  eventId: string;
  /** `incoming_call`, `call_ringing`, … */
  eventType: string;
  accountSid: string;
  appId: string;
  callSid: string;
  url: string;
  /** Host and port of `url`. */
  host: string;
  status: DeliveryStatus;
  /** Attempts that have ended. */
  attempts: number;
  /** When the next attempt is due; undefined when there will be none. */
  dueAt: Date | undefined;
  /** The delivery that this one repeats by an operator's order. */
  replayOf: string | undefined;
  lastHttpStatus: number | undefined;
  lastError: string | undefined;
  createdAt: Date;
  finishedAt: Date | undefined;
}

/** One attempt, as it went. */
export interface DeliveryAttempt {
  /** 1 is the first. */
  number: number;
  at: Date;
  latencyMs: number;
  /** Undefined when no answer came. */
  httpStatus: number | undefined;
  /** A sentence; undefined when it was acknowledged. */
  error: string | undefined;
  /** The first 4,096 octets of the answer, as text; undefined when there was none. */
  responseBody: string | undefined;
}

export interface DeliveryDetail extends Delivery {
  /** The exact text that is sent. */
  body: string;
  /** In order. */
  history: DeliveryAttempt[];
}

export interface DeliveryFilter {
  accountSid: string;
  appId?: string | undefined;
  status?: DeliveryStatus | undefined;
  callSid?: string | undefined;
  eventType?: string | undefined;
  /** Host and port, as `Delivery.host`. */
  host?: string | undefined;
  /** Created at or after. */
  from?: Date | undefined;
  /** Created before. */
  to?: Date | undefined;
}

export interface DeliveryQuery extends DeliveryFilter {
  /** At most 500 a page. */
  limit: number;
  /** Opaque; from the page before. */
  cursor?: string | undefined;
}

export interface ReplayOptions {
  /** To the URL that the app has for this event today, where it has one; else to the same URL as before. */
  toCurrentUrl?: boolean | undefined;
}

export interface ReplayAllOptions extends ReplayOptions {
  /** Opaque; goes on behind the deliveries that the call before repeated. */
  cursor?: string | undefined;
}

export interface ReplayedDeliveries {
  replayed: number;
  hasMore: boolean;
  nextCursor: string | undefined;
  lastDeliveryAt: Date | undefined;
}

export interface DeliveryLog {
  /** Newest first. Throws ERR_STORE_CURSOR for a cursor that no page returned. */
  list(query: DeliveryQuery): Promise<{ deliveries: Delivery[]; nextCursor: string | undefined }>;
  find(accountSid: string, deliveryId: string): Promise<DeliveryDetail | undefined>;
  /** All deliveries of a call with their attempts, oldest first; at most 200. */
  ofCall(accountSid: string, callSid: string): Promise<DeliveryDetail[]>;
  /**
   * A new delivery of the same event with the same text, due at once. Undefined when there is no such delivery. Throws
   * ERR_STORE_CONFLICT when its app was deleted: no secret is left to sign it with.
   */
  replay(accountSid: string, deliveryId: string, options?: ReplayOptions): Promise<Delivery | undefined>;
  /**
   * The same for all that the filter finds, oldest first, at most 1,000 at once: `hasMore` says that the filter found more
   * than that; go on with `nextCursor` then, which is undefined otherwise. Left out are replays themselves, what is pending
   * and what belongs to deleted apps. `lastDeliveryAt`: when the newest that was replayed had been made. Throws
   * ERR_STORE_CURSOR for a cursor that no call returned.
   */
  replayAll(filter: DeliveryFilter, options?: ReplayAllOptions): Promise<ReplayedDeliveries>;
}
