import type { VoiceCallOrder } from '@intermix/api';
import { CallError, type CallOrder, type CallRecord, type Termination } from '@intermix/calls';
import { type Clock, silentLogger, systemRandom, TypedEmitter } from '@intermix/kernel';
import type { UntoldOrder, VoiceOrder } from '@intermix/store';
import type { StatusCallbackOrder } from '@intermix/webhooks';
import { describe, expect, it } from 'vitest';
import { VoiceOrders } from './voice-orders.js';

const statusCallback = { url: 'https://a.example/', events: [], contentType: 'application/json' } as const;
const pauseMs = 15_000;
type Ending = Pick<CallRecord, 'status'> & { termination: Termination };
const unreached = (reason: string, status: CallRecord['status'] = 'no-answer'): Ending => ({
  status,
  termination: { by: 'caller', reason, sipStatus: 480 },
});
const noAnswer = unreached('no-answer');
const talked: Ending = { status: 'completed', termination: { by: 'callee', reason: 'hangup', sipStatus: undefined } };

class FakeSwitch extends TypedEmitter<{ ended: [call: CallRecord, legs: []] }> {
  readonly placed: CallOrder[] = [];
  refusing: CallError | undefined;

  async placeCall(order: CallOrder): Promise<CallRecord> {
    if (this.refusing) throw this.refusing;
    this.placed.push(order);
    return { callSid: order.callSid } as CallRecord;
  }

  end({ status, termination }: Ending): void {
    const callSid = this.placed.at(-1)?.callSid ?? '';
    this.emit('ended', { callSid, accountSid: 'acct', status, termination } as CallRecord, []);
  }
}

/** Time passes when a test says so. */
class HeldClock implements Clock {
  readonly #timers = new Set<{ at: number; fire: () => void }>();
  #now = 0;

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, fire: () => void) {
    const timer = { at: this.#now + delayMs, fire };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** What is due fires, and what that leads to happens. */
  async run(ms: number): Promise<void> {
    this.#now += ms;
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) {
      this.#timers.delete(timer);
      timer.fire();
    }
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function begin(untold: UntoldOrder[] = []) {
  const clock = new HeldClock();
  const theSwitch = new FakeSwitch();
  const kept: VoiceOrder[] = [];
  const expected: StatusCallbackOrder[] = [];
  const told: Array<[lastCallSid: string, firstCallSid: string | undefined]> = [];
  const settled: string[] = [];
  const orders = new VoiceOrders({
    switch: theSwitch,
    orders: {
      create: async (order) => void kept.push(order),
      delete: async (_, callSid) =>
        void kept.splice(
          kept.findIndex((order) => order.callSid === callSid),
          1,
        ),
      settle: async (_, callSid) => void settled.push(callSid),
      findUntold: async () => untold.splice(0),
    },
    calls: {
      apply: async () => {},
      find: async (accountSid, callSid) => ({ call: { accountSid, callSid } as CallRecord, legs: [], events: [] }),
    },
    statusCallbacks: {
      expect: (_, order) => void expected.push(order),
      forget: () => {},
      tellEnd: async ({ call }, { firstCallSid }) => void told.push([call.callSid, firstCallSid]),
    },
    prompts: { fileFor: async () => Promise.reject(new Error('unused')) },
    streams: { expect: () => {}, forget: () => {} },
    ...{ clock, random: systemRandom, logger: silentLogger },
  });
  const order = { accountSid: 'acct', first: { number: '+911' }, target: { number: '+912' }, statusCallback };
  const place = (maxRetries: number) => orders.place({ ...order, maxRetries } as unknown as VoiceCallOrder);
  return { clock, theSwitch, kept, expected, told, settled, orders, place };
}

describe('further tries of an order', () => {
  it('are calls of their own, tied to the first, as many as were asked for', async () => {
    const { clock, theSwitch, kept, expected, told, settled, place } = begin();
    const first = await place(2);
    for (const ending of [unreached('busy', 'busy'), noAnswer, unreached('carrier-failed', 'failed')]) {
      theSwitch.end(ending);
      await clock.run(pauseMs);
    }
    await clock.run(10 * pauseMs);
    expect(theSwitch.placed).toHaveLength(3);
    expect(new Set(kept.map(({ callSid }) => callSid)).size).toBe(3);
    expect(kept.map(({ parentCallSid }) => parentCallSid)).toEqual([undefined, first.callSid, first.callSid]);
    expect(kept.map(({ isRetrying }) => isRetrying)).toEqual([true, false, false]);
    // The last tells its end with its own step, as every call.
    expect(expected.map(({ triesLeft }) => triesLeft)).toEqual([2, 1, 0]);
    expect([told, settled]).toEqual([[], [first.callSid]]);
  });

  it('come after a pause, and end with the one that is answered', async () => {
    const { clock, theSwitch, settled, place } = begin();
    const first = await place(3);
    theSwitch.end(noAnswer);
    await clock.run(pauseMs - 1);
    expect(theSwitch.placed).toHaveLength(1);
    await clock.run(1);
    expect(theSwitch.placed).toHaveLength(2);
    theSwitch.end(talked);
    await clock.run(10 * pauseMs);
    expect(theSwitch.placed).toHaveLength(2);
    expect(settled).toEqual([first.callSid]);
  });

  it.each<[string, number, Ending]>([
    ['none was asked for', 0, noAnswer],
    ['the two have talked', 3, talked],
    ['the second party is not reached', 3, { ...noAnswer, termination: { ...noAnswer.termination, by: 'callee' } }],
    ['the first party said no', 3, unreached('rejected', 'busy')],
    ['there is no such number', 3, unreached('unknown-number', 'failed')],
    ['somebody ended the call', 3, { ...talked, status: 'canceled' }],
  ])('do not follow when %s', async (_, maxRetries, ending) => {
    const { clock, theSwitch, place } = begin();
    await place(maxRetries);
    theSwitch.end(ending);
    await clock.run(10 * pauseMs);
    expect(theSwitch.placed).toHaveLength(1);
  });

  it('that are refused count; after the last the receiver is told how the last call went', async () => {
    const { clock, theSwitch, kept, told, settled, place } = begin();
    const { callSid } = await place(2);
    theSwitch.end(noAnswer);
    theSwitch.refusing = CallError.unavailable();
    await clock.run(pauseMs);
    expect(told).toEqual([]);
    await clock.run(pauseMs);
    expect([told, settled]).toEqual([[[callSid, callSid]], [callSid]]);
    expect(kept).toHaveLength(1);
  });

  it('are given up by a server that stops, and told of by the next one', async () => {
    const { clock, theSwitch, told, orders, place } = begin();
    await place(1);
    theSwitch.end(noAnswer);
    orders.stop();
    await clock.run(10 * pauseMs);
    expect([theSwitch.placed.length, told]).toEqual([1, []]);
    const order = { callback: statusCallback, from: '+911', to: '+912', firstCallSid: 'one' };
    const untold = { accountSid: 'acct', firstCallSid: 'one', order };
    const next = begin([
      { ...untold, lastCallSid: 'two' },
      { ...untold, firstCallSid: 'never', lastCallSid: undefined },
    ]);
    await next.orders.start();
    expect([next.told, next.settled]).toEqual([[['two', 'one']], ['one', 'never']]);
  });
});
