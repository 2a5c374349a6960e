/** An event for the feed, and where it is to be delivered. Ids are the same each time that it is made of the same call. */
export interface Notice {
  eventId: string;
  accountSid: string;
  appId: string;
  callSid: string;
  /** `incoming_call`, `call_ringing`, … */
  type: string;
  at: Date;
  /** The snake_case body as JSON text: its order of fields is kept. */
  payload: string;
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
}
