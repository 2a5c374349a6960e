import { PAGE_GONE } from '@intermix/sip';
import { describe, expect, it } from 'vitest';
import type { Bench } from '../testing/bench.js';
import { contactOf, domain, nothingLeft } from '../testing/bench.js';
import type { Phone } from '../testing/phone.js';
import { makeTalk, reinvite } from '../testing/talk.js';
import { makeBench } from '../testing/two-users.js';

describe('who may speak in a call of a page', () => {
  const usersCall = async () => {
    const talk = await makeTalk({ instance: 'tab1' });
    return { ...talk, snapshot: talk.received.session!.snapshot() };
  };
  type Bystander = [who: string, join: (bench: Bench) => Promise<Phone>];
  const strangers: Bystander[] = [
    ['nobody has registered', (bench) => bench.browser()],
    ['a colleague has registered', (bench) => bench.registered('bob')],
    [
      'a user of another account has registered, under the same name',
      async (bench) => {
        bench.directory.addUser('alice', { accountSid: 'rival' });
        const phone = await bench.browser();
        expect((await bench.register(phone, 'alice', { domain: 'rival.sip.test' })).status).toBe(200);
        return phone;
      },
    ],
    [
      'the user was registered until a moment ago',
      async (bench) => {
        const phone = await bench.registered('alice', { instance: 'tab2' });
        const contact = contactOf(phone, 'alice', 'tab2');
        expect((await bench.register(phone, 'alice', { contact, expires: 0 })).status).toBe(200);
        return phone;
      },
    ],
  ];

  it.each(strangers)('[SPEAK1] over a connection on which %s, each request gets 403', async (_who, join) => {
    const { bench, alice, placed, received, aliceLeg, carrierLeg, snapshot } = await usersCall();
    const eve = await join(bench);
    const session = eve.endpoint.resume(snapshot, { flow: eve.flow! });
    const away = received.media.offer({ direction: 'sendonly' });
    expect(await reinvite(bench, session, away)).toMatchObject({ status: 403 });
    const info = session.request('INFO', { body: { type: 'application/dtmf', content: '5' } });
    await bench.run();
    expect((await info).status).toBe(403);
    session.bye();
    await bench.run(10);
    expect(placed.session!.ended).toBe(false);
    expect(bench.engine.partnerOf(aliceLeg)).toBe(carrierLeg);
    expect(carrierLeg.digits).toEqual([]);

    // The true page is heard as before, and is the one that is told.
    expect(await reinvite(bench, received.session!, received.media.offer({}))).toContain('m=audio');
    placed.session!.bye();
    await bench.run(10);
    expect(received.session!.ended).toBe(true);
    expect(bench.sent('BYE').at(-1)!.to.port).toBe(alice.flow!.local.port);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[SPEAK2] nor while the page is away: the grace goes on, and ends the call', async () => {
    const { bench, alice, placed, received, snapshot } = await usersCall();
    bench.network.cut(alice.flow!, 'going', PAGE_GONE);
    await bench.run(1_000);
    const eve = await bench.browser();
    const session = eve.endpoint.resume(snapshot, { flow: eve.flow! });
    expect(await reinvite(bench, session, received.media.offer({}))).toMatchObject({ status: 403 });
    await bench.run(3_900);
    expect(placed.session!.ended).toBe(false);
    await bench.run(200);
    expect(placed.session!.ended).toBe(true);
    expect((await bench.record()).call.termination).toMatchObject({ reason: 'flow-lost' });
    await eve.endpoint.stop();
    await alice.endpoint.stop();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[SPEAK3] a page that comes back may once it has registered, not before', async () => {
    const { bench, alice, placed, received, snapshot } = await usersCall();
    bench.network.cut(alice.flow!);
    await bench.run(1_000);
    const next = await bench.browser();
    const session = next.endpoint.resume(snapshot, { flow: next.flow! });
    expect(await reinvite(bench, session, received.media.offer({}))).toMatchObject({ status: 403 });
    await bench.register(next, 'alice', { contact: contactOf(next, 'alice', 'tab1') });
    expect(await reinvite(bench, session, received.media.offer({}))).toContain('m=audio');
    await bench.run(20_000);
    expect(placed.session!.ended).toBe(false);
    session.bye();
    await bench.run();
    expect(placed.session!.ended).toBe(true);
    await alice.endpoint.stop();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[SPEAK4] a caller who never registered on its first connection may after it has on the next', async () => {
    const bench = await makeBench();
    const alice = await bench.browser();
    const bob = await bench.registered('bob');
    const credentials = { username: 'alice', password: 'secret-alice' };
    const placed = alice.call(`sip:bob@${domain}`, `<sip:alice@${domain}>`, { credentials });
    await bench.run(10);
    bob.calls[0]!.answer();
    await bench.run(10);
    const next = await bench.browser(); // The old connection is dead, which nobody has noticed yet.
    const session = next.endpoint.resume(placed.session!.snapshot(), { flow: next.flow! });
    expect(await reinvite(bench, session, placed.media.offer({}))).toMatchObject({ status: 403 });
    expect((await bench.register(next, 'alice')).status).toBe(200);
    expect(await reinvite(bench, session, placed.media.offer({}))).toContain('m=audio');
    bench.network.cut(alice.flow!);
    await bench.run(20_000);
    expect(bob.calls[0]!.session!.ended).toBe(false);
    session.bye();
    await bench.run();
    expect(bob.calls[0]!.session!.ended).toBe(true);
    await alice.endpoint.stop();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[SPEAK5] a carrier may from wherever it sends', async () => {
    const { bench, placed, received } = await usersCall();
    const elsewhere = await bench.carrier({ host: '203.0.113.77' });
    const session = elsewhere.endpoint.resume(placed.session!.snapshot(), { flow: elsewhere.flow! });
    session.bye();
    await bench.run();
    expect(received.session!.ended).toBe(true);
    await bench.phones.find((phone) => phone !== elsewhere && phone.flow?.protocol === 'UDP')!.endpoint.stop();
    expect(await bench.close()).toEqual(nothingLeft);
  });
});
