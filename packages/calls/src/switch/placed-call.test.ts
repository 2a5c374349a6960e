import { ringbackTone } from '@intermix/media';
import { describe, expect, it } from 'vitest';
import { CallError } from '../errors.js';
import type { CallRecord } from '../ports/call-store.js';
import type { SipUser } from '../ports/directory.js';
import { Bench, domain, nothingLeft } from '../testing/bench.js';
import type { FakeMediaLeg } from '../testing/fake-media-engine.js';
import type { Phone, Received } from '../testing/phone.js';
import { dialIn, number } from '../testing/two-users.js';

const customer = '+919876543210';
const alicesPhone = '+919800000001';
const both = { devices: { sip: true, phone: true }, phone: alicesPhone };
const phoneOnly = { devices: { sip: false, phone: true }, phone: alicesPhone };

class Desk {
  private constructor(
    readonly bench: Bench,
    readonly alice: SipUser,
    readonly carrier: Phone,
  ) {}

  static async open(user: Partial<SipUser> = {}, carrier = {}, config = {}): Promise<Desk> {
    const bench = new Bench(config);
    const alice = bench.directory.addUser('alice', user);
    bench.directory.addUser('bob');
    bench.directory.addCarrier(carrier);
    bench.directory.addDid(number, ['u-alice']);
    await bench.start();
    return new Desk(bench, alice, await bench.carrier());
  }

  place(to = customer, customField?: string): Promise<CallRecord> {
    return this.bench.settled(this.bench.board.switch.placeCall({ user: this.alice, to, customField }));
  }

  problemOf(placing: Promise<unknown>): Promise<string> {
    return placing.then(
      () => 'none',
      (error: unknown) => (error instanceof CallError ? error.problem : String(error)),
    );
  }

  /** What came to the carrier for a number. */
  line(to = customer): Received | undefined {
    return this.carrier.calls.find(({ incoming }) => incoming.request.uri.toString().includes(to));
  }

  media(role: 'caller' | 'callee'): FakeMediaLeg {
    const { legs } = [...this.bench.store.calls.values()][0]!;
    const id = [...legs.values()].find((leg) => leg.role === role && leg.termination?.reason !== 'answered-elsewhere');
    return this.bench.engine.legs.find((leg) => leg.legId === id?.legId)!;
  }

  /** Alice's browser has answered, and the customer is being dialled. */
  static async talking(user: Partial<SipUser> = {}, carrier = {}, config = {}) {
    const desk = await Desk.open(user, carrier, config);
    const browser = await desk.bench.registered('alice');
    const placed = await desk.place();
    const session = browser.calls[0]!.answer()!;
    await desk.bench.run();
    return { desk, bench: desk.bench, browser, placed, session, line: desk.line()! };
  }
}

/** The Reason header of the only BYE that went out to a host. */
function reasonOfBye(bench: Bench): string | undefined {
  return /^Reason: (.*)$/m.exec(bench.sent('BYE')[0]?.text ?? '')?.[1]?.trim();
}

