import { ringbackTone } from '@intermix/media';
import { describe, expect, it } from 'vitest';
import { CallError } from '../errors.js';
import type { CallRecord } from '../ports/call-store.js';
import type { SipUser } from '../ports/directory.js';
import type { CallOrder } from '../routing/placement.js';
import { Bench, nothingLeft } from '../testing/bench.js';
import type { FakeMediaLeg } from '../testing/fake-media-engine.js';
import type { Phone, Received } from '../testing/phone.js';
import { HeldProgram } from '../testing/program-bench.js';
import { number } from '../testing/two-users.js';

const first = '+919876543210';
const second = '+919812345678';
const from = { number: first, accountSid: 'acme' } as const;

class Office {
  private constructor(
    readonly bench: Bench,
    readonly alice: SipUser,
    readonly carrier: Phone,
  ) {}

  static async open(carrier = {}, config = {}): Promise<Office> {
    const bench = new Bench(config);
    const alice = bench.directory.addUser('alice');
    bench.directory.addCarrier(carrier);
    bench.directory.addDid(number, ['u-alice']);
    await bench.start();
    return new Office(bench, alice, await bench.carrier());
  }

  place(order: CallOrder): Promise<CallRecord> {
    return this.bench.settled(this.bench.board.switch.placeCall(order));
  }

  problemOf(order: CallOrder): Promise<string> {
    return this.place(order).then(
      () => 'none',
      (error: unknown) => (error instanceof CallError ? error.problem : String(error)),
    );
  }

  /** What came to the carrier for a number. */
  line(called: string): Received | undefined {
    return this.carrier.calls.find(({ incoming }) => incoming.request.uri.toString().includes(called));
  }

  media(role: 'caller' | 'callee'): FakeMediaLeg {
    const { legs } = [...this.bench.store.calls.values()][0]!;
    const id = [...legs.values()].find((leg) => leg.role === role)?.legId;
    return this.bench.engine.legs.find((leg) => leg.legId === id)!;
  }

  /** The first number has answered, and the second is being called. */
  static async waiting(order: Partial<CallOrder> = {}, config = {}) {
    const office = await Office.open({}, config);
    await office.place({ from, to: { number: second }, ...order });
    const session = office.line(first)!.answer()!;
    await office.bench.run();
    return { office, bench: office.bench, session };
  }
}

