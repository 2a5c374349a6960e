import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { TokenBuckets } from './token-buckets.js';

describe('TokenBuckets', () => {
  it('gives the burst at once, then one token in each interval, and forgets the oldest key', () => {
    const clock = new FakeClock();
    const buckets = new TokenBuckets({ clock, burst: 2, refillMs: 1_000, maxKeys: 2 });
    expect([buckets.take('a'), buckets.take('a'), buckets.take('a')]).toEqual([true, true, false]);
    expect(buckets.waitMs('a')).toBe(1_000);
    clock.advance(1_000);
    expect(buckets.take('a')).toBe(true);
    buckets.take('b');
    buckets.take('c');
    expect(buckets.waitMs('a')).toBe(0); // Forgotten, and so whole again.
  });
});
