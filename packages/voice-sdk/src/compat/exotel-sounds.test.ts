import { expect, it } from 'vitest';
import { registered } from '../testing/exotel-fixture.js';
import { pass } from '../testing/page-fixture.js';

it('[SDK-D22] tells by the session callback when the browser keeps the ring silent', async () => {
  const { server, platform, heard, clock } = await registered();
  platform.soundAllowed = false;
  server.call();
  await pass(clock, 1_000);
  expect(heard.filter((line) => line.startsWith('session'))).toEqual(['session autoplay_blocked +919876543210']);
});

it('rings at the cadence of the country of the account, and not at all when the page makes its own sounds', async () => {
  const american = await registered({ country: 'US' });
  american.server.call();
  await pass(american.clock, 100);
  expect(american.platform.audioContexts[0]?.scheduled.map(({ start, stop }) => Math.round(stop - start))).toEqual([
    2, 2,
  ]);
  const silent = await registered({ tones: false });
  silent.server.call();
  await pass(silent.clock, 5_000);
  expect(silent.platform.audioContexts).toHaveLength(0);
});
