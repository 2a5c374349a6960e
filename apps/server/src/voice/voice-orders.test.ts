import type { VoiceCallOrder } from '@intermix/api';
import { CallError, type CallOrder, type CallRecord, type Termination } from '@intermix/calls';
import { silentLogger, systemRandom, TypedEmitter } from '@intermix/kernel';
import type { LeftBy, UnsettledOrder, VoiceOrder, WaitingTry } from '@intermix/store';
import type { StatusCallbackOrder } from '@intermix/webhooks';
import { describe, expect, it } from 'vitest';
import { HeldClock } from '../testing/held-clock.js';
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

const flow = { run: async () => {} };

/** `left`: what the store has of a process that died. */
function begin(left: UnsettledOrder[] = [], by: LeftBy = 'own') {
  const clock = new HeldClock();
  const theSwitch = new FakeSwitch();
  const kept: VoiceOrder[] = [];
  const expected: StatusCallbackOrder[] = [];
  const told: Array<[lastCallSid: string, firstCallSid: string | undefined]> = [];
  const settled: string[] = [];
  const waiting = new Map<string, WaitingTry>();
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
      setWaiting: async (_, callSid, one) => void (one ? waiting.set(callSid, one) : waiting.delete(callSid)),
      findUnsettled: async (of, limit, after = '') =>
        of === by ? left.filter(({ firstCallSid }) => firstCallSid > after).slice(0, limit) : [],
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
    programs: { findFlow: async (_, flowId) => (flowId === 'flw_1' ? flow : undefined), bot: () => flow },
    streams: { expect: () => {}, forget: () => {} },
    ...{ clock, random: systemRandom, logger: silentLogger },
  });
  const order = { accountSid: 'acct', first: { number: '+911' }, target: { number: '+912' }, statusCallback };
  const place = (maxRetries: number, more: Partial<VoiceCallOrder> = {}) =>
    orders.place({ ...order, ...more, maxRetries } as VoiceCallOrder);
  return { clock, theSwitch, kept, expected, told, settled, waiting, orders, place };
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

  it('are kept while they wait, until they begin', async () => {
    const { clock, theSwitch, waiting, place } = begin();
    const { callSid } = await place(2);
    expect(waiting.size).toBe(0);
    theSwitch.end(noAnswer);
    expect(waiting.get(callSid)).toMatchObject({ at: new Date(pauseMs), triesLeft: 2 });
    await clock.run(pauseMs);
    expect([theSwitch.placed.length, waiting.size]).toEqual([2, 0]);
    theSwitch.end(noAnswer);
    expect(waiting.get(callSid)).toMatchObject({ at: new Date(2 * pauseMs), triesLeft: 1 });
  });

  describe('of a server that stopped', () => {
    /** An order of whose tries `triesLeft` are left, as the store has it after its server stopped. */
    async function stopped(triesLeft: number, more: Partial<VoiceCallOrder> = {}) {
      const { theSwitch, clock, waiting, orders, told, place } = begin();
      const { callSid } = await place(triesLeft, more);
      theSwitch.end(noAnswer);
      orders.stop();
      await clock.run(10 * pauseMs);
      expect([theSwitch.placed.length, told]).toEqual([1, []]);
      const callback = { callback: statusCallback, from: '+911', to: '+912', firstCallSid: callSid };
      const ids = { accountSid: 'acct', firstCallSid: callSid, lastCallSid: callSid };
      return { callSid, left: { ...ids, callback, waiting: waiting.get(callSid) } satisfies UnsettledOrder };
    }

    it('are made by the next one, in their time, and settled as any', async () => {
      const { callSid, left } = await stopped(2);
      const { clock, theSwitch, kept, told, settled, orders } = begin([left]);
      await orders.start();
      await clock.run(pauseMs - 1);
      expect(theSwitch.placed).toHaveLength(0);
      await clock.run(1);
      expect(theSwitch.placed).toMatchObject([
        { from: { number: '+911', accountSid: 'acct' }, to: { number: '+912' } },
      ]);
      expect(kept).toMatchObject([{ parentCallSid: callSid, statusCallback }]);
      theSwitch.end(noAnswer);
      await clock.run(pauseMs);
      expect(theSwitch.placed).toHaveLength(2); // As many as were left.
      theSwitch.end(noAnswer);
      await clock.run(10 * pauseMs);
      expect([theSwitch.placed.length, told, settled]).toEqual([2, [], [callSid]]);
    });

    it('are made soon after a start that comes late, once devices can be there', async () => {
      const { left } = await stopped(1);
      const { clock, theSwitch, orders } = begin([left]);
      await clock.run(pauseMs + 200_000);
      await orders.start();
      await clock.run(4_999);
      expect(theSwitch.placed).toHaveLength(0);
      await clock.run(1);
      expect(theSwitch.placed).toHaveLength(1);
    });

    it('are given to their flow or bot again', async () => {
      for (const named of [
        { flowId: 'flw_1' },
        { stream: { url: 'wss://a.example', name: undefined, begin: 'leg1' } },
      ] as const) {
        const { left } = await stopped(1, { target: { program: { run: async () => {} }, named } });
        const { clock, theSwitch, orders } = begin([left]);
        await orders.start();
        await clock.run(pauseMs);
        expect(theSwitch.placed[0]?.to).toMatchObject({ program: flow });
      }
    });

    it.each<[string, number, Partial<VoiceCallOrder>, (left: UnsettledOrder) => UnsettledOrder]>([
      ['more than five minutes late', pauseMs + 300_001, {}, (left) => left],
      ['of a flow that is gone', 0, { target: { program: flow, named: { flowId: 'flw_gone' } } }, (left) => left],
      ['under way when it died', 0, {}, (left) => ({ ...left, waiting: undefined })],
      ['unreadable', 0, {}, (left) => ({ ...left, waiting: { at: new Date(0), triesLeft: 1, order: '{' } })],
    ])('are given up when they are %s, and told of', async (_, lateMs, more, change) => {
      const { callSid, left } = await stopped(1, more);
      const { clock, theSwitch, told, settled, orders } = begin([change(left)]);
      await clock.run(lateMs);
      await orders.start();
      await clock.run(10 * pauseMs);
      expect([theSwitch.placed.length, told, settled]).toEqual([0, [[callSid, callSid]], [callSid]]);
    });

    it('are told of, not made, by another one when that server is gone', async () => {
      const { callSid, left } = await stopped(1);
      const { clock, theSwitch, told, settled, orders } = begin([left], 'gone');
      await orders.start();
      expect([told, settled]).toEqual([[], []]);
      await orders.tellOfGone();
      await clock.run(10 * pauseMs);
      expect([theSwitch.placed.length, told, settled]).toEqual([0, [[callSid, callSid]], [callSid]]);
    });

    it('are settled in silence where nobody is to be told, or no call came of them; however many there are', async () => {
      const { left } = await stopped(1);
      const many = Array.from({ length: 450 }, (_, n) => ({
        ...left,
        firstCallSid: `call-${String(n).padStart(4, '0')}`,
        ...(n % 2 === 0 ? { callback: undefined, waiting: undefined } : { lastCallSid: undefined }),
      }));
      const { told, settled, orders } = begin(many);
      await orders.start();
      expect([told.length, settled.length]).toEqual([0, 450]);
    });
  });
});
