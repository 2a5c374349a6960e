import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';

describe('FakeClock', () => {
  it('fires in the order of due times, and of scheduling when those are equal', () => {
    const clock = new FakeClock(0);
    const fired: string[] = [];
    clock.schedule(20, () => fired.push(`late ${clock.now()}`));
    clock.schedule(10, () => fired.push(`first ${clock.now()}`));
    clock.schedule(10, () => fired.push(`second ${clock.now()}`));
    clock.advance(15);
    expect(fired).toEqual(['first 10', 'second 10']);
    expect([clock.now(), clock.pendingTimers, clock.nextTimerInMs]).toEqual([15, 1, 5]);
    clock.advance(5);
    expect(fired).toEqual(['first 10', 'second 10', 'late 20']);
  });

  it('fires what is scheduled on the way, and not what is cancelled', () => {
    const clock = new FakeClock(0);
    const fired: number[] = [];
    const cancelled = clock.schedule(30, () => fired.push(-1));
    clock.schedule(10, () => {
      clock.schedule(10, () => fired.push(clock.now()));
      cancelled.cancel();
      cancelled.cancel();
    });
    clock.advance(100);
    expect(fired).toEqual([20]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('runs until idle, and complains about what re-arms itself for ever', () => {
    const clock = new FakeClock(0);
    const tick = () => void clock.schedule(1000, tick);
    clock.schedule(5000, () => {});
    clock.runUntilIdle();
    expect(clock.now()).toBe(5000);
    tick();
    expect(() => clock.runUntilIdle(60_000)).toThrow('1 timers still pending');
  });

  it('lets promises settle between timers when asked to', async () => {
    const clock = new FakeClock(0);
    const seen: string[] = [];
    const wait = (ms: number) => new Promise<void>((resolve) => clock.schedule(ms, resolve));
    const run = async () => {
      await wait(10);
      seen.push(`a ${clock.now()}`);
      await wait(10);
      seen.push(`b ${clock.now()}`);
    };
    void run();
    await clock.advanceAsync(50);
    expect(seen).toEqual(['a 10', 'b 20']);
  });
});
