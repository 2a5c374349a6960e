import { expect, it } from 'vitest';
import { Places } from './places.js';

it('runs so many at a time, in their order, and refuses beyond the line', async () => {
  const places = new Places({ size: 2, maxWaiting: 2 });
  const finish: Array<() => void> = [];
  const begun: number[] = [];
  const work = (name: number) =>
    places.run(() => {
      begun.push(name);
      return new Promise<void>((resolve) => finish.push(resolve));
    });
  const running = [work(1), work(2), work(3), work(4)];
  await expect(work(5)).rejects.toMatchObject({ problem: 'busy' });
  await Promise.resolve();
  expect(begun).toEqual([1, 2]);
  finish[0]?.();
  await running[0];
  await Promise.resolve();
  expect(begun).toEqual([1, 2, 3]);
  finish[1]?.();
  finish[2]?.();
  await running[2];
  await Promise.resolve();
  finish[3]?.();
  await Promise.all(running);
  expect(begun).toEqual([1, 2, 3, 4]);
  await places.run(async () => {});
});

it('gives its place back when the work fails', async () => {
  const places = new Places({ size: 1, maxWaiting: 0 });
  await expect(places.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(places.run(async () => 'yes')).resolves.toBe('yes');
});

it('lets accounts take turns, and none of them fill the line', async () => {
  const places = new Places({ size: 1, maxWaiting: 10, maxWaitingOfOne: 3 });
  let open: () => void = () => {};
  const first = places.run(() => new Promise<void>((resolve) => (open = resolve)), 'loud');
  const order: string[] = [];
  const work = (name: string, account: string) => places.run(async () => void order.push(name), account);
  const waiting = ['l1', 'l2', 'l3'].map((name) => work(name, 'loud'));
  await expect(work('l4', 'loud')).rejects.toMatchObject({ problem: 'busy' });
  waiting.push(work('q1', 'quiet'), work('q2', 'quiet'));
  open();
  await Promise.all([first, ...waiting]);
  expect(order).toEqual(['l1', 'q1', 'l2', 'q2', 'l3']);
});
