import { describe, expect, it } from 'vitest';
import { dialIn, makeBench } from '../testing/two-users.js';
import { type CallDurations, callDurations } from './call-durations.js';

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

  it('[TIME2] stand still where a part is over, and go on where it is not', async () => {
    const [ringing, talking] = await callOf({ silentMs: 1_000, ringMs: 6_500, talkMs: 31_900 });
    expect(ringing).toEqual({ totalSec: 8, ringSec: 7, talkSec: 0 });
    expect(talking).toEqual({ totalSec: 40, ringSec: 7, talkSec: 32 });
  });
});
