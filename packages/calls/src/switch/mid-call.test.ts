import { PAGE_GONE } from '@intermix/sip';
import { describe, expect, it } from 'vitest';
import type { Bench } from '../testing/bench.js';
import { contactOf, domain, nothingLeft } from '../testing/bench.js';
import type { Phone } from '../testing/phone.js';
import { dialIn, makeBench } from '../testing/two-users.js';

/** A customer talks to Alice. */
async function makeTalk(options: { instance?: string } = {}, config = {}) {
  const bench = await makeBench(config);
  const alice = await bench.registered('alice', options);
  const carrier = await bench.carrier();
  const placed = dialIn(carrier);
  await bench.run();
  const received = alice.calls[0]!;
  received.ring();
  received.answer();
  await bench.run();
  const [carrierLeg, aliceLeg] = bench.engine.legs;
  return { bench, alice, carrier, placed, received, carrierLeg: carrierLeg!, aliceLeg: aliceLeg! };
}

const directionIn = (sdp: string | undefined) => /a=(sendrecv|sendonly|recvonly|inactive)/.exec(sdp ?? '')?.[1];

async function reinvite(
  bench: Bench,
  session: { reinvite(o: { sdp?: string }): Promise<{ sdp: string | undefined }> },
  sdp?: string,
) {
  let answer: string | undefined | Error;
  session.reinvite(sdp === undefined ? {} : { sdp }).then(
    (result) => {
      answer = result.sdp;
    },
    (error: Error) => {
      answer = error;
    },
  );
  await bench.run(10);
  return answer;
}

