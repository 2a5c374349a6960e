import { describe, expect, it } from 'vitest';
import type { Bench } from '../testing/bench.js';
import { contactOf, domain, nothingLeft } from '../testing/bench.js';
import type { Phone } from '../testing/phone.js';
import { makeTalk, reinvite } from '../testing/talk.js';
import { makeBench } from '../testing/two-users.js';

describe('a lost WebSocket while talking', () => {
  /** Alice's page comes back over a new connection. */
  async function comeBack(bench: Bench, alice: Phone, contact: string) {
    await alice.connect('WS');
    const response = await bench.register(alice, 'alice', { contact });
    expect(response.status).toBe(200);
  }

  it('[FLOW1] the same instance comes back in time: the call goes on, and BYE takes the new connection', async () => {
    const { bench, alice, placed, received } = await makeTalk({ instance: 'tab1' });
    const contact = contactOf(alice, 'alice', 'tab1').replace('alice-dev', 'alice-new');
    bench.network.cut(alice.flow!);
    await bench.run(5_000);
    expect(placed.session!.ended).toBe(false);
    await comeBack(bench, alice, contact);
    await bench.run(20_000);
    expect(placed.session!.ended).toBe(false);
    const before = bench.sent('BYE').length;
    placed.session!.bye();
    await bench.run();
    const bye = bench
      .sent('BYE')
      .slice(before)
      .find((message) => message.protocol === 'WS')!;
    expect(bye.to.port).toBe(alice.flow!.local.port);
    expect(bye.startLine).toContain('sip:alice-new@');
    expect(received.session!.ended).toBe(true);
    const { events } = await bench.record();
    expect(events).toEqual(expect.arrayContaining(['leg-flow-broken', 'leg-flow-restored']));
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[FLOW2] nobody comes back: BYE to the other side with the reason, after the grace', async () => {
    const { bench, alice, placed } = await makeTalk({}, { graceMs: 8_000 });
    bench.network.cut(alice.flow!);
    await bench.run(7_900);
    expect(placed.session!.ended).toBe(false);
    await bench.run(200);
    expect(placed.session!.ended).toBe(true);
    expect(bench.sent('BYE')[0]!.text).toContain('Reason: SIP;cause=480;text="Connection lost"');
    expect((await bench.record()).call).toMatchObject({ status: 'completed', termination: { reason: 'flow-lost' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[FLOW3] another instance of the same user is not taken for it', async () => {
    const { bench, alice, placed } = await makeTalk({ instance: 'tab1' });
    bench.network.cut(alice.flow!);
    await bench.run();
    await bench.registered('alice', { instance: 'tab2' });
    await bench.run(10_000);
    expect(placed.session!.ended).toBe(true);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[FLOW4] a client without an instance, as Exotel writes it, is known by its user', async () => {
    const { bench, alice, placed } = await makeTalk();
    bench.network.cut(alice.flow!);
    await bench.run(6_000);
    await comeBack(bench, alice, '<sip:xk29fj3a@9sd8f7.invalid;transport=wss>');
    await bench.run(20_000);
    expect(placed.session!.ended).toBe(false);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[FLOW5] the caller may come back as well', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice', { instance: 'tab1' });
    const bob = await bench.registered('bob');
    alice.call(`sip:bob@${domain}`, `<sip:alice@${domain}>`);
    await bench.run();
    bob.calls[0]!.answer();
    await bench.run();
    bench.network.cut(alice.flow!);
    await bench.run();
    await comeBack(bench, alice, contactOf(alice, 'alice', 'tab1'));
    await bench.run(20_000);
    expect(bob.calls[0]!.session!.ended).toBe(false);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[FLOW7] media that breaks together with the connection waits as long as the device is waited for', async () => {
    const { bench, alice, placed, aliceLeg } = await makeTalk({ instance: 'tab1' }, { graceMs: 20_000 });
    bench.network.cut(alice.flow!);
    aliceLeg.fail();
    await bench.run(12_000);
    expect(placed.session!.ended).toBe(false);
    await comeBack(bench, alice, contactOf(alice, 'alice', 'tab1'));
    aliceLeg.connect();
    await bench.run(20_000);
    expect(placed.session!.ended).toBe(false);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[FLOW8] the customer hangs up while the device is away: the call ends at once', async () => {
    const { bench, alice, placed } = await makeTalk({ instance: 'tab1' });
    bench.network.cut(alice.flow!);
    await bench.run(1_000);
    placed.session!.bye();
    await bench.run();
    expect((await bench.record()).call).toMatchObject({
      status: 'completed',
      termination: { by: 'caller', reason: 'hangup' },
    });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[FLOW6] a new connection before the old one is known to be dead takes the call over', async () => {
    const { bench, alice, placed, received } = await makeTalk({ instance: 'tab1' });
    const old = alice.flow!;
    const dead = await bench.browser();
    await bench.register(dead, 'alice', { contact: contactOf(dead, 'alice', 'tab1') });
    bench.network.cut(old);
    await bench.run(20_000);
    expect(placed.session!.ended).toBe(false);
    expect(received.session!.ended).toBe(false);
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

describe('a customer who hangs up while the page is away', () => {
  it('[OWED1] the page is told when it is back', async () => {
    const { bench, alice, placed, received } = await makeTalk({ instance: 'tab1' });
    bench.network.cut(alice.flow!);
    await bench.run(1_000);
    placed.session!.bye();
    await bench.run(2_000);
    expect(received.session!.ended).toBe(false);
    await alice.connect('WS');
    await bench.register(alice, 'alice', { contact: contactOf(alice, 'alice', 'tab1') });
    await bench.run();
    expect(received.session!.ended).toBe(true);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[OWED2] also when the page speaks as soon as it has registered; before that nobody is told anything', async () => {
    const { bench, alice, placed, received } = await makeTalk({ instance: 'tab1' });
    bench.network.cut(alice.flow!);
    await bench.run(1_000);
    placed.session!.bye();
    await bench.run();
    received.session!.rebind(await alice.connect('WS'));
    expect(await reinvite(bench, received.session!, received.media.offer({}))).toMatchObject({ status: 403 });
    expect(received.session!.ended).toBe(false);
    await bench.register(alice, 'alice', { contact: contactOf(alice, 'alice', 'tab1') });
    await reinvite(bench, received.session!, received.media.offer({})).catch(() => {});
    expect(received.session!.ended).toBe(true);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[OWED3] nothing is kept beyond the grace', async () => {
    const { bench, alice, placed, received } = await makeTalk({ instance: 'tab1' });
    bench.network.cut(alice.flow!);
    await bench.run(1_000);
    placed.session!.bye();
    await bench.run(10_000);
    expect(bench.endpoint.counts.dialogs).toBe(0);
    expect(received.session!.ended).toBe(false);
    await alice.endpoint.stop();
    expect(await bench.close()).toEqual(nothingLeft);
  });
});
