/** When a caller of the Voice v1 API is told of the call that it ordered. */
export type StatusCallbackEvent = 'ringing' | 'answered' | 'terminal';

export type StatusCallbackContentType = 'multipart/form-data' | 'application/json';

/** Where and how an order's status is told. */
export interface StatusCallback {
  url: string;
  /** None: the short form, once, at the end. */
  events: readonly StatusCallbackEvent[];
  contentType: StatusCallbackContentType;
}

/** Of a call that was ordered by the Voice v1 API, what its callbacks need besides its record. */
export interface StatusCallbackOrder {
  callback: StatusCallback;
  /** The party that is called first, as the order named it: `+E.164`, or a user. */
  from: string;
  /** The other party; undefined when a flow or a bot has the call. */
  to: string | undefined;
  /** Of a further try: the sid that the order was answered with, and is told by. */
  firstCallSid?: string | undefined;
  /** Further tries that are left: while the first party is not reached, the end is not told. None when undefined. */
  triesLeft?: number | undefined;
}

/** Orders that outlive the process that took them. Implemented by the store. */
export interface StatusCallbackOrders {
  /** Those of these calls that have a callback, by call sid. */
  findStatusCallbacks(callSids: readonly string[]): Promise<ReadonlyMap<string, StatusCallbackOrder>>;
}
