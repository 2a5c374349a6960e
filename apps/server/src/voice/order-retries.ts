import type { VoiceCallOrder, VoicePrograms } from '@intermix/api';
import type { CallRecord, CallStore, SwitchEvents } from '@intermix/calls';
import type { Clock, Logger, Timer } from '@intermix/kernel';
import type { LeftBy, UnsettledOrder, VoiceOrderStore } from '@intermix/store';
import { mayBeTriedAgain, type StatusCallbackOrder, type StatusCallbacks } from '@intermix/webhooks';
import { keptOrder, orderOfKept } from './kept-order.js';

/** Exotel documents none. Long enough for a line to be free again, and for a telephone to be found. */
const pauseMs = 15_000;
/** After a start: devices and carriers have to be there again. */
const resumeMs = 5_000;
/** A try that is later than this is not made: whoever ordered it reckons with it no more. */
const latestMs = 300_000;
/** Tries that wait at the same time; what is beyond is given up at once. */
const maxWaiting = 10_000;
/** Orders of a dead process that are read at once. */
const readAtOnce = 200;

/** A try of an order: the first has no `firstCallSid`. */
export interface OrderTry {
  firstCallSid: string | undefined;
  /** Further tries that may follow it. */
  triesLeft: number;
}

export interface OrderRetriesDeps {
  switch: { on(event: 'ended', listener: (...args: SwitchEvents['ended']) => void): () => void };
  orders: Pick<VoiceOrderStore, 'settle' | 'setWaiting' | 'findUnsettled'>;
  calls: Pick<CallStore, 'find'>;
  statusCallbacks: Pick<StatusCallbacks, 'tellEnd'>;
  programs: Pick<VoicePrograms, 'findFlow' | 'bot'>;
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
 * Voice v1. Each try is a call of its own. One that waits is kept with its order: the next process makes it, unless it comes
 * far too late; then, as for a try that was under way, it tells the order's receiver how the last went.
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

  /** Takes up what this server's last process left. Before the first call; rejects when the store does. */
  start(): Promise<void> {
    return this.#takeUp('own');
  }

  /** Tells how the orders ended of servers that are not there any more. Rejects when the store does. */
  tellOfGone(): Promise<void> {
    return this.#takeUp('gone');
  }

  /** What waits is taken up by the next start. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#waiting) timer.cancel();
    this.#waiting.clear();
  }

  async #takeUp(left: LeftBy): Promise<void> {
    const { orders } = this.#deps;
    let found: UnsettledOrder[] = [];
    do {
      found = await orders.findUnsettled(left, readAtOnce, found.at(-1)?.firstCallSid);
      for (const one of found) {
        if (left === 'own' && (await this.#resumed(one))) continue;
        const { accountSid, firstCallSid, lastCallSid, callback } = one;
        if (callback && lastCallSid !== undefined) await this.#tell(accountSid, lastCallSid, callback);
        await orders.settle(accountSid, firstCallSid);
      }
    } while (found.length === readAtOnce);
  }

  async #resumed({ firstCallSid, lastCallSid, waiting }: UnsettledOrder): Promise<boolean> {
    const { clock, logger } = this.#deps;
    if (waiting === undefined || lastCallSid === undefined) return false;
    const inMs = waiting.at.getTime() - clock.now();
    const order = inMs < -latestMs ? undefined : await this.#read(waiting.order);
    if (order === undefined || this.#waiting.size >= maxWaiting) return false;
    const { triesLeft } = waiting;
    logger.info({ callSid: lastCallSid, firstCallSid, triesLeft }, 'an order of before is tried again');
    this.#schedule({ order, firstCallSid, triesLeft }, lastCallSid, Math.min(Math.max(inMs, resumeMs), pauseMs));
    return true;
  }

  /** Never rejects: an order that cannot be read is given up. */
  async #read(order: string): Promise<VoiceCallOrder | undefined> {
    try {
      return await orderOfKept(order, this.#deps.programs);
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'an order of before cannot be read');
      return undefined;
    }
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
    const { orders, clock, logger } = this.#deps;
    const { order, triesLeft } = tried;
    const firstCallSid = tried.firstCallSid ?? lastCallSid;
    this.#schedule(tried, lastCallSid, pauseMs);
    const waiting = { at: new Date(clock.now() + pauseMs), triesLeft, order: keptOrder(order) };
    orders.setWaiting(order.accountSid, firstCallSid, waiting).catch((error: unknown) => {
      logger.warn({ err: error, firstCallSid }, 'a try that waits could not be kept: it is lost if the server ends');
    });
  }

  #schedule(tried: Tried, lastCallSid: string, inMs: number): void {
    const timer = this.#deps.clock.schedule(inMs, () => {
      this.#waiting.delete(timer);
      void this.#again(tried, lastCallSid);
    });
    this.#waiting.add(timer);
  }

  /** One that is refused counts: the user's device is off, the carrier has no line free. */
  async #again({ order, firstCallSid, triesLeft }: Tried, lastCallSid: string): Promise<void> {
    const again = { firstCallSid: firstCallSid ?? lastCallSid, triesLeft: triesLeft - 1 };
    try {
      await this.#deps.orders.setWaiting(order.accountSid, again.firstCallSid, undefined);
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
    try {
      const order = statusCallback && { callback: statusCallback, from, to, firstCallSid };
      if (order) await this.#tell(accountSid, lastCallSid, order);
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
    await this.#deps.orders.settle(order.accountSid, firstCallSid ?? callSid).catch((error: unknown) => {
      this.#deps.logger.warn({ err: error, callSid }, 'an order that is over could not be marked so');
    });
  }
}
