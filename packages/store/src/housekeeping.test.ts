import { silentLogger } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { expect, it } from 'vitest';
import { Housekeeping } from './housekeeping.js';

it('cleans every hour in portions, at most twenty, and goes on after a failure', async () => {
  const clock = new FakeClock();
  let left = 3;
  let endless = 0;
  let failures = 0;
  const housekeeping = new Housekeeping({
    ...{ clock, logger: silentLogger },
    tasks: {
      fails: async () => {
        failures += 1;
        throw new Error('no database');
      },
      some: async () => (left > 0 ? left-- : 0),
      endless: async () => ++endless,
    },
  });
  housekeeping.start();
  await clock.advanceAsync(3_599_999);
  expect([left, endless, failures]).toEqual([3, 0, 0]);
  await clock.advanceAsync(1);
  for (let turn = 0; turn < 20; turn += 1) await clock.advanceAsync(0); // Twenty portions take more turns than one.
  expect([left, endless, failures]).toEqual([0, 20, 1]);
  await clock.advanceAsync(3_600_000);
  for (let turn = 0; turn < 20; turn += 1) await clock.advanceAsync(0);
  expect([endless, failures]).toEqual([40, 2]);
  await housekeeping.stop();
  expect(clock.pendingTimers).toBe(0);
});
