/** An event for the feed, and where it is to be delivered. Ids are the same each time that it is made of the same call. */
export interface Notice {
  eventId: string;
  accountSid: string;
  /** Of what is told to no app: `laneOfAccount`. */
  appId: string;
  callSid: string;
  /** `incoming_call`, `call_ringing`, … */
  type: string;
  at: Date;
  /** The snake_case body as JSON text: its order of fields is kept. Undefined: no app's event, and in no feed. */
  payload: string | undefined;
  /** None when no URL is set for it. */
  delivery: NoticeDelivery | undefined;
}

export interface NoticeDelivery {
  deliveryId: string;
  url: string;
  /** Host and port of the URL. */
  host: string;
  /** The exact text to send and sign. */
  body: string;
  /** Undefined for an app's webhook. */
  manner?: DeliveryManner | undefined;
}

/**
 * How a delivery is made that is no app's webhook: without a signature, since no app's secret is there, in a form and by a
 * ladder of its own. An app's webhook is JSON, signed, has 10 s, and the outbox's ladder.
 */
export interface DeliveryManner {
  contentType: string;
  /** How long an attempt may take. At most 45,000: a lease is 60 s. */
  timeoutMs: number;
  /** Before each retry, after the failure before; as many retries as delays. */
  retryDelaysMs: readonly number[];
}

/** In the place of an app's id, for deliveries that belong to an account alone: they have lanes of their own. */
export const laneOfAccount = (accountSid: string): string => `account:${accountSid}`;
