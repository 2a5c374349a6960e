import { MediaError, ringbackTone } from '@intermix/media';
import { describe, expect, it } from 'vitest';
import type { ConnectOutcome, ConnectRequest } from '../control/call-control.js';
import { nothingLeft } from '../testing/bench.js';
import type { FakeMediaLeg } from '../testing/fake-media-engine.js';
import type { Phone, Received } from '../testing/phone.js';
import { ProgramBench } from '../testing/program-bench.js';
import { reinvite } from '../testing/talk.js';
import { number } from '../testing/two-users.js';

const alice = { type: 'user', appId: 'app1', userId: 'u-alice' } as const;
const bob = { type: 'user', appId: 'app1', userId: 'u-bob' } as const;
/** Another number of the account. */
const second = '+918047110002';
const expert = { type: 'number', number: '+919812345678' } as const;

const dtmf = (signal: string) => ({ body: { type: 'application/dtmf-relay', content: `Signal=${signal}\r\n` } });

/** A customer whom a program has answered, and Alice's and Bob's pages. */
class Desk {
  outcome: ConnectOutcome | { problem: string } | undefined;
  readonly told: string[] = [];

  private constructor(
    readonly desk: ProgramBench,
    readonly placed: Awaited<ReturnType<ProgramBench['answered']>>,
    readonly alice: Phone,
    readonly bob: Phone,
  ) {}

  static async open(carrier = {}, config = {}): Promise<Desk> {
    const desk = await ProgramBench.open(config, carrier);
    const pages = [await desk.bench.registered('alice'), await desk.bench.registered('bob')] as const;
    return new Desk(desk, await desk.answered(), ...pages);
  }

  get bench() {
    return this.desk.bench;
  }

  get customer(): FakeMediaLeg {
    return this.desk.media;
  }

  /** Begins to connect; `outcome` is set when it is over. */
  async connect(request: ConnectRequest): Promise<void> {
    this.outcome = undefined;
    const onEvent: ConnectRequest['onEvent'] = ({ type, leg }) => this.told.push(`${type} ${leg.party}`);
    this.desk.control.connect({ onEvent, ...request }).then(
      (outcome) => {
        this.outcome = outcome;
      },
      (error: { problem: string }) => {
        this.outcome = { problem: error.problem };
      },
    );
    await this.bench.run();
  }

  /** What came to the carrier last. */
  get line(): Received {
    return this.desk.carrier.calls.at(-1)!;
  }

  partner(): FakeMediaLeg | undefined {
    return this.bench.engine.partnerOf(this.customer) as FakeMediaLeg | undefined;
  }

  async close(): Promise<void> {
    this.desk.program.finish();
    expect(await this.bench.close()).toEqual(nothingLeft);
  }
}

