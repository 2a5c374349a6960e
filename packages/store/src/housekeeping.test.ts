import { silentLogger } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { expect, it } from 'vitest';
import { Housekeeping, type HousekeepingTask } from './housekeeping.js';

function begin(tasks: Record<string, HousekeepingTask>) {
  const clock = new FakeClock();
  const housekeeping = new Housekeeping({ clock, logger: silentLogger, tasks });
  housekeeping.start();
  return { clock, housekeeping };
}

/** Rows that get more, and a task that deletes at most a thousand of them at once. */
function rows(count: number) {
  const table = { count, portions: 0 };
  const deleteSome = async () => {
    const some = Math.min(1_000, table.count);
    table.count -= some;
    table.portions += 1;
    return some;
  };
  return { table, task: { deleteSome, portion: 1_000 } };
}

it('cleans a minute after the start and each minute, and goes on after a failure', async () => {
  const some = rows(3);
  let failures = 0;
  const fails = async () => {
    failures += 1;
    throw new Error('no database');
  };
  const { clock, housekeeping } = begin({ fails: { deleteSome: fails, portion: 1 }, some: some.task });
  await clock.advanceAsync(59_999);
  expect([some.table.count, failures]).toEqual([3, 0]);
  await clock.advanceAsync(1);
  expect([some.table.count, some.table.portions, failures]).toEqual([0, 1, 1]);
  some.table.count = 5;
  await clock.advanceAsync(60_000);
  expect([some.table.count, some.table.portions, failures]).toEqual([0, 2, 2]);
  await housekeeping.stop();
  expect(clock.pendingTimers).toBe(0);
});

it('keeps up with 1,000 new rows a second, in portions with pauses, and catches up on a backlog', async () => {
  const { table, task } = rows(500_000);
  const late = rows(5);
  const { clock, housekeeping } = begin({ table: task, late: late.task });
  await clock.advanceAsync(60_000);
  expect([table.portions, late.table.count]).toEqual([1, 0]); // The rest in pauses' time; the other task does not wait.
  for (let second = 0; second < 200; second += 1) {
    table.count += 1_000;
    await clock.advanceAsync(1_000);
  }
  expect(table.count).toBeLessThanOrEqual(60_000); // A minute's worth, as it is cleaned each minute.
  await housekeeping.stop();
});

it('stops between two portions', async () => {
  const { table, task } = rows(100_000);
  const { clock, housekeeping } = begin({ table: task });
  await clock.advanceAsync(60_050);
  await housekeeping.stop();
  await clock.advanceAsync(120_000);
  expect(table.portions).toBe(1);
  expect(clock.pendingTimers).toBe(0);
});
