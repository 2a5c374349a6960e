import type { Clock } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { Pacer } from './pacer.js';

/** A clock that can be set, as a machine's is. */
function settable(): { clock: Clock; fake: FakeClock; set(byMs: number): void } {
  const fake = new FakeClock();
  let offsetMs = 0;
  const clock: Clock = {
    now: () => fake.now() + offsetMs,
    schedule: (delayMs, fire) => fake.schedule(delayMs, fire),
  };
  const set = (byMs: number) => {
    offsetMs += byMs;
  };
  return { clock, fake, set };
}

describe('Pacer', () => {
  it('keeps its pace when the clock is set back or forth', () => {
    const { clock, fake, set } = settable();
    let count = 0;
    const stop = new Pacer(clock).start(() => count++);
    fake.advance(1000);
    set(-3_600_000);
    fake.advance(1000);
    set(3_600_000);
    fake.advance(1000);
    expect(count).toBeGreaterThanOrEqual(148);
    expect(count).toBeLessThanOrEqual(151);
    stop();
    fake.advance(20);
    expect(fake.pendingTimers).toBe(0);
  });
});