describe('a call placed for a user', () => {
  it('[PLACE1] rings the user, then the other party, and joins them', async () => {
    const desk = await Desk.open();
    const { bench } = desk;
    const browser = await bench.registered('alice');
    const told: string[] = [];
    bench.board.switch.on('callCreated', (call) => told.push(`created ${call.status}`));
    bench.board.switch.on('legRinging', (_call, leg) => told.push(`ringing ${leg.role}`));
    bench.board.switch.on('legAnswered', (_call, leg) => told.push(`leg answered ${leg.role}`));
    bench.board.switch.on('answered', (_call, leg) => told.push(`answered ${leg.role}`));
    bench.board.switch.on('ended', (call) => told.push(`ended ${call.status}`));

    const record = await desk.place('098765 43210', 'order-42');
    expect(record).toMatchObject({ status: 'queued', direction: 'outbound', userId: 'u-alice', appId: 'app1' });
    expect(record).toMatchObject({ from: number, exophone: number, to: customer, customField: 'order-42' });
    expect((await bench.record()).call.customField).toBe('order-42');
    const { request } = browser.calls[0]!.incoming;
    expect(request.headers.get('X-Exotel-CallSid')).toBe(record.callSid);
    expect(request.headers.get('LegSid')).toMatch(/^leg_/);
    expect(request.from.displayName).toBe(customer);
    expect(request.from.uri.toString()).toBe(`sip:${customer}@${domain}`);
    browser.calls[0]!.ring();
    await bench.run();
    expect(desk.carrier.calls).toEqual([]); // Not before the user has answered.

    const session = browser.calls[0]!.answer()!;
    await bench.run();
    const line = desk.line()!;
    expect(line.incoming.request.from.uri.toString()).toContain(number);
    expect(desk.media('caller').playing).toEqual(ringbackTone);
    line.ring();
    await bench.run();
    expect(desk.media('caller').playing).toEqual(ringbackTone);
    line.answer();
    await bench.run();
    expect(desk.media('caller').playing).toBeUndefined();
    expect(bench.engine.partnerOf(desk.media('caller'))).toBe(desk.media('callee'));
    expect(bench.sent('INVITE')).toHaveLength(2); // The user's dialog stays as it was: no re-INVITE.

    await bench.run(5_000);
    session.bye();
    await bench.run();
    const { call, legs, events } = await bench.record();
    expect(call).toMatchObject({
      status: 'completed',
      durationSec: 6,
      userId: 'u-alice',
      termination: { by: 'caller' },
    });
    expect(legs.map(({ role, kind, userId, device }) => [role, kind, userId, device])).toEqual([
      ['caller', 'browser', 'u-alice', 'sip'],
      ['callee', 'carrier', undefined, undefined],
    ]);
    expect(events).toEqual([
      'call-created',
      'leg-ringing',
      'leg-answered',
      'leg-ringing',
      'call-answered',
      'call-ended',
    ]);
    expect(told).toEqual([
      'created queued',
      'ringing caller',
      'leg answered caller',
      'ringing callee',
      'answered callee',
      'ended completed',
    ]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE2] offers the user G.711 alone, and the other party what the user took first', async () => {
    const { desk, bench, browser, line } = await Desk.talking();
    expect(browser.calls[0]!.incoming.offer).not.toContain('opus');
    expect(browser.calls[0]!.incoming.offer).toContain('PCMA');
    expect(line.incoming.offer).toMatch(/m=audio \d+ RTP\/AVP 0 8 /);
    line.incoming.accept({
      sdp: line.media.answer(line.media.read(line.incoming.offer!), { codecs: ['PCMA'] }).sdp,
    });
    await bench.run();
    expect([desk.media('caller').codec, desk.media('callee').codec]).toEqual(['PCMU', 'PCMA']);
    expect(bench.engine.partnerOf(desk.media('callee'))).toBe(desk.media('caller'));
    expect(bench.sent('INVITE')).toHaveLength(2); // By table: nobody is asked to change.
    await bench.close();
  });

  it("[PLACE3] lets the user hear the carrier's early media in place of ringback", async () => {
    const { desk, bench, line } = await Desk.talking();
    const { sdp } = line.media.answer(line.media.read(line.incoming.offer!));
    line.incoming.progress(183, { sdp });
    await bench.run();
    expect(bench.engine.partnerOf(desk.media('caller'))).toBe(desk.media('callee'));
    expect((await bench.record()).call.status).toBe('ringing');
    expect(desk.media('caller').playing).toEqual(ringbackTone); // Announced, and nothing to hear yet.
    desk.media('callee').connect();
    await bench.run();
    expect(desk.media('caller').playing).toBeUndefined();
    line.incoming.accept({ sdp });
    await bench.run();
    expect((await bench.record()).call.status).toBe('in-progress');
    await bench.close();
  });

  it.each([
    [486, 'busy', 'busy', 'SIP;cause=486;text="Busy Here"'],
    [603, 'busy', 'rejected', 'SIP;cause=603;text="Decline"'],
    [404, 'failed', 'unknown-number', 'SIP;cause=404;text="Not Found"'],
    [503, 'failed', 'carrier-failed', 'SIP;cause=502;text="Bad Gateway"'],
  ])('[PLACE4] hangs up the user when the other party gives %i, and says why', async (code, status, reason, header) => {
    const { bench, session, line } = await Desk.talking();
    line.incoming.reject(code);
    await bench.run(1_000);
    expect(session.ended).toBe(true);
    expect(reasonOfBye(bench)).toBe(header);
    const { call } = await bench.record();
    expect(call).toMatchObject({ status, durationSec: 0, termination: { by: 'callee', reason } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE5] gives up when the other party does not answer in the ring time', async () => {
    const { bench, session, line } = await Desk.talking();
    line.ring();
    await bench.run(30_001);
    expect(line.cancelled).toBe(true);
    expect(session.ended).toBe(true);
    expect(reasonOfBye(bench)).toBe('SIP;cause=480;text="No Answer"');
    const { call } = await bench.record();
    expect(call).toMatchObject({ status: 'no-answer', termination: { by: 'callee', reason: 'no-answer' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE6] never dials the other party when the user does not answer', async () => {
    const desk = await Desk.open();
    const { bench } = desk;
    const browser = await bench.registered('alice');
    await desk.place();
    browser.calls[0]!.ring();
    await bench.run(30_001);
    expect(browser.calls[0]!.cancelled).toBe(true);
    expect(desk.carrier.calls).toEqual([]);
    const { call, legs } = await bench.record();
    expect(call).toMatchObject({ status: 'no-answer', termination: { by: 'caller', reason: 'no-answer' } });
    expect(legs).toHaveLength(1);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it.each([
    [486, undefined, 'busy', 'busy'],
    [603, undefined, 'busy', 'rejected'],
    [480, '4001', 'busy', 'busy'],
  ])('[PLACE7] never dials the other party when the user gives %i', async (code, phrase, status, reason) => {
    const desk = await Desk.open({}, { outboundChannels: 1 });
    const { bench } = desk;
    const browser = await bench.registered('alice');
    await desk.place();
    browser.calls[0]!.incoming.reject(code, phrase ? { reason: phrase } : {});
    await bench.run(100);
    const { call } = await bench.record();
    expect(call).toMatchObject({ status, termination: { by: 'caller', reason } });
    await desk.place(); // The channel that was held for the other party is free again.
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE8] cancels the other party when the user hangs up while it rings', async () => {
    const { bench, session, line } = await Desk.talking();
    line.ring();
    await bench.run();
    session.bye();
    await bench.run();
    expect(line.cancelled).toBe(true);
    const { call } = await bench.record();
    expect(call).toMatchObject({ status: 'canceled', termination: { by: 'caller', reason: 'cancelled' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE9] the other party hangs up', async () => {
    const { bench, session, line } = await Desk.talking();
    const far = line.answer()!;
    await bench.run(2_000);
    far.bye();
    await bench.run();
    expect(session.ended).toBe(true);
    expect((await bench.record()).call).toMatchObject({ status: 'completed', termination: { by: 'callee' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });
});

it("[PLACE14] an answer of the user's that cannot be used ends the call; the other party is never dialled", async () => {
  const desk = await Desk.open();
  const { bench } = desk;
  const browser = await bench.registered('alice');
  await desk.place();
  const { incoming, media } = browser.calls[0]!;
  const { sdp } = media.answer(media.read(incoming.offer!));
  const session = incoming.accept({
    sdp: sdp
      .replaceAll('PCMU/8000', 'G729/8000')
      .replace(/RTP\/SAVPF 0/, 'RTP/SAVPF 96')
      .replaceAll('rtpmap:0', 'rtpmap:96'),
  })!;
  await bench.run(100);
  expect(session.ended).toBe(true);
  expect(reasonOfBye(bench)).toContain('cause=488');
  expect(desk.carrier.calls).toEqual([]);
  expect((await bench.record()).call).toMatchObject({ status: 'failed', termination: { reason: 'no-common-codec' } });
  expect(await bench.close()).toEqual(nothingLeft);
});

it('[PLACE15] digits cross once the two are joined, and go nowhere before', async () => {
  const { desk, bench, session, line } = await Desk.talking();
  const press = () =>
    session.request('INFO', {
      body: { type: 'application/dtmf-relay', content: 'Signal=5\r\nDuration=240\r\n' },
    });
  expect((await bench.settled(press())).status).toBe(200);
  line.answer();
  await bench.run();
  expect((await bench.settled(press())).status).toBe(200);
  expect(desk.media('callee').digits).toEqual([{ digits: '5', durationMs: 240 }]);
  await bench.close();
});

describe("the user's devices in a call placed for it", () => {
  it('[PLACE10] ring together; the telephone line wins and is dialled by our number', async () => {
    const desk = await Desk.open(both);
    const { bench } = desk;
    const browser = await bench.registered('alice');
    await desk.place();
    const own = desk.line(alicesPhone)!;
    expect(own.incoming.request.from.uri.toString()).toContain(number);
    expect(browser.calls).toHaveLength(1);
    const session = own.answer()!;
    await bench.run();
    expect(browser.calls[0]!.cancelled).toBe(true);
    desk.line()!.answer();
    await bench.run();
    expect(bench.engine.partnerOf(desk.media('caller'))).toBe(desk.media('callee'));
    session.bye();
    await bench.run();
    const { call, legs } = await bench.record();
    expect(call.status).toBe('completed');
    expect(legs.map(({ role, device, status }) => [role, device, status])).toEqual([
      ['caller', 'sip', 'canceled'],
      ['caller', 'phone', 'completed'],
      ['callee', undefined, 'completed'],
    ]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE11] two browsers and both answer: the first has the call, the other is hung up', async () => {
    const desk = await Desk.open();
    const { bench } = desk;
    const [first, second] = [await bench.registered('alice'), await bench.registered('alice')];
    await desk.place();
    const won = first.calls[0]!.answer()!;
    const lost = second.calls[0]!.answer()!;
    await bench.run(100);
    expect([won.ended, lost.ended]).toEqual([false, true]);
    expect(desk.carrier.calls).toHaveLength(1);
    await bench.close();
  });

  it('[PLACE12] one fails, the other goes on', async () => {
    const desk = await Desk.open(both);
    const { bench } = desk;
    const browser = await bench.registered('alice');
    await desk.place();
    desk.line(alicesPhone)!.incoming.reject(486);
    await bench.run();
    browser.calls[0]!.answer();
    await bench.run();
    expect(desk.line()).toBeDefined();
    await bench.close();
  });

  it("[PLACE13] the line's own early media is not the answer, but may hold it", async () => {
    const desk = await Desk.open(phoneOnly);
    const { bench } = desk;
    await desk.place();
    const own = desk.line(alicesPhone)!;
    const { sdp } = own.media.answer(own.media.read(own.incoming.offer!));
    own.incoming.progress(183, { sdp });
    await bench.run();
    expect(desk.line()).toBeUndefined();
    own.incoming.accept({ sdp });
    await bench.run();
    desk.line()!.answer();
    await bench.run();
    expect((await bench.record()).call.status).toBe('in-progress');
    await bench.close();
  });
});

describe('an order to place a call', () => {
  it.each([
    ['a word', 'nobody', 'bad-number'],
    ['nothing', '', 'bad-number'],
    ['a country that is closed', '+14155550100', 'not-allowed'],
    ['a satellite telephone', '+881612345678', 'not-allowed'],
  ])('[PLACE20] to %s is refused without a record', async (_what, to, problem) => {
    const desk = await Desk.open();
    await desk.bench.registered('alice');
    expect(await desk.problemOf(desk.place(to))).toBe(problem);
    expect(desk.bench.store.calls.size).toBe(0);
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it.each<[string, Partial<SipUser>]>([
    ['registered nothing', {}],
    ['switched the telephone on and has no number', { devices: { sip: false, phone: true } }],
  ])('[PLACE21] for a user who has %s: device-off', async (_what, user) => {
    const desk = await Desk.open(user, { outboundChannels: 1 });
    expect(await desk.problemOf(desk.place())).toBe('device-off');
    await desk.bench.registered('alice');
    if (!user.devices) await desk.place(); // And no channel stays taken.
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE22] for a user whose registered browsers are switched off: device-off', async () => {
    const desk = await Desk.open({ devices: { sip: false, phone: true } });
    const browser = await desk.bench.registered('alice');
    expect(await desk.problemOf(desk.place())).toBe('device-off');
    expect(browser.calls).toEqual([]);
    await desk.bench.close();
  });

  it('[PLACE23] with a virtual number that is none of the account: no-virtual-number', async () => {
    const desk = await Desk.open({ virtualNumber: '+918047119999' });
    await desk.bench.registered('alice');
    expect(await desk.problemOf(desk.place())).toBe('no-virtual-number');
    desk.bench.directory.dids.length = 0;
    expect(await desk.problemOf(desk.place())).toBe('no-virtual-number');
    await desk.bench.close();
  });

  it.each([
    [{ outboundChannels: 0 }, 'carrier-channels'],
    [{ outboundBurst: 1, outboundCps: 0.01 }, 'carrier-rate'],
  ])('[PLACE24] beyond the limits %j of the carrier: %s', async (limits, problem) => {
    const desk = await Desk.open({}, limits);
    const browser = await desk.bench.registered('alice');
    if (problem === 'carrier-rate') {
      await desk.place();
      browser.calls[0]!.incoming.reject(486);
      await desk.bench.run(100);
    }
    expect(await desk.problemOf(desk.place())).toBe(problem);
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE25] for a user who talks, rings, or is rung for another order: device-busy', async () => {
    const desk = await Desk.open({}, { outboundChannels: 2 });
    const { bench } = desk;
    const browser = await bench.registered('alice');
    const inbound = dialIn(desk.carrier);
    await bench.run();
    expect(await desk.problemOf(desk.place())).toBe('device-busy'); // It rings.
    browser.calls[0]!.answer();
    await bench.run();
    expect(await desk.problemOf(desk.place())).toBe('device-busy'); // It talks.
    inbound.session!.bye();
    await bench.run(100);
    const [first, second] = [desk.place(), desk.problemOf(desk.place())];
    expect((await first).status).toBe('queued');
    expect(await second).toBe('device-busy');
    browser.calls[1]!.answer();
    await bench.run();
    expect(desk.line()).toBeDefined();
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE26] while the switch stops, or without media: unavailable', async () => {
    const desk = await Desk.open();
    await desk.bench.registered('alice');
    desk.bench.engine.ready = false;
    expect(await desk.problemOf(desk.place())).toBe('unavailable');
    desk.bench.engine.ready = true;
    desk.bench.board.switch.drain();
    expect(await desk.problemOf(desk.place())).toBe('unavailable');
    await desk.bench.close();
  });

  it('[PLACE27] that cannot be recorded rings nobody: store-failed', async () => {
    const desk = await Desk.open({}, { outboundChannels: 1 });
    const browser = await desk.bench.registered('alice');
    desk.bench.store.before = (write) => {
      if (write === 'create') throw new Error('disk full');
    };
    expect(await desk.problemOf(desk.place())).toBe('store-failed');
    expect(browser.calls).toEqual([]);
    desk.bench.store.before = () => {};
    await desk.place();
    expect(browser.calls).toHaveLength(1);
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });
});

describe('a call placed for a user ends from outside', () => {
  it('[PLACE30] by hangup while the user rings, and while the other party does', async () => {
    const desk = await Desk.open();
    const { bench } = desk;
    const browser = await bench.registered('alice');
    const { callSid } = await desk.place();
    bench.board.switch.hangup(callSid);
    await bench.run(100);
    expect(browser.calls[0]!.cancelled).toBe(true);
    const second = await desk.place();
    const session = browser.calls[1]!.answer()!;
    await bench.run();
    bench.board.switch.hangup(second.callSid);
    await bench.run(100);
    expect([session.ended, desk.line()!.cancelled]).toEqual([true, true]);
    const statuses = [...bench.store.calls.values()].map(({ call }) => [call.status, call.termination?.reason]);
    expect(statuses).toEqual([
      ['canceled', 'hangup'],
      ['canceled', 'hangup'],
    ]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE31] by stop: both sides hear of the shutdown', async () => {
    const { bench, session, line } = await Desk.talking();
    line.ring();
    await bench.run();
    await bench.settled(bench.board.stop());
    await bench.run();
    expect([session.ended, line.cancelled]).toEqual([true, true]);
    expect(reasonOfBye(bench)).toContain('cause=503');
    expect((await bench.record()).call).toMatchObject({ status: 'failed', termination: { reason: 'shutdown' } });
  });

  it("[PLACE32] the user's connection breaks while it rings, and its device was the last", async () => {
    const desk = await Desk.open();
    const browser = await desk.bench.registered('alice');
    await desk.place();
    desk.bench.network.cut(browser.flow!);
    await desk.bench.run(100);
    const { call } = await desk.bench.record();
    expect(call).toMatchObject({ status: 'no-answer', termination: { by: 'caller', reason: 'flow-lost' } });
    expect(desk.carrier.calls).toEqual([]);
    expect(await desk.bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE33] the user comes back in the grace while the other party rings, or does not', async () => {
    const { bench, browser, line } = await Desk.talking();
    line.ring();
    bench.network.cut(browser.flow!);
    await bench.run(5_000);
    expect(line.cancelled).toBe(false);
    await browser.connect('WS');
    await bench.register(browser, 'alice');
    await bench.run(10_000);
    expect(line.cancelled).toBe(false);
    bench.network.cut(browser.flow!);
    await bench.run(10_001);
    expect(line.cancelled).toBe(true);
    expect((await bench.record()).call).toMatchObject({ status: 'canceled', termination: { reason: 'flow-lost' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it.each(['caller', 'callee'] as const)('[PLACE34] the media process of the %s dies', async (role) => {
    const { desk, bench, session, line } = await Desk.talking();
    line.ring();
    await bench.run();
    desk.media(role).lose();
    await bench.run(100);
    expect([session.ended, line.cancelled]).toEqual([true, true]);
    expect((await bench.record()).call.termination?.reason).toBe('media-lost');
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE35] the record of the answer comes before the other party is dialled', async () => {
    const desk = await Desk.open();
    const { bench } = desk;
    const browser = await bench.registered('alice');
    await desk.place();
    let letThrough = () => {};
    bench.store.before = () => new Promise<void>((resolve) => (letThrough = resolve));
    browser.calls[0]!.answer();
    await bench.run(500);
    expect(desk.carrier.calls).toEqual([]);
    bench.store.before = () => {};
    letThrough();
    await bench.run();
    expect(desk.carrier.calls).toHaveLength(1);
    expect((await bench.record()).legs.map(({ role }) => role)).toEqual(['caller', 'callee']);
    await bench.close();
  });

  it('[PLACE37] an answer of the user that is slow to be written delays the other party by a second at most', async () => {
    const desk = await Desk.open();
    const { bench } = desk;
    const browser = await bench.registered('alice');
    await desk.place();
    let letThrough = () => {};
    bench.store.before = () => new Promise<void>((resolve) => (letThrough = resolve));
    const session = browser.calls[0]!.answer()!;
    await bench.run(900);
    expect(desk.carrier.calls).toEqual([]);
    await bench.run(200);
    desk.line()!.answer();
    await bench.run(1_100);
    expect(session.ended).toBe(false);
    bench.store.before = () => {};
    letThrough();
    await bench.run();
    const { call, events } = await bench.record();
    expect(call.status).toBe('in-progress');
    expect(events).toEqual(['call-created', 'leg-answered', 'call-answered']);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE38] an answer of the user that is never written: the talk goes on, and later steps bring the legs', async () => {
    const desk = await Desk.open();
    const { bench } = desk;
    const browser = await bench.registered('alice');
    await desk.place();
    bench.store.before = () => {
      throw new Error('the table is locked');
    };
    const session = browser.calls[0]!.answer()!;
    await bench.run(4_000);
    bench.store.before = () => {};
    const line = desk.line()!;
    line.ring();
    await bench.run();
    line.answer();
    await bench.run(1_000);
    expect([session.ended, line.session!.ended]).toEqual([false, false]);
    session.bye();
    await bench.run();
    const { call, legs, events } = await bench.record();
    expect(call).toMatchObject({ status: 'completed', durationSec: 1 });
    expect(events).toEqual(['call-created', 'leg-ringing', 'call-answered', 'call-ended']);
    const talked = legs.map(({ role, status, answeredAt }) => [role, status, answeredAt !== undefined]);
    expect(talked).toEqual([
      ['caller', 'completed', true],
      ['callee', 'completed', true],
    ]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[PLACE36] the user hangs up while its answer is being written: the other party is never dialled', async () => {
    const desk = await Desk.open({}, { outboundChannels: 1 });
    const { bench } = desk;
    const browser = await bench.registered('alice');
    await desk.place();
    let letThrough = () => {};
    bench.store.before = () => new Promise<void>((resolve) => (letThrough = resolve));
    const session = browser.calls[0]!.answer()!;
    await bench.run(100);
    session.bye();
    await bench.run();
    bench.store.before = () => {};
    letThrough();
    await bench.run(100);
    expect(desk.carrier.calls).toEqual([]);
    expect((await bench.record()).call).toMatchObject({ status: 'canceled' });
    await desk.place();
    expect(await bench.close()).toEqual(nothingLeft);
  });
});
