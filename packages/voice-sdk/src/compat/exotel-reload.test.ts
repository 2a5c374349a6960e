import { expect, it, vi } from 'vitest';
import { account, connected } from '../testing/exotel-fixture.js';
import { pass, settle } from '../testing/page-fixture.js';
import { ExotelWebClient } from './exotel-web-client.js';

it('[SDK-D25] after a reload in a call the page hears activeSession, and callDetails() is as before', async () => {
  const before = await connected();
  await vi.dynamicImportSettled();
  const details = before.client.getCall().callDetails();
  before.platform.page('pagehide');
  await settle();
  expect(before.heard.filter((line) => line.startsWith('call '))).toEqual([
    'call incoming +919876543210',
    'call connected +919876543210',
  ]);
  const heard: string[] = [];
  const client = new ExotelWebClient(before.platform);
  client.initWebrtc(
    account,
    () => {},
    (_call, event, phone) => heard.push(`${event} ${phone}`),
  );
  client.DoRegister();
  await settle();
  await vi.dynamicImportSettled();
  await pass(before.clock, 50);
  expect(heard).toEqual(['activeSession +919876543210']);
  expect(client.getCall().callDetails()).toEqual({ ...details, callDuration: expect.any(Number) });
  expect(client.callFromNumber).toBe('+919876543210');
  await client.getCall().Hangup();
  await settle();
  expect(before.session.ended).toBe(true);
  expect(heard).toEqual(['activeSession +919876543210', 'callEnded +919876543210']);
});

it('[SDK-D60] a microphone that is refused after the reload: activeSession, media_permission_denied, and UnMute() asks again', async () => {
  const before = await connected();
  await vi.dynamicImportSettled();
  before.platform.page('pagehide');
  await settle();
  before.platform.microphoneError = 'NotAllowedError';
  const heard: string[] = [];
  const client = new ExotelWebClient(before.platform);
  client.initWebrtc(
    account,
    () => {},
    (_call, event) => heard.push(event),
    (state) => state.startsWith('media') && heard.push(state),
  );
  client.DoRegister();
  await settle();
  await vi.dynamicImportSettled();
  await pass(before.clock, 50);
  expect(heard).toEqual(['activeSession', 'media_permission_denied']);
  expect(client.getCall().callDetails().callState).toBe('connected');
  before.platform.microphoneError = undefined;
  client.getCall().UnMute();
  await settle();
  expect(before.platform.liveTracks.map((track) => track.enabled)).toEqual([true]);
});

it('[SDK-D25] back from the cache too late for its call, the page hears callEnded, once', async () => {
  const { platform, clock, heard, client } = await connected();
  await vi.dynamicImportSettled();
  platform.page('pagehide', true);
  await settle();
  expect(heard.filter((line) => line.startsWith('call callEnded'))).toEqual([]);
  await pass(clock, 11_000);
  platform.page('pageshow', true);
  await pass(clock, 1_000);
  await vi.dynamicImportSettled();
  await settle();
  expect(heard.filter((line) => line.startsWith('call callEnded'))).toHaveLength(1);
  expect(client.getCall()).toBeDefined();
});
