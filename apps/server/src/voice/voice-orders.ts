import type { VoiceCallOrder } from '@intermix/api';
import type { CallOrder, CallRecord, CallStore, Switch } from '@intermix/calls';
import { type Clock, createId, type Logger, type Random } from '@intermix/kernel';
import type { PromptFiles } from '@intermix/speech';
import type { VoiceOrderStore } from '@intermix/store';
import type { StatusCallbacks } from '@intermix/webhooks';
import { orderSounds, type UnplayedSound } from './order-sounds.js';
import type { OrderStreams } from './order-streams.js';

export interface VoiceOrdersDeps {
  switch: Pick<Switch, 'placeCall'>;
  orders: Pick<VoiceOrderStore, 'create' | 'delete'>;
  calls: Pick<CallStore, 'apply'>;
  statusCallbacks: StatusCallbacks;
  prompts: Pick<PromptFiles, 'fileFor'>;
  streams: Pick<OrderStreams, 'expect' | 'forget'>;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** Has ordered calls placed: the order is kept first, so that nothing of its call is told without it, not even after a crash. */
export class VoiceOrders {
  readonly #deps: VoiceOrdersDeps;

  constructor(deps: VoiceOrdersDeps) {
    this.#deps = deps;
  }

  /** Resolves when the first party is being rung. `parentCallSid`: the call that this one tries once more. Throws CallError. */
  async place(order: VoiceCallOrder, parentCallSid?: string): Promise<CallRecord> {
    const { unplayed, ...sounds } = await orderSounds(order, this.#deps);
    const callSid = createId('', 16, this.#deps.random);
    await this.#keep(order, callSid, parentCallSid);
    try {
      const call = await this.#deps.switch.placeCall({ ...switchOrder(order), ...sounds, callSid });
      for (const sound of unplayed) this.#tellUnplayed(call, sound);
      return call;
    } catch (error) {
      await this.#forget(order, callSid);
      throw error;
    }
  }

  async #keep(order: VoiceCallOrder, callSid: string, parentCallSid: string | undefined): Promise<void> {
    const { accountSid, mode, from, to, statusCallback } = order;
    const { orders, statusCallbacks } = this.#deps;
    await orders.create({ callSid, accountSid, mode, from, to, statusCallback, parentCallSid });
    if (order.stream) this.#deps.streams.expect(callSid, order.stream);
    if (statusCallback) statusCallbacks.expect(callSid, { callback: statusCallback, from, to });
  }

  /** The refusal is what counts: an order that stays behind belongs to no call, and is told to nobody. */
  async #forget({ accountSid }: VoiceCallOrder, callSid: string): Promise<void> {
    const { orders, statusCallbacks, logger } = this.#deps;
    statusCallbacks.forget(callSid);
    this.#deps.streams.forget(callSid);
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
