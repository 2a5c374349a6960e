import type { VoiceCallOrder } from '@intermix/api';
import type { CallOrder, CallRecord, CallStore, Switch } from '@intermix/calls';
import { type Clock, createId, type Logger, type Random } from '@intermix/kernel';
import type { PromptFiles } from '@intermix/speech';
import type { VoiceOrderStore } from '@intermix/store';
import type { StatusCallbacks } from '@intermix/webhooks';
import { OrderRetries, type OrderRetriesDeps, type OrderTry } from './order-retries.js';
import { orderSounds, type UnplayedSound } from './order-sounds.js';
import type { OrderStreams } from './order-streams.js';

export interface VoiceOrdersDeps {
  switch: Pick<Switch, 'placeCall'> & OrderRetriesDeps['switch'];
  orders: Pick<VoiceOrderStore, 'create' | 'delete'> & OrderRetriesDeps['orders'];
  calls: Pick<CallStore, 'apply' | 'find'>;
  statusCallbacks: Pick<StatusCallbacks, 'expect' | 'forget' | 'tellEnd'>;
  prompts: Pick<PromptFiles, 'fileFor'>;
  programs: OrderRetriesDeps['programs'];
  streams: Pick<OrderStreams, 'expect' | 'forget'>;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** Has ordered calls placed: the order is kept first, so that nothing of its call is told without it, not even after a crash. */
export class VoiceOrders {
  readonly #deps: VoiceOrdersDeps;
  readonly #retries: OrderRetries;

  constructor(deps: VoiceOrdersDeps) {
    this.#deps = deps;
    this.#retries = new OrderRetries({ ...deps, place: (order, again) => this.#try(order, again) });
  }

  /** Before the first call: see `OrderRetries`. */
  start(): Promise<void> {
    return this.#retries.start();
  }

  /** Of servers that are not there any more. Rejects when the store does. */
  tellOfGone(): Promise<void> {
    return this.#retries.tellOfGone();
  }

  stop(): void {
    this.#retries.stop();
  }

  /** Resolves when the first party is being rung. Throws CallError. */
  place(order: VoiceCallOrder): Promise<CallRecord> {
    return this.#try(order, { firstCallSid: undefined, triesLeft: order.maxRetries });
  }

  async #try(order: VoiceCallOrder, aTry: OrderTry): Promise<CallRecord> {
    const { unplayed, ...sounds } = await orderSounds(order, this.#deps);
    const callSid = createId('', 16, this.#deps.random);
    await this.#keep(order, callSid, aTry);
    try {
      const call = await this.#deps.switch.placeCall({ ...switchOrder(order), ...sounds, callSid });
      for (const sound of unplayed) this.#tellUnplayed(call, sound);
      return call;
    } catch (error) {
      await this.#forget(order, callSid);
      throw error;
    }
  }

  async #keep(order: VoiceCallOrder, callSid: string, aTry: OrderTry): Promise<void> {
    const { accountSid, mode, from, to, statusCallback, maxRetries } = order;
    const { orders, statusCallbacks } = this.#deps;
    const isRetrying = maxRetries > 0 && aTry.firstCallSid === undefined;
    const kept = { callSid, accountSid, mode, from, to, statusCallback };
    await orders.create({ ...kept, parentCallSid: aTry.firstCallSid, isRetrying });
    if (order.stream) this.#deps.streams.expect(callSid, order.stream);
    if (statusCallback) statusCallbacks.expect(callSid, { callback: statusCallback, from, to, ...aTry });
    this.#retries.expect(callSid, { order, ...aTry });
  }

  /** The refusal is what counts: an order that stays behind belongs to no call, and is told to nobody. */
  async #forget({ accountSid }: VoiceCallOrder, callSid: string): Promise<void> {
    const { orders, statusCallbacks, logger } = this.#deps;
    statusCallbacks.forget(callSid);
    this.#deps.streams.forget(callSid);
    this.#retries.forget(callSid);
    await orders.delete(accountSid, callSid).catch((error: unknown) => {
      logger.warn({ err: error, callSid }, 'the order of a call that was refused could not be deleted');
    });
  }

  /** The call goes on with ringback, or without its announcement. */
  #tellUnplayed({ callSid }: CallRecord, { what, why }: UnplayedSound): void {
    const { calls, clock, logger } = this.#deps;
    logger.warn({ callSid, what, why }, 'audio of an ordered call cannot be played');
    const event = {
      callSid,
      legId: undefined,
      type: 'playing-failed',
      at: new Date(clock.now()),
      data: { what, why },
    };
    calls.apply({ call: { callSid }, events: [event] }).catch((error: unknown) => {
      logger.warn({ err: error, callSid }, 'an event of a call could not be written');
    });
  }
}

function switchOrder(order: VoiceCallOrder): CallOrder {
  const { accountSid, first, target, callerId, ringTimeoutSec, timeLimitSec, recording, customField } = order;
  return {
    from: 'user' in first ? first : { ...first, accountSid },
    to: target,
    ...{ callerId, ringTimeoutSec, timeLimitSec, recording, customField },
  };
}
