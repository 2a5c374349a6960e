import { describe, expect, it } from 'vitest';
import { dialIn, makeBench } from '../testing/two-users.js';
import { type CallDurations, callDurations, lastSeenOf } from './call-durations.js';

/** A customer calls Alice, whose page rings after `silentMs`, for `ringMs`, and then talks for `talkMs`. */
async function callOf(times: { silentMs: number; ringMs: number; talkMs: number }): Promise<CallDurations[]> {
  const bench = await makeBench({}, ['u-alice']);
  const alice = await bench.registered('alice');
  const carrier = await bench.carrier();
  const customer = dialIn(carrier);
  const now = async () => {
    const { call, legs } = await bench.record();
    return callDurations(call, legs, new Date(bench.clock.now()));
  };
  await bench.clock.advanceAsync(times.silentMs);
  const seen: CallDurations[] = [];
  if (times.ringMs > 0) alice.calls[0]!.ring();
  await bench.clock.advanceAsync(times.ringMs);
  seen.push(await now());
  if (times.talkMs > 0) {
    alice.calls[0]!.answer();
    await bench.clock.advanceAsync(times.talkMs);
    seen.push(await now());
    customer.session!.bye();
  } else customer.outgoing.cancel();
  await bench.run(5);
  await bench.close();
  seen.push(await now());
  return seen;
}

describe('the times of a call', () => {
  it.each([
    [
      { silentMs: 400, ringMs: 6_500, talkMs: 31_900 },
      { totalSec: 39, ringSec: 7, talkSec: 32 },
    ],
    [
      { silentMs: 2_500, ringMs: 900, talkMs: 900 },
      { totalSec: 5, ringSec: 1, talkSec: 1 },
    ],
    [
      { silentMs: 900, ringMs: 4_900, talkMs: 0 },
      { totalSec: 6, ringSec: 5, talkSec: 0 },
    ],
    [
      { silentMs: 7_900, ringMs: 0, talkMs: 0 },
      { totalSec: 8, ringSec: 8, talkSec: 0 },
    ],
  ])('[TIME1] %j: %j', async (times, expected) => {
    expect((await callOf(times)).at(-1)).toEqual(expected);
  });

  it('[TIME3] of a call placed for a user: the customer’s ringing, not that of the user’s own device', async () => {
    const bench = await makeBench({}, ['u-alice']);
    const alice = await bench.registered('alice');
    const carrier = await bench.carrier();
    const user = (await bench.directory.findUser('app1', 'u-alice'))!;
    await bench.settled(bench.board.switch.placeCall({ user, to: '+919876543210' }));
    alice.calls[0]!.ring();
    await bench.clock.advanceAsync(20_000);
    alice.calls[0]!.answer();
    await bench.run(1_000);
    carrier.calls[0]!.ring();
    await bench.clock.advanceAsync(6_500);
    carrier.calls[0]!.answer();
    await bench.clock.advanceAsync(2_000);
    const { call, legs } = await bench.record();
    expect(callDurations(call, legs, new Date(bench.clock.now()))).toMatchObject({ ringSec: 7, talkSec: 2 });
    await bench.close();
  });

  it.each([
    [undefined, { totalSec: 8, ringSec: 7, talkSec: 0 }],
    ['10:00:05.000', { totalSec: 8, ringSec: 4, talkSec: 3 }],
  ])('[TIME4] end where the call was last seen when its server died, answered at %s', (answered, expected) => {
    const on = (time: string) => new Date(`2026-01-02T${time}Z`);
    const call = {
      ...{
        createdAt: on('10:00:00.000'),
        answeredAt: answered ? on(answered) : undefined,
        endedAt: on('11:30:00.000'),
      },
      ...({ status: 'failed', durationSec: expected.talkSec } as const),
      termination: { by: 'platform', reason: 'server-died', sipStatus: undefined } as const,
    };
    const events = [
      { type: 'call-created', at: on('10:00:00.000') },
      { type: 'leg-held', at: on('10:00:08.000') },
      { type: 'server-died', at: on('11:30:00.000') },
    ];
    const legs = [{ role: 'callee' as const, ringingAt: on('10:00:01.000') }];
    const lastSeenAt = lastSeenOf(call, events);
    expect(callDurations({ ...call, lastSeenAt }, legs, on('12:00:00.000'))).toEqual(expected);
    expect(lastSeenOf({ ...call, termination: undefined }, events)).toBeUndefined();
  });

  it('[TIME2] stand still where a part is over, and go on where it is not', async () => {
    const [ringing, talking] = await callOf({ silentMs: 1_000, ringMs: 6_500, talkMs: 31_900 });
    expect(ringing).toEqual({ totalSec: 8, ringSec: 7, talkSec: 0 });
    expect(talking).toEqual({ totalSec: 40, ringSec: 7, talkSec: 32 });
  });
});
