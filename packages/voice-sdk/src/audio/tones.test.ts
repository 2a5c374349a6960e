import { expect, it } from 'vitest';
import type { VoiceCall } from '../call/voice-call.js';
import { answeredSession, pass, registeredPage, settle } from '../testing/page-fixture.js';

it('makes no audio context and no element before there is something to hear', async () => {
  const { platform } = await registeredPage();
  expect(platform.audioContexts).toHaveLength(0);
  expect(platform.audioElements).toHaveLength(0);
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
  expect(knocks).toBe(6); // One tone, two bursts, at 0, 4 and 8 s.
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
