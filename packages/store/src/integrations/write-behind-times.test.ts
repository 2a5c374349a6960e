import { silentLogger } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { expect, it } from 'vitest';
import { WriteBehindTimes } from './write-behind-times.js';

function makeTimes(failing = { times: 0 }) {
  const clock = new FakeClock();
  const written: Array<Record<string, number>> = [];
  const times = new WriteBehindTimes({
    ...{ clock, logger: silentLogger, what: 'uses' },
    write: async (batch) => {
      if (failing.times-- > 0) throw new Error('no database');
      written.push(Object.fromEntries(batch.map(([key, at]) => [key, at.getTime()])));
    },
  });
  return { clock, times, written };
}

it('writes the newest time of each key, once a minute', async () => {
  const { clock, times, written } = makeTimes();
  for (const at of [1, 3, 2]) times.note('asha', new Date(at));
  times.note('ravi', new Date(5));
  await clock.advanceAsync(59_999);
  expect(written).toEqual([]);
  await clock.advanceAsync(1);
  expect(written).toEqual([{ asha: 3, ravi: 5 }]);
  await clock.advanceAsync(600_000);
  expect(written).toHaveLength(1);
  times.note('asha', new Date(9));
  await clock.advanceAsync(60_000);
  expect(written[1]).toEqual({ asha: 9 });
  expect(clock.pendingTimers).toBe(0);
});

it('tells a time that waits or is being written, and no other', async () => {
  const { times } = makeTimes();
  times.note('asha', new Date(1));
  expect(times.noted('asha')).toEqual(new Date(1));
  const flushed = times.flush();
  expect(times.noted('asha')).toEqual(new Date(1));
  await flushed;
  expect(times.noted('asha')).toBeUndefined();
});

it('tries again what could not be written, unless a newer time came', async () => {
  const { clock, times, written } = makeTimes({ times: 1 });
  times.note('asha', new Date(1));
  times.note('ravi', new Date(2));
  const flushed = times.flush();
  times.note('asha', new Date(7));
  await flushed;
  expect(written).toEqual([]);
  await clock.advanceAsync(60_000);
  expect(written).toEqual([{ asha: 7, ravi: 2 }]);
});

it('keeps at most 50,000 keys, writes them by the thousand, and writes the rest when it stops', async () => {
  const { clock, times, written } = makeTimes();
  for (let n = 0; n <= 50_000; n += 1) times.note(`key-${n}`, new Date(n));
  times.note('key-1', new Date(99_999));
  expect(times.noted('key-50000')).toBeUndefined();
  await times.stop();
  expect(written.map((batch) => Object.keys(batch).length)).toEqual(Array(50).fill(1000));
  expect(Object.assign({}, ...written)).toMatchObject({ 'key-1': 99_999 });
  times.note('late', new Date(1));
  expect([times.noted('late'), clock.pendingTimers]).toEqual([undefined, 0]);
});
