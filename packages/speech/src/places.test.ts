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