describe('hold', () => {
  it('[HOLD1] of a browser: sendonly is answered recvonly, nothing crosses, and resume joins the two again', async () => {
    const { bench, received, carrierLeg, aliceLeg } = await makeTalk();
    const held: string[] = [];
    bench.board.switch.on('held', (_call, leg) => held.push(`held ${leg.party}`));
    bench.board.switch.on('resumed', (_call, leg) => held.push(`resumed ${leg.party}`));

    const answer = await reinvite(bench, received.session!, received.media.offer({ direction: 'sendonly' }));
    expect(directionIn(answer as string)).toBe('recvonly');
    expect(bench.engine.partnerOf(aliceLeg)).toBeUndefined();
    const back = await reinvite(bench, received.session!, received.media.offer({ direction: 'sendrecv' }));
    expect(directionIn(back as string)).toBe('sendrecv');
    expect(bench.engine.partnerOf(aliceLeg)).toBe(carrierLeg);
    expect(held).toEqual(['held u-alice', 'resumed u-alice']);
    expect((await bench.record()).events).toEqual(expect.arrayContaining(['leg-held', 'leg-resumed']));
    // The other side hears silence and is not asked anything.
    expect(bench.sent('INVITE').filter((m) => m.to.host === '203.0.113.5')).toEqual([]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[HOLD2] of both sides at once: joined only when both have resumed', async () => {
    const { bench, placed, received, carrierLeg, aliceLeg } = await makeTalk();
    await reinvite(bench, received.session!, received.media.offer({ direction: 'sendonly' }));
    const inactive = await reinvite(bench, placed.session!, placed.media.offer({ direction: 'inactive' }));
    expect(directionIn(inactive as string)).toBe('inactive');
    await reinvite(bench, received.session!, received.media.offer({ direction: 'sendrecv' }));
    expect(bench.engine.partnerOf(aliceLeg)).toBeUndefined();
    await reinvite(bench, placed.session!, placed.media.offer({ direction: 'sendrecv' }));
    expect(bench.engine.partnerOf(aliceLeg)).toBe(carrierLeg);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[HOLD3] a re-INVITE without SDP is offered what we want now, with the codec in force', async () => {
    const { bench, placed, carrierLeg } = await makeTalk();
    placed.session!.on('ended', () => {});
    let offer: string | undefined;
    void placed.session!.reinvite({}).then(({ sdp }) => {
      offer = sdp;
      placed.session!.acknowledge(placed.media.answer(placed.media.read(sdp!), { direction: 'sendonly' }).sdp);
    });
    await bench.run(10);
    expect(directionIn(offer)).toBe('sendrecv');
    expect(offer).toContain('PCMU');
    expect(offer).not.toContain('PCMA');
    await bench.run(10);
    expect(carrierLeg.direction).toBe('recvonly'); // The answer in the ACK put us on hold.
    expect(bench.engine.partnerOf(carrierLeg)).toBeUndefined();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[HOLD4] an offer that cannot be used is refused with 488, and the call goes on', async () => {
    const { bench, received, carrierLeg, aliceLeg } = await makeTalk();
    const sdp = received.media.offer({ codecs: ['opus'] }); // The carrier cannot follow.
    expect(await reinvite(bench, received.session!, sdp)).toMatchObject({ status: 488 });
    expect(bench.engine.partnerOf(aliceLeg)).toBe(carrierLeg);
    expect(received.session!.ended).toBe(false);
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

describe('digits', () => {
  it.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=240\r\n', '5', 240],
    ['application/dtmf-relay', 'Signal=11\r\nDuration=160', '#', 160],
    ['application/dtmf', '*', '*', 240],
  ])('[DTMF1] told by INFO %s %j go to the other side', async (type, content, digit, durationMs) => {
    const { bench, received, carrierLeg } = await makeTalk();
    const response = received.session!.request('INFO', { body: { type, content } });
    await bench.run();
    expect((await response).status).toBe(200);
    expect(carrierLeg.digits).toEqual([{ digits: digit, durationMs }]);
    await bench.close();
  });

  it.each([
    ['text/plain', 'hello', 415],
    ['application/dtmf-relay', 'Signal=x', 400],
  ])('[DTMF2] an INFO of %s %j is refused with %i', async (type, content, status) => {
    const { bench, received, carrierLeg } = await makeTalk();
    const response = received.session!.request('INFO', { body: { type, content } });
    await bench.run();
    expect((await response).status).toBe(status);
    expect(carrierLeg.digits).toEqual([]);
    await bench.close();
  });
});

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

describe('a page that goes away while it talks', () => {
  it('[PAGE1] and says so, is waited for a short time only', async () => {
    const { bench, alice, placed } = await makeTalk({ instance: 'tab1' });
    bench.network.cut(alice.flow!, 'going', PAGE_GONE);
    await bench.run(4_900);
    expect(placed.session!.ended).toBe(false);
    await bench.run(200);
    expect(placed.session!.ended).toBe(true);
    expect((await bench.record()).call).toMatchObject({ status: 'completed', termination: { reason: 'flow-lost' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PAGE2] its next load takes the call up: re-INVITE with a description of its own, and BYE reaches the customer', async () => {
    const { bench, alice, placed, received, aliceLeg } = await makeTalk({ instance: 'tab1' });
    const snapshot = received.session!.snapshot();
    bench.network.cut(alice.flow!, 'going', PAGE_GONE);
    aliceLeg.fail();
    await bench.run(3_000);
    const next = await bench.browser();
    await bench.register(next, 'alice', { contact: contactOf(next, 'alice', 'tab1') });
    const session = next.endpoint.resume(snapshot, { flow: next.flow! });
    await bench.run(4_000); // Its media needs longer than the rest of the old one's time.
    expect(placed.session!.ended).toBe(false);
    expect(await reinvite(bench, session, received.media.offer({}))).toContain('m=audio');
    aliceLeg.connect();
    await bench.run(20_000);
    expect(placed.session!.ended).toBe(false);
    session.bye();
    await bench.run();
    expect(placed.session!.ended).toBe(true);
    await alice.endpoint.stop();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PAGE3] another page of the user takes the call up, and is then the one that is waited for', async () => {
    const { bench, alice, placed, received } = await makeTalk({ instance: 'tab1' });
    const other = await bench.registered('alice', { instance: 'tab2' });
    const snapshot = received.session!.snapshot();
    bench.network.cut(alice.flow!, 'going', PAGE_GONE);
    await bench.run(1_000);
    const session = other.endpoint.resume(snapshot, { flow: other.flow! });
    await reinvite(bench, session, received.media.offer({}));
    await bench.run(20_000);
    expect(placed.session!.ended).toBe(false);
    bench.network.cut(other.flow!);
    await bench.run(2_000);
    await other.connect('WS');
    await bench.register(other, 'alice', { contact: contactOf(other, 'alice', 'tab2') });
    session.rebind(other.flow!);
    await bench.run(20_000);
    expect(placed.session!.ended).toBe(false);
    placed.session!.bye();
    await bench.run();
    expect(session.ended).toBe(true);
    await alice.endpoint.stop();
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

describe('a page that is back and still asks for its microphone', () => {
  /** Gone by a reload with the media that it had, and registered again two seconds later. */
  async function reloaded() {
    const talk = await makeTalk({ instance: 'tab1' });
    const { bench, alice, aliceLeg } = talk;
    const snapshot = talk.received.session!.snapshot();
    bench.network.cut(alice.flow!, 'going', PAGE_GONE);
    aliceLeg.fail();
    await bench.run(2_000);
    const next = await bench.browser();
    await bench.register(next, 'alice', { contact: contactOf(next, 'alice', 'tab1') });
    const close = async () => {
      await alice.endpoint.stop();
      await next.endpoint.stop();
      return bench.close();
    };
    return { ...talk, snapshot, next, close };
  }

  it('[PROMPT1] has 15 s for its first re-INVITE, and then the usual time for its media', async () => {
    const { bench, placed, received, next, snapshot, close } = await reloaded();
    await bench.run(14_000);
    expect(placed.session!.ended).toBe(false);
    const session = next.endpoint.resume(snapshot, { flow: next.flow! });
    expect(await reinvite(bench, session, received.media.offer({}))).toContain('m=audio');
    await bench.run(4_800);
    expect(placed.session!.ended).toBe(false);
    await bench.run(400);
    expect(placed.session!.ended).toBe(true);
    expect((await bench.record()).call.termination).toMatchObject({ reason: 'media-lost' });
    expect(await close()).toEqual(nothingLeft);
  });

  it('[PROMPT2] also when its old media is noticed to be broken only then', async () => {
    const { bench, alice, placed, aliceLeg } = await makeTalk({ instance: 'tab1' });
    bench.network.cut(alice.flow!, 'going', PAGE_GONE);
    await bench.run(1_000);
    const next = await bench.browser();
    await bench.register(next, 'alice', { contact: contactOf(next, 'alice', 'tab1') });
    await bench.run(3_000);
    aliceLeg.fail();
    await bench.run(11_500);
    expect(placed.session!.ended).toBe(false);
    await bench.run(1_000);
    expect(placed.session!.ended).toBe(true);
    await alice.endpoint.stop();
    await next.endpoint.stop();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it.each([
    ['closes its connection again', undefined, 10_000],
    ['goes away again', PAGE_GONE, 5_000],
  ])('[PROMPT3] a page that %s is waited for no longer than any', async (_how, code, graceMs) => {
    const { bench, placed, next, close } = await reloaded();
    await bench.run(1_000);
    bench.network.cut(next.flow!, 'going', code);
    await bench.run(graceMs - 100);
    expect(placed.session!.ended).toBe(false);
    await bench.run(200);
    expect(placed.session!.ended).toBe(true);
    expect((await bench.record()).call.termination).toMatchObject({ reason: 'flow-lost' });
    expect(await close()).toEqual(nothingLeft);
  });

  it('[PROMPT4] one whose connection only broke gets no more than before', async () => {
    const { bench, alice, placed, aliceLeg } = await makeTalk({ instance: 'tab1' });
    bench.network.cut(alice.flow!);
    aliceLeg.fail();
    await bench.run(2_000);
    const next = await bench.browser();
    await bench.register(next, 'alice', { contact: contactOf(next, 'alice', 'tab1') });
    await bench.run(5_200);
    expect(placed.session!.ended).toBe(true);
    await alice.endpoint.stop();
    await next.endpoint.stop();
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

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

describe('media that is lost', () => {
  it('[MEDIA1] and does not come back: BYE to both sides', async () => {
    const { bench, placed, received, aliceLeg } = await makeTalk();
    aliceLeg.fail();
    await bench.run(4_900);
    expect(placed.session!.ended).toBe(false);
    await bench.run(200);
    expect([placed.session!.ended, received.session!.ended]).toEqual([true, true]);
    expect((await bench.record()).call).toMatchObject({
      status: 'completed',
      termination: { by: 'platform', reason: 'media-lost' },
    });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[MEDIA2] and comes back by an ICE restart: the call goes on', async () => {
    const { bench, placed, aliceLeg } = await makeTalk();
    aliceLeg.fail();
    await bench.run(3_000);
    aliceLeg.connect();
    await bench.run(20_000);
    expect(placed.session!.ended).toBe(false);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[MEDIA3] with its media process: BYE to both sides at once', async () => {
    const { bench, placed, received, aliceLeg, carrierLeg } = await makeTalk();
    aliceLeg.lose();
    carrierLeg.lose();
    await bench.run();
    expect([placed.session!.ended, received.session!.ended]).toEqual([true, true]);
    expect((await bench.record()).call.termination).toMatchObject({ reason: 'media-lost' });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[MEDIA4] by silence: the call ends when the limit is reached, and not when packets come again', async () => {
    const { bench, placed, carrierLeg } = await makeTalk({}, { silenceLimitMs: 60_000 });
    carrierLeg.fallSilent(20_000);
    carrierLeg.silentMs = 0;
    await bench.run(50_000);
    expect(placed.session!.ended).toBe(false);
    carrierLeg.fallSilent(20_000);
    carrierLeg.silentMs = 60_000;
    await bench.run(41_000);
    expect(placed.session!.ended).toBe(true);
    expect((await bench.record()).call.termination).toMatchObject({ reason: 'media-lost' });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[MEDIA5] while a device rings: its branch ends, the caller is told', async () => {
    const bench = await makeBench();
    await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier);
    await bench.run();
    for (const leg of bench.engine.legs) if (leg.kind === 'webrtc') leg.lose();
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 500 });
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

describe('late offers and crossing ends', () => {
  it('[OFFER1] an INVITE without SDP gets our offer in the 200, and the answer comes in the ACK', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier, { lateOffer: true });
    await bench.run();
    alice.calls[0]!.ring();
    alice.calls[0]!.answer();
    await bench.run();
    expect(placed.session).toBeDefined();
    const [carrierLeg, aliceLeg] = bench.engine.legs;
    expect(carrierLeg!.codec).toBe('PCMU');
    expect(bench.engine.partnerOf(carrierLeg!)).toBe(aliceLeg);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[OFFER2] nothing in common: 488, and nobody rings with nothing to say', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice', { codecs: ['opus'] });
    const bob = await bench.registered('bob', { codecs: ['PCMA'] });
    const media = alice.newMedia();
    const placed = alice.call(`sip:bob@${domain}`, `<sip:alice@${domain}>`, { sdp: media.offer({ codecs: ['opus'] }) });
    await bench.run();
    const { incoming } = bob.calls[0]!;
    expect(incoming.offer).not.toContain('PCMA');
    incoming.reject(488);
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 488 });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[OFFER3] an offer that is no session description is refused with 488 and rings nobody', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const placed = dialIn(carrier, { sdp: 'v=0\r\nnonsense\r\n' });
    await bench.run();
    expect(placed.failure).toMatchObject({ status: 488 });
    expect(alice.calls).toEqual([]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[END1] BYE of both sides at once ends the call once', async () => {
    const { bench, placed, received } = await makeTalk();
    bench.network.conditions.delayMs = 20;
    const ended: string[] = [];
    bench.board.switch.on('ended', (call) => ended.push(call.status));
    placed.session!.bye();
    received.session!.bye();
    await bench.run(200);
    expect(ended).toEqual(['completed']);
    expect((await bench.record()).events.filter((type) => type === 'call-ended')).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[END2] hangup by call sid ends both sides; an unknown sid is an error with a code', async () => {
    const { bench, placed, received } = await makeTalk();
    const [active] = bench.board.switch.listActive();
    bench.board.switch.hangup(active!.callSid);
    await bench.run();
    expect([placed.session!.ended, received.session!.ended]).toEqual([true, true]);
    expect((await bench.record()).call.termination).toMatchObject({ by: 'platform', reason: 'hangup' });
    expect(() => bench.board.switch.hangup('nope')).toThrowError(expect.objectContaining({ code: 'ERR_CALL' }));
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[END3] stop ends calls with BYE, refuses new ones with 503 and Retry-After, and waits for the records', async () => {
    const { bench, carrier, placed, received } = await makeTalk();
    let release = () => {};
    bench.store.before = () => new Promise((resolve) => (release = resolve));
    let stopped = false;
    const stopping = bench.board.stop().then(() => {
      stopped = true;
    });
    await bench.run();
    expect([placed.session!.ended, received.session!.ended]).toEqual([true, true]);
    expect(bench.sent('BYE')[0]!.text).toContain('Server shutting down');
    const refused = dialIn(carrier);
    await bench.run();
    expect(refused.failure).toMatchObject({ status: 503 });
    expect(refused.failure!.response!.headers.get('Retry-After')).toBe('10');
    expect(stopped).toBe(false);
    release();
    await bench.run();
    await stopping;
    expect((await bench.record()).call).toMatchObject({ status: 'completed', termination: { reason: 'shutdown' } });
    bench.store.before = () => {};
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[END5] stop catches the INVITE whose sender is still being looked up', async () => {
    const bench = await makeBench();
    await bench.registered('alice');
    const carrier = await bench.carrier();
    let release = () => {};
    const find = bench.directory.findDid.bind(bench.directory);
    bench.directory.findDid = async (dialled) => {
      await new Promise<void>((resolve) => (release = resolve));
      return find(dialled);
    };
    const placed = dialIn(carrier);
    await bench.run();
    const stopping = bench.board.stop();
    await bench.run();
    release();
    await bench.run();
    await stopping;
    expect(placed.failure).toMatchObject({ status: 503 });
    expect((await bench.record()).call).toMatchObject({ status: 'failed', termination: { reason: 'shutdown' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[END4] the far end never acknowledges our 200: both legs end', async () => {
    const bench = await makeBench();
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    bench.network.drop = (message) => message.startLine.startsWith('ACK') && message.from.host === '203.0.113.5';
    const placed = dialIn(carrier);
    await bench.run();
    alice.calls[0]!.answer();
    await bench.run(33_000);
    expect(alice.calls[0]!.session!.ended).toBe(true);
    expect(placed.session!.ended).toBe(true);
    expect((await bench.record()).call.termination).toMatchObject({ reason: 'no-ack' });
    expect(await bench.close()).toEqual(nothingLeft);
  });
});
