import { FakeClock } from '@intermix/testkit';
import { expect, it } from 'vitest';
import { RequestRate } from './request-rate.js';

it('lets so many a minute pass of each key, and tells how long to wait', async () => {
  const clock = new FakeClock();
  const rate = new RequestRate({ clock, perMinute: 2 });
  rate.take('a');
  await clock.advance(20_000);
  rate.take('a');
  expect(() => rate.take('a')).toThrow(expect.objectContaining({ status: 429, retryAfterSec: 40 }));
  rate.take('b');
  await clock.advance(40_000);
  rate.take('a');
});
