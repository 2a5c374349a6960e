import { describe, expect, it } from 'vitest';
import { nothingLeft } from '../testing/bench.js';
import { dialIn, makeBench } from '../testing/two-users.js';

describe('the record comes first', () => {
  it('[REC1] nothing rings and nothing is said before the call has its row', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    let release = () => {};
    bench.store.before = () => new Promise((resolve) => (release = resolve));
    const placed = dialIn(carrier);
    await bench.run(900);
    expect(alice.calls).toEqual([]);
    expect(placed.progress).toEqual([]);
    bench.store.before = () => {};
    release();
    await bench.run();
    expect(alice.calls).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REC2] the 200 to the caller waits for the commit of the answer, but not longer than a second', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    let release = () => {};
    bench.store.before = () => new Promise((resolve) => (release = resolve));
    alice.calls[0]!.answer();
    await bench.run(900);
    expect(placed.session).toBeUndefined();
    await bench.run(200);
    expect(placed.session).toBeDefined();
    bench.store.before = () => {};
    release();
    await bench.run();
    expect((await bench.record()).call.status).toBe('in-progress');
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REC10] a caller who gives up while the answer is being written has not talked', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    let release = () => {};
    bench.store.before = () => new Promise((resolve) => (release = resolve));
    alice.calls[0]!.answer();
    await bench.run(300);
    placed.outgoing.cancel();
    await bench.run();
    bench.store.before = () => {};
    release();
    await bench.run();
    expect(placed.session).toBeUndefined();
    expect(alice.calls[0]!.session!.ended).toBe(true);
    expect((await bench.record()).call).toMatchObject({ status: 'canceled', durationSec: 0 });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REC3] a call that cannot be recorded is refused with 500, and nobody outside hears of it', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const told: string[] = [];
    for (const name of ['callCreated', 'ended'] as const) bench.board.switch.on(name, () => told.push(name));
    bench.store.before = () => {
      throw new Error('disk full');
    };
    const placed = dialIn(carrier);
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 500 });
    expect(alice.calls).toEqual([]);
    expect(told).toEqual([]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REC4] a store that hangs at the start: 500 after the deadline', async () => {
    const bench = await makeBench({ createDeadlineMs: 2_000 });
    await bench.registered('alice');
    const carrier = await bench.carrier();
    let release = () => {};
    bench.store.before = () => new Promise((resolve) => (release = resolve));
    const placed = dialIn(carrier);
    await bench.run(1_990);
    expect(placed.failure).toBeUndefined();
    await bench.run(20);
    expect(placed.failure).toMatchObject({ status: 500 });
    bench.store.before = () => {};
    release(); // The row is made after all, and must not stay open.
    await bench.run();
    expect((await bench.record()).call).toMatchObject({ status: 'failed', termination: { reason: 'store-failed' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REC5] a store that fails later is tried again in order, and the talk goes on', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    let failures = 0;
    bench.store.before = () => {
      if (failures++ < 2) throw new Error('deadlock detected');
    };
    alice.calls[0]!.ring();
    alice.calls[0]!.answer();
    await bench.run(50);
    expect(placed.session).toBeUndefined(); // Tried again after 100 and 500 ms, not at once.
    await bench.run(3_000);
    expect(placed.session).toBeDefined();
    placed.session!.bye();
    await bench.run();
    const { call, events } = await bench.record();
    expect(call.status).toBe('completed');
    expect(events).toEqual(['call-created', 'leg-ringing', 'call-answered', 'call-ended']);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REC6] a store that fails for good: the call is made and ended all the same', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    bench.store.before = () => {
      throw new Error('gone');
    };
    alice.calls[0]!.answer();
    await bench.run(5_000);
    expect(placed.session!.ended).toBe(false);
    placed.session!.bye();
    await bench.run(10_000);
    expect(alice.calls[0]!.session!.ended).toBe(true);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REC11] the 200 to a BYE waits for the commit of the end, at most two seconds; the other side is told at once', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const answersToBye = () => bench.sent('200 OK').filter(({ text }) => /^CSeq: \d+ BYE/m.test(text));
    const talkAndHangUp = async () => {
      const placed = dialIn(carrier);
      await bench.run();
      alice.calls.at(-1)!.answer();
      await bench.run();
      let release = () => {};
      bench.store.before = () => new Promise((resolve) => (release = resolve));
      const before = answersToBye().filter(({ protocol }) => protocol === 'UDP').length;
      placed.session!.bye();
      await bench.run(400);
      expect(alice.calls.at(-1)!.session!.ended).toBe(true);
      expect(bench.engine.counts.legs).toBe(0);
      const answered = () => answersToBye().filter(({ protocol }) => protocol === 'UDP').length - before;
      expect(answered()).toBe(0);
      return { answered, release: () => release() };
    };
    const slow = await talkAndHangUp();
    bench.store.before = () => {};
    slow.release();
    await bench.run();
    expect(slow.answered()).toBe(1);
    expect((await bench.record()).call.status).toBe('completed');

    const stuck = await talkAndHangUp();
    await bench.run(1_700);
    expect(stuck.answered()).toBe(1);
    bench.store.before = () => {};
    stuck.release();
    await bench.run();
    expect([...bench.store.calls.values()].map(({ call }) => call.status)).toEqual(['completed', 'completed']);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REC12] the caller hears of a failure when it is on record; one who gives up meanwhile is let go', async () => {
    const bench = await makeBench();
    await bench.registered('alice');
    const carrier = await bench.carrier();
    const alice = bench.phones[0]!;
    for (const givesUp of [false, true]) {
      const placed = dialIn(carrier);
      await bench.run();
      let release = () => {};
      bench.store.before = () => new Promise((resolve) => (release = resolve));
      alice.calls.at(-1)!.incoming.reject(486);
      await bench.run(400);
      expect(placed.failure).toBeUndefined();
      if (givesUp) placed.outgoing.cancel();
      await bench.run();
      bench.store.before = () => {};
      release();
      await bench.run();
      expect(placed.failure).toMatchObject({ status: givesUp ? 487 : 486 });
    }
    expect([...bench.store.calls.values()].map(({ call }) => call.status)).toEqual(['busy', 'busy']);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REC13] an end that the store refuses is kept, and written when it is back', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    alice.calls[0]!.answer();
    await bench.run();
    bench.store.before = () => {
      throw new Error('no route to the database');
    };
    placed.session!.bye();
    await bench.run(60_000);
    expect(placed.session!.ended).toBe(true);
    expect((await bench.record()).call.status).toBe('in-progress');
    bench.store.before = () => {};
    await bench.run(5_000);
    const { call, legs, events } = await bench.record();
    expect(call).toMatchObject({ status: 'completed', termination: { by: 'caller', reason: 'hangup' } });
    expect(legs.every((leg) => leg.endedAt !== undefined)).toBe(true);
    expect(events.filter((type) => type === 'call-ended')).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REC7] listeners hear of each step in order, with the record as it then is', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    await bench.registered('bob');
    const carrier = await bench.carrier();
    const told: string[] = [];
    const { switch: theSwitch } = bench.board;
    theSwitch.on('callCreated', (call, legs) => told.push(`created ${call.status} ${legs.length}`));
    theSwitch.on('legRinging', (call, leg) => told.push(`ringing ${call.status} ${leg.party}`));
    theSwitch.on('answered', (call, leg) => told.push(`answered ${call.status} ${leg.party}`));
    theSwitch.on('legEnded', (call, leg) => told.push(`leg ended ${call.status} ${leg.party} ${leg.status}`));
    theSwitch.on('ended', (call, legs) => {
      const stored = bench.store.calls.get(call.callSid)!.call;
      told.push(`ended ${stored.status} ${legs.length}`);
    });
    const placed = dialIn(carrier);
    await bench.run();
    alice.calls[0]!.ring();
    await bench.run();
    alice.calls[0]!.answer();
    await bench.run();
    placed.session!.bye();
    await bench.run();
    expect(told).toEqual([
      'created queued 3',
      'ringing ringing u-alice',
      'leg ended in-progress u-bob canceled',
      'answered in-progress u-alice',
      'ended completed 3',
    ]);
    expect(bench.board.switch.stats).toMatchObject({
      activeCalls: 0,
      callsCreated: 1,
      endedByStatus: { completed: 1 },
    });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REC8] no media, no call: 503 while the engine is not ready, 500 when it fails', async () => {
    const bench = await makeBench();
    await bench.registered('alice');
    const carrier = await bench.carrier();
    bench.engine.ready = false;
    const early = dialIn(carrier);
    await bench.run();
    expect(early.failure).toMatchObject({ status: 503 });
    bench.engine.ready = true;
    bench.engine.failNext = new Error('no ports');
    const failed = dialIn(carrier);
    await bench.run();
    expect(failed.failure).toMatchObject({ status: 500 });
    expect((await bench.record()).call).toMatchObject({ status: 'failed', termination: { reason: 'media-lost' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[REC9] X- headers of a page are kept within bounds', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    await bench.registered('bob');
    const headers = Array.from({ length: 30 }, (_, i) => [`X-H${i}`, 'v'.repeat(400)] as const);
    alice.call('sip:bob@acme.sip.test', '<sip:alice@acme.sip.test>', { headers });
    await bench.run();
    const kept = [...bench.store.calls.values()][0]!.events[0]!.data.headers as Record<string, string>;
    expect(Object.keys(kept)).toHaveLength(20);
    expect(kept['X-H0']).toHaveLength(256);
    await bench.close();
  });
});
