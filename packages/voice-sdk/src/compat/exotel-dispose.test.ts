import { expect, it } from 'vitest';
import { connected } from '../testing/exotel-fixture.js';
import { makePage, pass, settle } from '../testing/page-fixture.js';
import { ExotelWebClient } from './exotel-web-client.js';

it('[SDK-D62] dispose() ends the call and the registration, is told, and leaves no timer, listener or sound behind', async () => {
  const { client, platform, clock, heard, session, network, server } = await connected();
  client.SessionListener();
  client.registerAudioDeviceChangeCallback(() => {});
  client.initDiagnostics(
    () => {},
    () => {},
  );
  client.startMicDiagnosticsTest();
  client.checkClientStatus(() => {});
  await settle();
  const disposing = client.dispose();
  await pass(clock, 1_000);
  await disposing;
  await server.endpoint.stop();
  expect(session.ended).toBe(true);
  expect(heard).toContain('call callEnded +919876543210');
  expect(heard.at(-1)).toBe('register unregistered priya');
  expect(network.openSockets).toEqual([]);
  expect(platform.liveTracks).toEqual([]);
  expect(platform.audioContexts.every(({ state }) => state === 'closed')).toBe(true);
  for (const event of ['pagehide', 'pageshow', 'hidden', 'visible', 'online', 'networkchange', 'gesture'] as const) {
    expect([event, platform.pageListeners(event)]).toEqual([event, 0]);
  }
  expect(clock.pendingTimers).toBe(0);
  expect(client.DoRegister()).toBe(false);
  await client.dispose();
});

it('[SDK-D62] dispose() of a client that did nothing loads nothing and does no harm', async () => {
  const { platform } = await makePage();
  const client = new ExotelWebClient(platform);
  await client.dispose();
  expect(client.DoRegister()).toBe(false);
});
