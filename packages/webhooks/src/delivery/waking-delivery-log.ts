import type {
  Delivery,
  DeliveryDetail,
  DeliveryFilter,
  DeliveryLog,
  DeliveryQuery,
  ReplayAllOptions,
  ReplayOptions,
} from '../ports/delivery-log.js';

/** A delivery log whose replays are delivered at once: the dispatcher is told of them. */
export class WakingDeliveryLog implements DeliveryLog {
  readonly #log: DeliveryLog;
  readonly #wake: () => void;

  constructor(deps: { log: DeliveryLog; wake(): void }) {
    this.#log = deps.log;
    this.#wake = deps.wake;
  }

  list(query: DeliveryQuery): ReturnType<DeliveryLog['list']> {
    return this.#log.list(query);
  }

  find(accountSid: string, deliveryId: string): Promise<DeliveryDetail | undefined> {
    return this.#log.find(accountSid, deliveryId);
  }

  ofCall(accountSid: string, callSid: string): Promise<DeliveryDetail[]> {
    return this.#log.ofCall(accountSid, callSid);
  }

  async replay(accountSid: string, deliveryId: string, options?: ReplayOptions): Promise<Delivery | undefined> {
    const delivery = await this.#log.replay(accountSid, deliveryId, options);
    if (delivery) this.#wake();
    return delivery;
  }

  async replayAll(filter: DeliveryFilter, options?: ReplayAllOptions): ReturnType<DeliveryLog['replayAll']> {
    const result = await this.#log.replayAll(filter, options);
    if (result.replayed > 0) this.#wake();
    return result;
  }
}
