/** Something that a webhook tells, or would tell if a URL were set. */
export interface FeedEvent {
  /** The same that deliveries carry. */
  eventId: string;
  /** `incoming_call`, `call_ringing`, … */
  type: string;
  callSid: string;
  at: Date;
  /** The body in its snake_case form, whatever form the app's webhooks have; fields in the order of that form. */
  payload: Record<string, unknown>;
}

export interface FeedQuery {
  accountSid: string;
  appId: string;
  /** Opaque; from the answer before. Without it, from the oldest that is kept. */
  after?: string | undefined;
  /** At most 500. */
  limit: number;
  callSid?: string | undefined;
  type?: string | undefined;
}

/** The app's events in the order of their commits, for a backend that reads instead of being told. Kept for 30 days. */
export interface EventFeed {
  /**
   * Never overtakes a transaction that is still open: a reader who goes on from `cursor` misses nothing. `cursor` is
   * undefined when nothing was found and none was given. Throws ERR_STORE_CURSOR for one that no answer gave, or one
   * from before an import: then read anew.
   */
  read(query: FeedQuery): Promise<{ events: FeedEvent[]; cursor: string | undefined; hasMore: boolean }>;
}