describe('a call by order', () => {
  it('[ORDER1] between two numbers: the first is dialled, then the second, then the two are joined', async () => {
    const office = await Office.open();
    const { bench } = office;
    const record = await office.place({
      from,
      to: { number: '098123 45678' },
      customField: 'order-42',
      callerId: number,
      callSid: '0123456789abcdef0123456789abcdef',
    });
    expect(record.callSid).toBe('0123456789abcdef0123456789abcdef');
    expect(record).toMatchObject({ direction: 'outbound', from: first, to: second, exophone: number });
    expect(record).toMatchObject({ accountSid: 'acme', appId: undefined, userId: undefined, customField: 'order-42' });
    expect(office.line(second)).toBeUndefined();
    expect(office.line(first)!.incoming.request.from.uri.toString()).toContain(number);
    office.line(first)!.ring();
    office.line(first)!.answer();
    await bench.run();
    expect(office.media('caller').playing).toEqual(ringbackTone);
    const far = office.line(second)!.answer()!;
    await bench.run();
    expect(office.media('caller').playing).toBeUndefined();
    expect(bench.engine.partnerOf(office.media('caller'))).toBe(office.media('callee'));
    await bench.run(2_500);
    far.bye();
    await bench.run();
    const { call, legs } = await bench.record();
    expect(call).toMatchObject({
      status: 'completed',
      durationSec: 3,
      termination: { by: 'callee', reason: 'hangup' },
    });
    expect(legs.map(({ role, kind, address }) => [role, kind, address])).toEqual([
      ['caller', 'carrier', first],
      ['callee', 'carrier', second],
    ]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[ORDER12] has the sid that its order gives it; one that is taken is refused', async () => {
    const office = await Office.open();
    const callSid = '0123456789abcdef0123456789abcdef';
    const order = { from, to: { number: second }, callSid };
    expect(await office.place(order)).toMatchObject({ callSid });
    expect(office.bench.board.switch.listActive()).toMatchObject([{ callSid }]);
    expect(await office.problemOf(order)).toBe('store-failed');
    expect(office.bench.board.switch.listActive()).toMatchObject([{ callSid }]);
    expect(office.carrier.calls).toHaveLength(1);
    expect(await office.bench.close()).toEqual(nothingLeft);
  });

  it('[ORDER2] between a number and a user, and a user and a user', async () => {
    const office = await Office.open();
    const { bench } = office;
    const bob = bench.directory.addUser('bob');
    const pages = [await bench.registered('alice'), await bench.registered('bob')] as const;
    const record = await office.place({ from, to: { user: office.alice } });
    expect(record).toMatchObject({ from: first, to: 'alice', appId: 'app1', userId: 'u-alice', exophone: number });
    office.line(first)!.answer();
    await bench.run();
    expect(pages[0].calls[0]!.incoming.request.from.displayName).toBe(first);
    pages[0].calls[0]!.answer();
    await bench.run();
    expect(bench.engine.partnerOf(office.media('caller'))).toBe(office.media('callee'));
    pages[0].calls[0]!.session!.bye();
    await bench.run(10);
    await office.place({ from: { user: office.alice }, to: { user: bob } });
    pages[0].calls[1]!.answer();
    await bench.run();
    expect(pages[1].calls[0]!.incoming.request.from.uri.toString()).toContain('alice');
    pages[1].calls[0]!.answer();
    await bench.run();
    expect(bench.board.switch.listActive()).toMatchObject([{ status: 'in-progress', to: 'bob' }]);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[ORDER13] a user who is called second is looked for when the first party has answered', async () => {
    const office = await Office.open();
    const { bench } = office;
    const page = await bench.registered('alice');
    await office.place({ from, to: { user: office.alice } });
    bench.network.cut(page.flow!);
    await page.connect('WS');
    await bench.register(page, 'alice'); // The page has loaded again while the first party rang.
    office.line(first)!.answer();
    await bench.run();
    page.calls.at(-1)!.answer();
    await bench.run();
    expect(bench.engine.partnerOf(office.media('caller'))).toBe(office.media('callee'));
    office.line(first)!.session!.bye();
    await bench.run(10);

    const second = await office.place({ from, to: { user: office.alice } });
    bench.network.cut(page.flow!);
    const line = office.carrier.calls.at(-1)!;
    const session = line.answer()!;
    await bench.run(10);
    expect(session.ended).toBe(true);
    expect(bench.store.calls.get(second.callSid)!.call).toMatchObject({
      status: 'no-answer',
      termination: { by: 'platform', reason: 'unreachable' },
    });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[ORDER3] for a program: it has the call when the first party has answered, which is when the call is answered', async () => {
    const office = await Office.open();
    const { bench } = office;
    const program = new HeldProgram('app1');
    const record = await office.place({ from, to: { program }, recording: { channels: 'dual' } });
    expect(record).toMatchObject({ from: first, to: number, appId: 'app1', direction: 'outbound' });
    expect(program.runs).toBe(0);
    const answered: string[] = [];
    bench.board.switch.on('answered', (call, leg) => answered.push(`${call.status} ${leg.role}`));
    const session = office.line(first)!.answer()!;
    await bench.run();
    expect(program.runs).toBe(1);
    expect(answered).toEqual(['in-progress caller']);
    expect(office.media('caller').playing).toBeUndefined(); // No ringback: a program speaks.
    expect(bench.board.switch.mediaOf(record.callSid)?.recording).toEqual({ channels: 'dual' });
    const outcome = program.control.connect({ parties: [{ type: 'number', number: second }] });
    await bench.run();
    office.line(second)!.answer();
    await bench.run();
    expect(bench.engine.partnerOf(office.media('caller'))).toBe(office.media('callee'));
    office.line(second)!.session!.bye();
    expect(await bench.settled(outcome)).toMatchObject({ status: 'completed', endedBy: 'callee' });
    program.finish();
    await bench.run();
    expect(session.ended).toBe(true);
    expect((await bench.record()).call).toMatchObject({ status: 'completed' });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[ORDER4] for a program, and the first party does not answer: the program never runs', async () => {
    const office = await Office.open();
    const program = new HeldProgram();
    await office.place({ from, to: { program }, ringTimeoutSec: 10 });
    await office.bench.run(10_001);
    expect(office.line(first)!.cancelled).toBe(true);
    expect(program.runs).toBe(0);
    expect((await office.bench.record()).call).toMatchObject({ status: 'no-answer', termination: { by: 'caller' } });
    expect(await office.bench.close()).toEqual(nothingLeft);
  });

  it('[ORDER5] each side may ring for the time of the order', async () => {
    const { office, bench, session } = await Office.waiting({ ringTimeoutSec: 12 });
    await bench.run(12_001);
    expect(office.line(second)!.cancelled).toBe(true);
    expect(session.ended).toBe(true);
    expect((await bench.record()).call).toMatchObject({ status: 'no-answer', termination: { by: 'callee' } });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[ORDER6] the talk is over when its time is: BYE to both', async () => {
    const { office, bench, session } = await Office.waiting({ timeLimitSec: 30 });
    await bench.run(5_000);
    const far = office.line(second)!.answer()!;
    await bench.run(29_900);
    expect([session.ended, far.ended]).toEqual([false, false]);
    await bench.run(200);
    expect([session.ended, far.ended]).toEqual([true, true]);
    const { call } = await bench.record();
    expect(call).toMatchObject({
      status: 'completed',
      durationSec: 30,
      termination: { by: 'platform', reason: 'time-limit' },
    });
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[ORDER7] a time limit beyond four hours is four hours', async () => {
    const { office, bench, session } = await Office.waiting({ timeLimitSec: 100_000 }, { silenceLimitMs: 0 });
    office.line(second)!.answer();
    await bench.run(14_400_100);
    expect(session.ended).toBe(true);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[ORDER8] the first party hears the file of the order while it waits, and ringback when there is none such', async () => {
    const { office, bench } = await Office.waiting({ waiting: { file: 'music.wav' } });
    expect(office.media('caller').playingFile).toMatchObject({ path: 'music.wav', loop: true });
    office.line(second)!.answer();
    await bench.run();
    expect(office.media('caller').playingFile).toBeUndefined();
    await bench.close();
  });

  it('[ORDER9] the announcement is said before the two are joined', async () => {
    const { office, bench } = await Office.waiting({ announcement: { file: 'consent.wav', to: 'both' } });
    office.line(second)!.answer();
    await bench.run();
    const [caller, callee] = [office.media('caller'), office.media('callee')];
    expect([caller.playingFile?.path, callee.playingFile?.path]).toEqual(['consent.wav', 'consent.wav']);
    expect(bench.engine.partnerOf(caller)).toBeUndefined();
    expect(bench.board.switch.listActive()[0]!.status).toBe('in-progress');
    caller.finishFile();
    callee.finishFile();
    await bench.run();
    expect(bench.engine.partnerOf(caller)).toBe(callee);
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it.each<[string, Partial<CallOrder>, string]>([
    ['a first party that is no number', { from: { number: 'nobody', accountSid: 'acme' } }, 'bad-number'],
    ['a second party that is no number', { to: { number: 'nobody' } }, 'bad-number'],
    ['a first party in a closed country', { from: { number: '+14155550100', accountSid: 'acme' } }, 'not-allowed'],
    ['a satellite telephone', { to: { number: '+881612345678' } }, 'not-allowed'],
    ['a first party that is a number of its own', { from: { number, accountSid: 'acme' } }, 'not-allowed'],
    ['a second party that is a number of its own', { to: { number: '080-47110001' } }, 'not-allowed'],
    ['a number to show that is not the account’s', { callerId: '+918047119999' }, 'no-virtual-number'],
    ['an account that has no numbers', { from: { number: first, accountSid: 'other' } }, 'no-virtual-number'],
  ])('[ORDER10] with %s is refused without a record, and holds nothing', async (_what, order, problem) => {
    const office = await Office.open({ outboundChannels: 2 });
    const { bench } = office;
    for (let i = 0; i < 3; i++)
      expect(await office.problemOf({ from, to: { number: second }, ...order })).toBe(problem);
    expect(bench.store.calls.size).toBe(0);
    expect(await office.problemOf({ from, to: { number: second } })).toBe('none');
    expect(await bench.close()).toEqual(nothingLeft);
  });

  it('[ORDER11] to a user without a device, or beyond the channels for both sides: refused', async () => {
    const office = await Office.open({ outboundChannels: 1 });
    expect(await office.problemOf({ from, to: { user: office.alice } })).toBe('device-off');
    expect(await office.problemOf({ from, to: { number: second } })).toBe('carrier-channels');
    expect(await office.problemOf({ from, to: { program: new HeldProgram() } })).toBe('none');
    expect(await office.bench.close()).toEqual(nothingLeft);
  });
});
