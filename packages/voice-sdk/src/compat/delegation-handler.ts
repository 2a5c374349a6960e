import type { ExotelWebClient } from './exotel-web-client.js';

/** What Exotel's core SDK tells its client beside the two kinds of events that matter; nothing follows from it. */
const ignored = (): void => {};

/**
 * An export of Exotel's bundle: the joint between its client and its core SDK, where ours has none. What is told to it by
 * hand reaches the client's callbacks as there: `sendWebRTCEventsToFSM('connected', 'CONNECTION')` is `registered`.
 */
export class ExDelegationHandler {
  /** Every other method of Exotel's handler is there and does nothing. */
  [name: string]: unknown;
  readonly sendWebRTCEventsToFSM: (eventType: string, sipMethod: string) => void;

  constructor(exClient_: ExotelWebClient) {
    this.sendWebRTCEventsToFSM = (eventType, sipMethod) => {
      if (sipMethod === 'CONNECTION') {
        exClient_.registerEventCallback(eventType, exClient_.sipAccountInfo?.userName ?? '');
      } else if (sipMethod === 'CALL') {
        exClient_.callEventCallback(eventType, exClient_.callFromNumber ?? undefined, exClient_.call);
      }
    };
    // A handler that had a method `then` would be taken for a promise.
    const known = (target: this, name: string | symbol) => Reflect.has(target, name) || name === 'then';
    // biome-ignore lint/correctness/noConstructorReturn: the names are three dozen, and a page pays for each.
    return new Proxy(this, { get: (target, name) => (known(target, name) ? Reflect.get(target, name) : ignored) });
  }
}

/** An export of Exotel's bundle without an effect. */
export class ExSynchronousHandler {
  onFailure = (): void => {};
  onResponse = (): void => {};
}
