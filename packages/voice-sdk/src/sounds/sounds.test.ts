import { expect, it } from 'vitest';
import type { VoiceCall } from '../call/voice-call.js';
import { parts } from '../parts.js';
import type { ScheduledTone } from '../testing/fake-media.js';
import {
  answeredSession,
  makeClient,
  makePage,
  type Page,
  pass,
  registeredPage,
  settle,
} from '../testing/page-fixture.js';

it('makes no audio context and no element before there is something to hear', async () => {
  const { platform } = await registeredPage();
  expect(platform.audioContexts).toHaveLength(0);
  expect(platform.audioElements).toHaveLength(0);
});

it('tells the page of a call before it opens an audio context for the ring', async () => {
  const page = await registeredPage();
  let opened: number | undefined;
  page.client.on('incoming', () => {
    opened = page.platform.audioContexts.length;
  });
  page.server.call();
  await settle();
  expect(opened).toBe(0);
  expect(page.platform.audioContexts[0]?.bursts).toBeGreaterThan(0);
});

it('[SDK-D19] rings until the call is answered, however long that takes', async () => {
  const page = await registeredPage();
  page.server.call();
  await settle();
  let before = 0;
  for (let minute = 0; minute < 2; minute++) {
    await pass(page.clock, 60_000);
    const bursts = page.platform.audioContexts[0]?.bursts ?? 0;
    expect(bursts).toBeGreaterThan(before + 60);
    before = bursts;
  }
  await page.client.calls[0]?.answer();
  await pass(page.clock, 10_000);
  expect(page.platform.audioContexts[0]?.bursts).toBe(before);
});

it('knocks softly instead of ringing while another call is up', async () => {
  const page = await registeredPage();
  const first = page.server.call();
  await settle();
  await Promise.all([answeredSession(first), page.client.calls[0]?.answer()]);
  const before = page.platform.audioContexts[0]?.bursts ?? 0;
  page.server.call();
  await pass(page.clock, 8_100);
  const knocks = (page.platform.audioContexts[0]?.bursts ?? 0) - before;
  expect(knocks).toBe(4); // India's: one frequency, two bursts, at 0 and 8 s.
});

it('[SDK-D22] tells when the browser keeps the ring silent, and rings at the first gesture', async () => {
  const page = await registeredPage();
  page.platform.soundAllowed = false;
  const blocked: string[] = [];
  page.client.on('autoplayBlocked', (what) => blocked.push(what));
  page.server.call();
  await pass(page.clock, 1_000);
  expect(blocked).toEqual(['ringtone']);
  const [context] = page.platform.audioContexts;
  expect(context?.bursts).toBe(0);
  context!.allowed = true;
  page.platform.page('gesture');
  await pass(page.clock, 100);
  expect(context?.bursts).toBeGreaterThan(0);
});

it('[SDK-D22] tells when the far end cannot be heard yet, and plays it at the first gesture', async () => {
  const page = await registeredPage({ tones: false });
  page.platform.soundAllowed = false;
  const blocked: string[] = [];
  page.client.on('autoplayBlocked', (what) => blocked.push(what));
  const incoming = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call();
  const call = await incoming;
  await Promise.all([answeredSession(invite), call.answer()]);
  await settle();
  expect(blocked).toEqual(['remote-audio']);
  page.platform.soundAllowed = true;
  page.platform.page('gesture');
  await settle();
  expect(page.platform.audioElements[0]?.paused).toBe(false);
});

/** What sounded, as `hertz start-end` in seconds from the first tone on, to the nearest 10 ms. */
function score(page: Page, upToSec: number): string[] {
  const tones: readonly ScheduledTone[] = page.platform.audioContexts[0]?.scheduled ?? [];
  const first = Math.min(...tones.map(({ start }) => start));
  const rounded = (sec: number) => Math.round((sec - first) * 100) / 100;
  return tones
    .filter(({ start }) => rounded(start) < upToSec)
    .map(({ hertz, start, stop }) => `${hertz} ${rounded(start)}-${rounded(stop)}`);
}

const bell = (burst: string) => [`523.25 ${burst}`, `659.25 ${burst}`];

it.each([
  [undefined, [...bell('0-0.4'), ...bell('0.6-1')]],
  ['IN', [...bell('0-0.4'), ...bell('0.6-1')]],
  ['us', bell('0-2')],
  ['GB', [...bell('0-0.4'), ...bell('0.6-1')]],
  ['DE', bell('0-1')],
  ['FR', bell('0-1.5')],
  ['JP', bell('0-1')],
  ['XX', [...bell('0-0.4'), ...bell('0.6-1')]],
])("rings at the cadence of the country %s, India's where it is unknown", async (country, expected) => {
  const page = await registeredPage(country ? { country } : {});
  page.server.call();
  await pass(page.clock, 500);
  expect(score(page, 2.5)).toEqual(expected);
});

