import type { VoiceCallOrder } from '@intermix/api';
import type { CallRecord, CallStore, SwitchEvents } from '@intermix/calls';
import type { Clock, Logger, Timer } from '@intermix/kernel';
import type { VoiceOrderStore } from '@intermix/store';
import { mayBeTriedAgain, type StatusCallbackOrder, type StatusCallbacks } from '@intermix/webhooks';

/** Exotel documents none. Long enough for a line to be free again, and for a telephone to be found. */
const pauseMs = 15_000;
/** Tries that wait at the same time; what is beyond is given up at once. */
const maxWaiting = 10_000;
/** Orders of a dead process that are told of in one turn. */
const untoldAtOnce = 200;

/** A try of an order: the first has no `firstCallSid`. */
export interface OrderTry {
  firstCallSid: string | undefined;
  /** Further tries that may follow it. */
  triesLeft: number;
}

export interface OrderRetriesDeps {
  switch: { on(event: 'ended', listener: (...args: SwitchEvents['ended']) => void): () => void };
  orders: Pick<VoiceOrderStore, 'settle' | 'findUntold'>;
  calls: Pick<CallStore, 'find'>;
  statusCallbacks: Pick<StatusCallbacks, 'tellEnd'>;
  /** Places the order once more. Throws CallError. */
  place(order: VoiceCallOrder, again: OrderTry): Promise<CallRecord>;
  clock: Clock;
  logger: Logger;
}

interface Tried extends OrderTry {
  order: VoiceCallOrder;
}

/**
 * Calls the first party of an order again while it is busy, does not answer or cannot be reached: `MaxRetries` of Exotel's
 * Voice v1. Each try is a call of its own. Tries that wait are in memory: a process that ends gives them up, and the next one
 * tells the order's receiver how the last went.
 */
export class OrderRetries {
  readonly #deps: OrderRetriesDeps;
  readonly #up = new Map<string, Tried>();
  readonly #waiting = new Set<Timer>();
  #isStopped = false;

  constructor(deps: OrderRetriesDeps) {
    this.#deps = deps;
    deps.switch.on('ended', (call) => this.#ended(call));
  }

  /** A call is about to be placed under this sid. */
  expect(callSid: string, tried: Tried): void {
    if (tried.order.maxRetries > 0) this.#up.set(callSid, tried);
  }

  /** It was not placed. */
  forget(callSid: string): void {
    this.#up.delete(callSid);
  }

  /** Tells of the orders that a dead process was trying again. Before the first call; rejects when the store does. */
  async start(): Promise<void> {
    for (let untold = await this.#untold(); untold.length > 0; untold = await this.#untold())
      for (const { accountSid, firstCallSid, lastCallSid, order } of untold) {
        if (lastCallSid !== undefined) await this.#tell(accountSid, lastCallSid, order);
        await this.#deps.orders.settle(accountSid, firstCallSid);
      }
  }

  /** What waits is told of by the next start. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#waiting) timer.cancel();
    this.#waiting.clear();
  }

  #untold() {
    return this.#deps.orders.findUntold(untoldAtOnce);
  }

  #ended(call: CallRecord): void {
    const { callSid } = call;
    const tried = this.#up.get(callSid);
    if (tried === undefined) return;
    this.#up.delete(callSid);
    if (tried.triesLeft > 0 && mayBeTriedAgain(call)) this.#wait(tried, callSid);
    else void this.#settle(tried, callSid);
  }

  #wait(tried: Tried, lastCallSid: string): void {
    if (this.#isStopped) return;
    if (this.#waiting.size >= maxWaiting) return void this.#giveUp(tried, lastCallSid);
    const timer = this.#deps.clock.schedule(pauseMs, () => {
      this.#waiting.delete(timer);
      void this.#again(tried, lastCallSid);
    });
    this.#waiting.add(timer);
  }

  /** One that is refused counts: the user's device is off, the carrier has no line free. */
  async #again({ order, firstCallSid, triesLeft }: Tried, lastCallSid: string): Promise<void> {
    const again = { firstCallSid: firstCallSid ?? lastCallSid, triesLeft: triesLeft - 1 };
    try {
      await this.#deps.place(order, again);
    } catch (error) {
      if (this.#isStopped) return;
      this.#deps.logger.info({ err: error, callSid: lastCallSid, ...again }, 'an order could not be tried again');
      if (again.triesLeft > 0) this.#wait({ order, ...again }, lastCallSid);
      else await this.#giveUp({ order, ...again }, lastCallSid);
    }
  }

  /** Never rejects: what fails here is left to the next start. */
  async #giveUp(tried: Tried, lastCallSid: string): Promise<void> {
    const { accountSid, statusCallback, from, to } = tried.order;
    const firstCallSid = tried.firstCallSid ?? lastCallSid;
    this.#deps.logger.info({ callSid: lastCallSid, firstCallSid }, 'an order is not tried again');
    if (statusCallback === undefined) return;
    try {
      await this.#tell(accountSid, lastCallSid, { callback: statusCallback, from, to, firstCallSid });
      await this.#settle(tried, lastCallSid);
    } catch (error) {
      this.#deps.logger.warn({ err: error, firstCallSid }, 'the end of an order could not be told yet');
    }
  }

  async #tell(accountSid: string, callSid: string, order: StatusCallbackOrder): Promise<void> {
    const known = await this.#deps.calls.find(accountSid, callSid);
    if (known) await this.#deps.statusCallbacks.tellEnd(known, order);
  }

  async #settle({ order, firstCallSid }: Tried, callSid: string): Promise<void> {
    if (order.statusCallback === undefined) return;
    await this.#deps.orders.settle(order.accountSid, firstCallSid ?? callSid).catch((error: unknown) => {
      this.#deps.logger.warn({ err: error, callSid }, 'an order that is over could not be marked so');
    });
  }
}