describe('a program connects its call', () => {
  it('[CONN1] rings all parties at once; the first that answers is joined, and the call outlives it', async () => {
    const desk = await Desk.open();
    const { bench } = desk;
    await desk.connect({ parties: [alice, bob, expert] });
    expect([desk.alice.calls.length, desk.bob.calls.length, desk.desk.carrier.calls.length]).toEqual([1, 1, 1]);
    expect(desk.customer.playing).toEqual(ringbackTone);
    expect(desk.line.incoming.request.from.uri.toString()).toContain(number);
    expect(desk.alice.calls[0]!.incoming.request.from.displayName).toBe('+919876543210');
    expect(desk.alice.calls[0]!.incoming.offer).not.toContain('opus');
    desk.alice.calls[0]!.ring();
    await bench.run();
    const session = desk.alice.calls[0]!.answer()!;
    await bench.run();
    expect([desk.bob.calls[0]!.cancelled, desk.line.cancelled]).toEqual([true, true]);
    expect(desk.customer.playing).toBeUndefined();
    expect(desk.partner()?.legId).toBe(desk.alice.calls[0]!.incoming.request.headers.get('LegSid'));
    expect(bench.board.switch.listActive()[0]).toMatchObject({ userId: 'u-alice', appId: 'app1' });

    await bench.run(4_500);
    session.bye();
    await bench.run();
    expect(desk.outcome).toEqual({
      ...{ status: 'completed', reason: 'hangup', party: 'u-alice', dialledSec: 5, talkedSec: 5, endedBy: 'callee' },
    });
    expect(desk.placed.session!.ended).toBe(false);
    expect(desk.partner()).toBeUndefined();
    expect(desk.told.slice(0, 3)).toEqual(['dial u-alice', 'dial u-bob', 'dial car_1']);
    expect(desk.told).toContain('ringing u-alice');
    expect(desk.told.indexOf('answered u-alice')).toBeGreaterThan(desk.told.indexOf('ringing u-alice'));
    expect(desk.told.at(-1)).toBe('ended u-alice');

    desk.desk.program.finish();
    await bench.run();
    const { call, legs, events } = await bench.record();
    expect(call).toMatchObject({ status: 'completed', userId: 'u-alice' });
    expect(legs.map(({ role, party, status, termination }) => [role, party, status, termination?.reason])).toEqual([
      ['caller', 'car_1', 'completed', 'hangup'],
      ['callee', 'u-alice', 'completed', 'hangup'],
      ['callee', 'u-bob', 'canceled', 'answered-elsewhere'],
      ['callee', 'car_1', 'canceled', 'answered-elsewhere'],
    ]);
    expect(legs[1]!.quality).toBeDefined();
    expect(events.filter((type) => type !== 'leg-ended')).toEqual([
      ...[
        'call-created',
        'call-answered',
        'connect-started',
        'leg-ringing',
        'leg-answered',
        'connect-ended',
        'call-ended',
      ],
    ]);
    await desk.close();
  });

  it.each([
    [486, 'busy', 'busy'],
    [603, 'busy', 'rejected'],
    [404, 'failed', 'unknown-number'],
    [503, 'failed', 'carrier-failed'],
    [480, 'no-answer', 'no-answer'],
  ])('[CONN2] the number gives %i: %s, and the calling party stays', async (sipStatus, status, reason) => {
    const desk = await Desk.open();
    await desk.connect({ parties: [expert] });
    desk.line.incoming.reject(sipStatus);
    await desk.bench.run(100);
    const party = expert.number;
    expect(desk.outcome).toMatchObject({ status, reason, party, talkedSec: 0, endedBy: 'callee' });
    expect(desk.customer.playing).toBeUndefined();
    expect(desk.placed.session!.ended).toBe(false);
    await desk.close();
  });

  it('[CONN3] nobody answers in the time that they may ring: CANCEL, no-answer', async () => {
    const desk = await Desk.open();
    await desk.connect({ parties: [alice, expert], ringTimeoutSec: 12 });
    desk.line.ring();
    await desk.bench.run(12_001);
    expect([desk.line.cancelled, desk.alice.calls[0]!.cancelled]).toEqual([true, true]);
    expect(desk.outcome).toMatchObject({ status: 'no-answer', reason: 'no-answer', dialledSec: 12 });
    expect(desk.placed.session!.ended).toBe(false);
    await desk.close();
  });

  it('[CONN4] the two may talk for the time that was set: then BYE to the other party', async () => {
    const desk = await Desk.open();
    await desk.connect({ parties: [expert], timeLimitSec: 60 });
    const session = desk.line.answer()!;
    await desk.bench.run();
    await desk.bench.run(59_900);
    expect(session.ended).toBe(false);
    await desk.bench.run(200);
    expect(session.ended).toBe(true);
    expect(desk.outcome).toMatchObject({
      status: 'completed',
      reason: 'time-limit',
      talkedSec: 60,
      endedBy: 'platform',
    });
    expect(desk.placed.session!.ended).toBe(false);
    await desk.close();
  });

  it('[CONN5] the calling party leaves while they ring: CANCEL, canceled', async () => {
    const desk = await Desk.open();
    await desk.connect({ parties: [alice, expert] });
    desk.line.ring();
    desk.placed.session!.bye();
    await desk.bench.run(10);
    expect([desk.line.cancelled, desk.alice.calls[0]!.cancelled]).toEqual([true, true]);
    expect(desk.outcome).toMatchObject({ status: 'canceled', endedBy: 'caller' });
    expect((await desk.bench.record()).call).toMatchObject({ status: 'completed', termination: { by: 'caller' } });
    await desk.close();
  });

  it('[CONN6] the calling party hangs up while the two talk: BYE to the other one', async () => {
    const desk = await Desk.open();
    await desk.connect({ parties: [expert] });
    const session = desk.line.answer()!;
    await desk.bench.run(2_000);
    desk.placed.session!.bye();
    await desk.bench.run(10);
    expect(session.ended).toBe(true);
    expect(desk.outcome).toMatchObject({ status: 'completed', endedBy: 'caller', talkedSec: 2 });
    await desk.close();
  });

  it('[CONN7] again and again in one call, one at a time', async () => {
    const desk = await Desk.open();
    await desk.connect({ parties: [alice] });
    const { control } = desk.desk;
    expect(await desk.desk.outcome(control.connect({ parties: [bob] }))).toBe('already-connecting');
    desk.alice.calls[0]!.incoming.reject(486);
    await desk.bench.run(10);
    expect(desk.outcome).toMatchObject({ status: 'busy', party: 'u-alice' });
    await desk.connect({ parties: [bob] });
    const session = desk.bob.calls[0]!.answer()!;
    await desk.bench.run();
    expect(desk.partner()).toBeDefined();
    session.bye();
    await desk.bench.run();
    expect(desk.outcome).toMatchObject({ status: 'completed', party: 'u-bob' });
    expect((await desk.bench.record()).legs).toHaveLength(3);
    await desk.close();
  });

  it('[CONN8] plays a file to who waits; one that cannot be played gives way to ringback, and is told', async () => {
    const desk = await Desk.open();
    await desk.connect({ parties: [expert], waiting: { file: 'music.wav' } });
    expect(desk.customer.playingFile).toMatchObject({ path: 'music.wav', loop: true });
    desk.line.incoming.reject(486);
    await desk.bench.run(100);
    expect(desk.customer.playingFile).toBeUndefined();
    desk.customer.failNext = new MediaError('bad-argument', 'text.wav is no WAV file');
    await desk.connect({ parties: [expert], waiting: { file: 'text.wav' } });
    expect(desk.customer.playing).toEqual(ringbackTone);
    expect((await desk.bench.record()).events).toContain('playing-failed');
    desk.line.incoming.reject(486);
    await desk.close();
  });

  it('[CONN9] early media of the only party takes the place of what it waits with', async () => {
    const desk = await Desk.open();
    await desk.connect({ parties: [expert] });
    desk.line.incoming.progress(183, {
      sdp: desk.line.media.answer(desk.line.media.read(desk.line.incoming.offer!)).sdp,
    });
    await desk.bench.run();
    expect(desk.customer.playing).toEqual(ringbackTone);
    desk.partner()!.connect();
    await desk.bench.run();
    expect(desk.customer.playing).toBeUndefined();
    desk.line.incoming.reject(486);
    await desk.bench.run(100);
    expect(desk.partner()).toBeUndefined();
    await desk.close();
  });

  it.each(['callee', 'both'] as const)('[CONN10] says to the %s what is to be said, then joins', async (to) => {
    const desk = await Desk.open();
    await desk.connect({ parties: [expert], announcement: { file: 'whisper.wav', to } });
    desk.line.answer();
    await desk.bench.run();
    const callee = desk.bench.engine.legs[1]!;
    expect(callee.playedFiles).toEqual(['whisper.wav']);
    expect(desk.customer.playedFiles).toEqual(to === 'both' ? ['whisper.wav'] : []);
    expect(desk.partner()).toBeUndefined();
    callee.finishFile();
    desk.customer.finishFile();
    await desk.bench.run();
    expect(desk.partner()).toBe(callee);
    desk.line.session!.bye();
    await desk.bench.run();
    await desk.close();
  });

  it('[CONN11] who leaves during the announcement is gone at once', async () => {
    const desk = await Desk.open();
    await desk.connect({ parties: [expert], announcement: { file: 'long.wav', to: 'both' } });
    desk.line.answer();
    await desk.bench.run();
    desk.line.session!.bye();
    await desk.bench.run();
    expect(desk.outcome).toMatchObject({ status: 'failed', reason: 'hangup', endedBy: 'callee', talkedSec: 0 });
    expect(desk.customer.playingFile).toBeUndefined();
    await desk.close();
  });

  it('[CONN12] hold by either side parts the two, and resume joins them', async () => {
    const desk = await Desk.open();
    await desk.connect({ parties: [alice] });
    desk.alice.calls[0]!.answer();
    await desk.bench.run();
    const { session, media } = desk.placed;
    for (const [who, its] of [
      [session!, media],
      [desk.alice.calls[0]!.session!, desk.alice.calls[0]!.media],
    ] as const) {
      await reinvite(desk.bench, who, its.offer({ direction: 'sendonly' }));
      expect(desk.partner()).toBeUndefined();
      await reinvite(desk.bench, who, its.offer({ direction: 'sendrecv' }));
      expect(desk.partner()).toBeDefined();
    }
    desk.alice.calls[0]!.session!.bye();
    await desk.bench.run();
    await desk.close();
  });

  it('[CONN13] digits by INFO cross both ways, and the program hears those of the calling party', async () => {
    const desk = await Desk.open();
    const heard: string[] = [];
    desk.desk.control.onDigit(({ digit }) => heard.push(digit));
    await desk.connect({ parties: [expert] });
    desk.line.answer();
    await desk.bench.run();
    await desk.bench.settled(desk.placed.session!.request('INFO', dtmf('1')));
    await desk.bench.settled(desk.line.session!.request('INFO', dtmf('2')));
    expect(desk.bench.engine.legs[1]!.digits).toMatchObject([{ digits: '1' }]);
    expect(desk.customer.digits).toMatchObject([{ digits: '2' }]);
    expect(heard).toEqual(['1']);
    desk.line.session!.bye();
    await desk.bench.run();
    await desk.close();
  });

  it.each<[string, ConnectRequest['parties'], string, string]>([
    ['a user who is not there', [{ ...alice, userId: 'u-none' }], 'failed', 'unknown-user'],
    ['what is no number', [{ type: 'number', number: 'help' }], 'failed', 'unknown-number'],
    ['a country that is closed', [{ type: 'number', number: '+14155550100' }], 'failed', 'not-allowed'],
    ['a number of the account itself, which would come back', [{ type: 'number', number }], 'failed', 'own-number'],
    ['nobody', [], 'no-answer', 'unreachable'],
  ])('[CONN14] to %s rings nobody', async (_who, parties, status, reason) => {
    const desk = await Desk.open();
    await desk.connect({ parties });
    expect(desk.outcome).toMatchObject({ status, reason, endedBy: 'platform', dialledSec: 0 });
    expect(desk.desk.carrier.calls).toEqual([]);
    await desk.close();
  });

  it('[CONN22] to a trunk: the exchange is asked for our number, and shown who calls', async () => {
    const desk = await Desk.open();
    const { bench } = desk;
    bench.directory.addCarrier({ id: 'car_pbx', sipAddress: '203.0.113.9' });
    bench.directory.addCarrier({ id: 'car_2', sipAddress: '203.0.113.10' });
    bench.directory.addDid('+918047100099', [], { carrierId: 'car_2' });
    bench.directory.addCarrier({ id: 'car_other', accountSid: 'other', sipAddress: '203.0.113.9' });
    await bench.board.refreshCarriers();
    const exchange = await bench.carrier({ host: '203.0.113.9' });
    const trunk = (carrierId: string) => [{ type: 'trunk', carrierId } as const];
    await desk.connect({ parties: trunk('car_pbx'), headers: [['X-Ticket', '42']] });
    const { request } = exchange.calls[0]!.incoming;
    expect(request.uri.toString()).toBe(`sip:${number}@203.0.113.9`);
    expect(request.from.uri.toString()).toMatch(/^sip:\+919876543210@/);
    const header = (name: string) => request.headers.get(name);
    expect([header('X-Exotel-TrunkSid'), header('X-Ticket')]).toEqual(['car_pbx', '42']);
    expect(header('X-Exotel-CallSid')).toBe(desk.desk.control.call.callSid);
    const session = exchange.calls[0]!.answer()!;
    await bench.run();
    session.bye();
    await bench.run();
    expect(desk.outcome).toMatchObject({ status: 'completed', party: number });
    for (const [carrierId, reason] of [
      ['car_other', 'unknown-trunk'],
      ['none', 'unknown-trunk'],
      ['car_1', 'own-number'], // It brings us this number, and would bring the call back.
      ['car_2', 'own-number'], // It brings another of the account's numbers: no exchange either.
    ] as const) {
      await desk.connect({ parties: trunk(carrierId) });
      expect(desk.outcome).toMatchObject({ status: 'failed', reason, party: carrierId });
    }
    expect(exchange.calls).toHaveLength(1);
    await desk.close();
  });

  it('[CONN15] a user of another account does not exist; one who is not registered is unreachable', async () => {
    const desk = await Desk.open();
    desk.bench.directory.addUser('eve', { accountSid: 'other', appId: 'app9' });
    desk.bench.directory.addUser('carol');
    await desk.connect({ parties: [{ type: 'user', appId: 'app9', userId: 'u-eve' }] });
    expect(desk.outcome).toMatchObject({ status: 'failed', reason: 'unknown-user' });
    await desk.connect({ parties: [{ type: 'user', appId: 'app1', userId: 'u-carol' }] });
    expect(desk.outcome).toMatchObject({ status: 'no-answer', reason: 'unreachable', party: 'u-carol' });
    await desk.close();
  });

  it('[CONN16] gives back the channels of its carrier, and sends the headers that are asked for', async () => {
    const desk = await Desk.open({ outboundChannels: 1 });
    for (let i = 0; i < 3; i++) {
      await desk.connect({ parties: [expert], headers: [['X-Ticket', '42']] });
      expect(desk.line.incoming.request.headers.get('X-Ticket')).toBe('42');
      desk.line.incoming.reject(486);
      await desk.bench.run(100);
      expect(desk.outcome).toMatchObject({ status: 'busy' });
    }
    await desk.connect({ parties: [expert, { type: 'number', number: '+919812345679' }] });
    expect(desk.desk.carrier.calls).toHaveLength(4); // One channel, one line.
    desk.line.incoming.reject(486);
    await desk.close();
  });

  it.each([
    [second, second, undefined],
    ['080 4711 0002', second, undefined],
    ['+918047119999', number, '+918047119999'],
  ])('[CONN21] to be shown as %s, it is shown as %s', async (callerId, shown, unknown) => {
    const desk = await Desk.open();
    desk.bench.directory.addDid(second, []);
    await desk.connect({ parties: [expert], callerId });
    expect(desk.line.incoming.request.from.uri.toString()).toContain(shown);
    const { events } = [...desk.bench.store.calls.values()][0]!;
    const started = events.find(({ type }) => type === 'connect-started');
    expect(started?.data.unknown_caller_id).toBe(unknown);
    desk.line.incoming.reject(486);
    await desk.close();
  });

  it("[CONN17] the other party's media process or connection is lost: the calling party stays", async () => {
    const desk = await Desk.open();
    await desk.connect({ parties: [alice] });
    desk.alice.calls[0]!.answer();
    await desk.bench.run();
    desk.bench.network.cut(desk.alice.flow!);
    await desk.bench.run(10_001);
    expect(desk.outcome).toMatchObject({ status: 'completed', reason: 'flow-lost', endedBy: 'platform' });
    await desk.connect({ parties: [bob] });
    desk.bob.calls[0]!.answer();
    await desk.bench.run();
    desk.bench.engine.legs.at(-1)!.lose();
    await desk.bench.run(100);
    expect(desk.outcome).toMatchObject({ status: 'completed', reason: 'media-lost' });
    expect(desk.placed.session!.ended).toBe(false);
    await desk.close();
  });

  it('[CONN18] an answer that cannot be used: 488 to that party, and the calling party stays', async () => {
    const desk = await Desk.open();
    await desk.connect({ parties: [expert] });
    const { incoming, media } = desk.line;
    const { sdp } = media.answer(media.read(incoming.offer!));
    const session = incoming.accept({
      sdp: sdp
        .replaceAll('PCMU/8000', 'G729/8000')
        .replace(/RTP\/AVP 0/, 'RTP/AVP 18')
        .replaceAll('rtpmap:0', 'rtpmap:18'),
    })!;
    await desk.bench.run(100);
    expect(session.ended).toBe(true);
    expect(desk.outcome).toMatchObject({ status: 'failed', reason: 'no-common-codec' });
    expect(desk.placed.session!.ended).toBe(false);
    await desk.close();
  });

  it('[CONN19] a directory that fails: the program hears of it, nothing rings, and no channel stays taken', async () => {
    const desk = await Desk.open({ outboundChannels: 1 });
    const find = desk.bench.directory.findUser;
    desk.bench.directory.findUser = async () => {
      throw new Error('no database');
    };
    await desk.connect({ parties: [alice, expert] });
    expect(desk.outcome).toBeDefined();
    desk.bench.directory.findUser = find;
    await desk.connect({ parties: [expert] });
    expect(desk.desk.carrier.calls).toHaveLength(1);
    desk.line.incoming.reject(486);
    await desk.close();
  });
});

it('[CONN20] nobody is rung for a call that ends as it is to be connected', async () => {
  const { desk, bench } = await Desk.open();
  const outcome = desk.outcome(desk.control.connect({ parties: [expert] }));
  desk.program.finish();
  await bench.run();
  expect(await outcome).toBe('call-over');
  expect(desk.carrier.calls).toEqual([]);
  expect(await bench.close()).toEqual(nothingLeft);
});
