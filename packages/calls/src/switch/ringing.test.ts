import { describe, expect, it } from 'vitest';
import { contactOf, domain, nothingLeft } from '../testing/bench.js';
import { dialIn, makeBench } from '../testing/two-users.js';

describe('all devices of all users ring together', () => {
  it('[RING1] the first answer wins; the others get CANCEL with the reason that keeps their missed calls clean', async () => {
    const bench = await makeBench();
    const desk = await bench.registered('alice', { instance: 'desk' });
    const laptop = await bench.registered('alice', { instance: 'laptop' });
    const bob = await bench.registered('bob');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    for (const phone of [desk, laptop, bob]) phone.calls[0]!.ring();
    await bench.run();
    expect(placed.progress.map((p) => p.status)).toEqual([180]);

    laptop.calls[0]!.answer();
    await bench.run();
    expect(placed.session).toBeDefined();
    expect([desk, bob].map((phone) => phone.calls[0]!.cancelled)).toEqual([true, true]);
    const cancels = bench.sent('CANCEL');
    expect(cancels).toHaveLength(2);
    for (const { text } of cancels) expect(text).toContain('Reason: SIP;cause=200;text="Call completed elsewhere"');
    const { legs } = await bench.record();
    const words = legs.map((leg) => `${leg.party} ${leg.termination?.reason ?? leg.status}`);
    expect(words.toSorted()).toEqual([
      'car_1 in-progress',
      'u-alice answered-elsewhere',
      'u-alice in-progress',
      'u-bob answered-elsewhere',
    ]);
    expect(bench.engine.counts.legs).toBe(2);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING2] two answers at once: one is bridged, the other gets ACK and BYE', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const bob = await bench.registered('bob');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    alice.calls[0]!.answer();
    bob.calls[0]!.answer();
    await bench.run();
    expect(placed.session).toBeDefined();
    const ended = [alice, bob].map((phone) => phone.calls[0]!.session!.ended);
    expect(ended.toSorted()).toEqual([false, true]);
    placed.session!.bye();
    await bench.run();
    expect((await bench.record()).call.status).toBe('completed');
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING3] one busy, one rings on: the call goes on; all busy: 486', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const bob = await bench.registered('bob');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    alice.calls[0]!.incoming.reject(486);
    await bench.run();
    expect(placed.failure).toBeUndefined();
    bob.calls[0]!.incoming.reject(480, { reason: '4001' }); // How Exotel's SDK refuses a second call.
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 486 });
    const { call, legs } = await bench.record();
    expect(call).toMatchObject({ status: 'busy', termination: { by: 'callee', reason: 'busy' } });
    expect(legs.slice(1).map((leg) => leg.termination?.sipStatus)).toEqual(expect.arrayContaining([480, 486]));
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING4] nobody registered: 480, and the missed call is on record', async () => {
    const bench = await makeBench();
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 480 });
    expect((await bench.record()).call).toMatchObject({ status: 'no-answer', termination: { reason: 'unreachable' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING5b] a number may ring for a time of its own', async () => {
    const bench = await makeBench({ ringTimeoutSec: 20 });
    const did = bench.directory.dids[0];
    if (did) did.ringTimeoutSec = 7;
    const alice = await bench.registered('alice');
    const placed = dialIn(await bench.carrier());
    await bench.run();
    alice.calls[0]!.ring();
    await bench.run(6_980);
    expect(placed.failure).toBeUndefined();
    await bench.run(40);
    expect(placed.failure).toMatchObject({ status: 480 });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING5] no answer in time: the devices are cancelled and the carrier gets 480', async () => {
    const bench = await makeBench({ ringTimeoutSec: 20 });
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    alice.calls[0]!.ring();
    await bench.run(19_990);
    expect(placed.failure).toBeUndefined();
    await bench.run(20);
    expect(placed.failure).toMatchObject({ status: 480 });
    expect(alice.calls[0]!.cancelled).toBe(true);
    expect((await bench.record()).call).toMatchObject({ status: 'no-answer', termination: { reason: 'no-answer' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it.each([
    [603, 603, 'busy', 'rejected'],
    [486, 486, 'busy', 'busy'],
    [480, 480, 'no-answer', 'no-answer'],
    [488, 488, 'failed', 'no-common-codec'],
    [500, 480, 'no-answer', 'unreachable'],
  ])('[RING6] a browser that says %i ends the call with %i, recorded as %s', async (status, upstream, word, reason) => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    alice.calls[0]!.incoming.reject(status);
    await bench.run();
    expect(placed.failure).toMatchObject({ status: upstream });
    expect((await bench.record()).call).toMatchObject({ status: word, termination: { reason, sipStatus: status } });
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

describe('the caller gives up', () => {
  it('[RING7] while the devices ring: each gets CANCEL', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const bob = await bench.registered('bob');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    alice.calls[0]!.ring();
    bob.calls[0]!.ring();
    await bench.run();
    placed.outgoing.cancel({ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' });
    await bench.run();
    expect([alice, bob].map((phone) => phone.calls[0]!.cancelled)).toEqual([true, true]);
    const onwards = bench.sent('CANCEL').filter((message) => message.protocol === 'WS');
    for (const { text } of onwards) expect(text).toContain('cause=200'); // Passed on, for its missed-call list.
    expect((await bench.record()).call).toMatchObject({
      status: 'canceled',
      termination: { by: 'caller', reason: 'cancelled', sipStatus: 487 },
    });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING8] before any device has said anything: CANCEL waits for the first provisional', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    bench.network.conditions.delayMs = 20;
    const placed = dialIn(carrier);
    await bench.run(25); // 100 has not come back yet.
    placed.outgoing.cancel();
    await bench.run(300);
    expect(placed.failure).toMatchObject({ cause: 'cancelled' });
    expect(alice.calls[0]!.cancelled).toBe(true);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING9] in the instant of the answer: nobody is left talking to nobody', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    bench.network.conditions.delayMs = 20;
    const placed = dialIn(carrier);
    await bench.run(100);
    placed.outgoing.cancel(); // Both arrive in the same instant, the CANCEL first.
    alice.calls[0]!.answer();
    await bench.run(500);
    expect(alice.calls[0]!.session!.ended).toBe(true);
    expect(placed.session).toBeUndefined();
    expect((await bench.record()).call.status).toBe('canceled');
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING10] while our 200 is on its way: the call is up, and then over', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    bench.network.conditions.delayMs = 20;
    const placed = dialIn(carrier);
    await bench.run(100);
    alice.calls[0]!.answer();
    await bench.run(25); // Our 200 has been sent and has not arrived.
    placed.outgoing.cancel();
    await bench.run(500);
    expect(alice.calls[0]!.session!.ended).toBe(true);
    expect((await bench.record()).call.status).toBe('completed');
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING11] before the record is written: the devices never ring', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    let release = () => {};
    bench.store.before = () => new Promise((resolve) => (release = resolve));
    const placed = dialIn(carrier);
    await bench.run();
    expect(bench.sent('INVITE').filter((message) => message.protocol === 'WS')).toEqual([]);
    placed.outgoing.cancel();
    await bench.run();
    bench.store.before = () => {};
    release();
    await bench.run();
    expect(alice.calls).toEqual([]);
    expect((await bench.record()).call.status).toBe('canceled');
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING12] by losing the WebSocket over which it called', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const bob = await bench.registered('bob');
    alice.call(`sip:bob@${domain}`, `<sip:alice@${domain}>`);
    await bench.run();
    bob.calls[0]!.ring();
    await bench.run();
    bench.network.cut(alice.flow!);
    await bench.run();
    expect(bob.calls[0]!.cancelled).toBe(true);
    expect((await bench.record()).call).toMatchObject({ status: 'canceled', termination: { reason: 'flow-lost' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

describe('a device that is lost while it rings', () => {
  it('[RING13] ends its branch alone; the others ring on', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const bob = await bench.registered('bob');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    alice.calls[0]!.ring();
    bob.calls[0]!.ring();
    await bench.run();
    bench.network.cut(alice.flow!);
    await bench.run();
    expect(placed.failure).toBeUndefined();
    expect(bench.board.location.bindingsOf({ accountSid: 'acme', sipUsername: 'alice' })).toEqual([]);
    bob.calls[0]!.answer();
    await bench.run();
    expect(placed.session).toBeDefined();
    const { legs } = await bench.record();
    expect(legs.find((leg) => leg.party === 'u-alice')!.termination).toMatchObject({ reason: 'flow-lost' });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING14] is the last one: the caller gets 480', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    alice.calls[0]!.ring();
    await bench.run();
    bench.network.cut(alice.flow!);
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 480 });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING16] comes back as the same instance: it rings again, with an INVITE of its own, and may answer', async () => {
    const { bench, placed, alice } = await ringsAtPage();
    bench.network.cut(alice.flow!);
    await bench.run(2_000);
    expect(placed.failure).toBeUndefined();
    const back = await bench.registered('alice', { instance: 'tab1' });
    await bench.run();
    expect(back.calls).toHaveLength(1);
    back.calls[0]!.ring();
    await bench.run();
    back.calls[0]!.answer();
    await bench.run();
    expect(placed.session).toBeDefined();
    await bench.run(10_000);
    const { call, legs } = await bench.record();
    expect(call.status).toBe('in-progress');
    expect(legs.filter((leg) => leg.party === 'u-alice')).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING16] does not come back: the caller gets 480 after the grace', async () => {
    const { bench, placed, alice } = await ringsAtPage();
    bench.network.cut(alice.flow!);
    await bench.run(2_900);
    expect(placed.failure).toBeUndefined();
    await bench.registered('alice', { instance: 'another' });
    await bench.run(200);
    expect(placed.failure).toMatchObject({ status: 480 });
    expect((await bench.record()).call.termination).toMatchObject({ by: 'callee', reason: 'flow-lost' });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING16] is back before its old connection is known to be dead: it rings over the new one alone', async () => {
    const { bench, placed, alice } = await ringsAtPage();
    const back = await bench.registered('alice', { instance: 'tab1' });
    await bench.run();
    expect([alice.calls[0]!.cancelled, back.calls.length]).toEqual([true, 1]);
    expect(placed.failure).toBeUndefined();
    bench.network.cut(alice.flow!);
    await bench.run(5_000);
    back.calls[0]!.answer();
    await bench.run();
    expect(placed.session).toBeDefined();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING16] answers over the old connection while it is rung over the new one: it has one call', async () => {
    const { bench, placed, alice } = await ringsAtPage();
    const back = await bench.browser();
    const registering = bench.register(back, 'alice', { contact: contactOf(back, 'alice', 'tab1') });
    alice.calls[0]!.answer(); // Crosses the REGISTER.
    await bench.run();
    expect((await registering).status).toBe(200);
    await bench.run();
    const sessions = [alice, back].flatMap(({ calls }) => calls.map(({ session }) => session));
    expect(sessions.filter((session) => session && !session.ended).length).toBeLessThanOrEqual(1);
    expect(placed.failure).toBeUndefined();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[RING16] is away when another device answers, and when the caller gives up: it hears nothing at its return', async () => {
    for (const end of ['answer', 'cancel'] as const) {
      const { bench, placed, alice, bob } = await ringsAtPage(['u-alice', 'u-bob']);
      bench.network.cut(alice.flow!);
      await bench.run();
      if (end === 'answer') bob!.calls[0]!.answer();
      else placed.outgoing.cancel();
      await bench.run();
      const back = await bench.registered('alice', { instance: 'tab1' });
      await bench.run(5_000);
      expect(back.calls).toEqual([]);
      expect(placed.session !== undefined).toBe(end === 'answer');
      expect(await bench.close()).toEqual(nothingLeft);
    }
  });

  /** Rings in a page of Alice's that can be known again. */
  async function ringsAtPage(users = ['u-alice']) {
    const bench = await makeBench({}, users);
    const alice = await bench.registered('alice', { instance: 'tab1' });
    const bob = users.length > 1 ? await bench.registered('bob') : undefined;
    const placed = dialIn(await bench.carrier());
    await bench.run();
    alice.calls[0]!.ring();
    await bench.run();
    return { bench, placed, alice, bob };
  }

  it('[RING15] has no media to ring with: the others ring', async () => {
    const bench = await makeBench();
    await bench.registered('alice');
    const bob = await bench.registered('bob');
    const carrier = await bench.carrier();
    const create = bench.engine.createLeg.bind(bench.engine);
    let n = 0;
    bench.engine.createLeg = (options) => {
      n++;
      return n === 2 ? Promise.reject(new Error('no process')) : create(options);
    };
    const placed = dialIn(carrier);
    await bench.run();
    expect(placed.failure).toBeUndefined();
    bob.calls[0]!.answer();
    await bench.run();
    expect(placed.session).toBeDefined();
    expect(await bench.close()).toEqual(nothingLeft);
  });
});