it.each([
  ['US', ['440 0-2', '480 0-2']],
  ['IN', ['400 0-0.4', '375 0-0.4', '425 0-0.4', '400 0.6-1', '375 0.6-1', '425 0.6-1']],
  ['AU', ['400 0-0.4', '425 0-0.4', '450 0-0.4', '400 0.6-1', '425 0.6-1', '450 0.6-1']],
  ['SG', ['425 0-0.4', '401 0-0.4', '449 0-0.4', '425 0.6-1', '401 0.6-1', '449 0.6-1']],
  ['AE', ['400 0-0.4', '450 0-0.4', '400 0.6-1', '450 0.6-1']],
])('plays the ringback of %s while the far end rings', async (country, expected) => {
  const page = await registeredPage({ country });
  page.client.call('+918001234567');
  await settle();
  page.server.invites[0]?.progress(180);
  await pass(page.clock, 500);
  expect(score(page, 2.5)).toEqual(expected);
});

it.each([
  [486, ['480 0-0.5', '620 0-0.5', '480 1-1.5', '620 1-1.5']],
  [503, ['480 0-0.25', '620 0-0.25', '480 0.5-0.75', '620 0.5-0.75', '480 1-1.25', '620 1-1.25']],
])('an outgoing call that ends with %i is heard to, for four seconds', async (status, expected) => {
  const page = await registeredPage({ country: 'US' });
  page.client.call('+918001234567');
  await settle();
  page.server.invites[0]?.reject(status);
  await settle();
  const context = page.platform.audioContexts[0];
  await pass(page.clock, 1_500);
  expect(score(page, 1.5)).toEqual(expected);
  await pass(page.clock, 4_000);
  const bursts = context?.bursts;
  await pass(page.clock, 10_000);
  expect(context?.bursts).toBe(bursts);
});

it('a call that was talked in, given up here, or that came in, ends without a tone', async () => {
  const page = await registeredPage();
  const call = page.client.call('+918001234567');
  await settle();
  await call.hangup();
  page.server.call().on('answered', (session) => session.bye());
  await settle();
  await page.client.calls[0]?.answer();
  await settle();
  expect(page.client.calls).toHaveLength(0);
  const before = page.platform.audioContexts[0]?.bursts;
  await pass(page.clock, 5_000);
  expect(page.platform.audioContexts[0]?.bursts).toBe(before);
});

it('sounds the pair of each digit that is sent, and waits at a comma', async () => {
  const page = await registeredPage();
  const invite = page.server.call();
  await settle();
  await Promise.all([answeredSession(invite), page.client.calls[0]?.answer()]);
  page.platform.audioContexts[0]?.scheduled.splice(0);
  await page.client.calls[0]?.sendDtmf('1#,d');
  expect(score(page, 10)).toEqual([
    '697 0-0.16',
    '1209 0-0.16',
    '941 0.23-0.39',
    '1477 0.23-0.39',
    '941 2.46-2.62',
    '1633 2.46-2.62',
  ]);
});

it('makes no sound of its own when the page makes them', async () => {
  const page = await registeredPage({ tones: false });
  page.server.call();
  await pass(page.clock, 5_000);
  expect(page.platform.audioContexts).toHaveLength(0);
});

it('a phone whose sounds cannot be loaded says so in the log, and takes its calls', async () => {
  const page = await makePage();
  const { sounds } = parts;
  parts.sounds = () => Promise.reject(new Error('404'));
  const errors: string[] = [];
  const quiet = () => {};
  const logger = { error: (_: object, message: string) => void errors.push(message), warn: quiet, info: quiet };
  try {
    const client = makeClient(page, { logger: { ...logger, debug: quiet, child: () => ({}) as never } });
    await client.register();
    await settle();
    expect(errors).toEqual([expect.stringContaining('sounds.js cannot be loaded')]);
    const invite = page.server.call();
    await settle();
    await Promise.all([answeredSession(invite), client.calls[0]?.answer()]);
    expect(client.calls[0]?.state).toBe('connected');
  } finally {
    parts.sounds = sounds;
  }
});

it('[SDK-D17] gives its audio context back', async () => {
  const page = await registeredPage();
  page.server.call();
  await pass(page.clock, 500);
  await page.client.dispose();
  expect(page.platform.audioContexts.map((context) => context.state)).toEqual(['closed']);
});
