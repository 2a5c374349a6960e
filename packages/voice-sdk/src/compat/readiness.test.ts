import { expect, it } from 'vitest';
import { account, connected, type Exotel, makeExotel, registered } from '../testing/exotel-fixture.js';
import { makePage, pass, settle } from '../testing/page-fixture.js';
import { ExotelWebClient } from './exotel-web-client.js';

/** What `checkClientStatus()` says, as soon as it says anything. */
async function statusOf({ client }: Pick<Exotel, 'client'>): Promise<string | undefined> {
  let told: string | undefined;
  client.checkClientStatus((status) => {
    told = status;
  });
  await settle();
  return told;
}

it('tells each of the nine states truly', async () => {
  const { platform } = await makePage();
  expect(await statusOf({ client: new ExotelWebClient(platform) })).toBe('not_initialized');

  const exotel = await makeExotel();
  const { client, network, server, clock } = exotel;
  expect(await statusOf(exotel)).toBe('not_initialized'); // No DoRegister() yet.

  const { registrar } = server;
  server.registrar = () => {}; // Says nothing.
  const ask = exotel.platform.getUserMedia.bind(exotel.platform);
  exotel.platform.getUserMedia = () => Promise.resolve({ getTracks: () => [] } as unknown as MediaStream);
  const { createWebSocket } = exotel.platform;
  exotel.platform.createWebSocket = () => ({ close() {} }) as unknown as WebSocket; // Neither opens nor fails.
  client.DoRegister();
  expect(await statusOf(exotel)).toBe('connecting');
  exotel.platform.createWebSocket = createWebSocket;
  exotel.platform.getUserMedia = ask;
  network.up = false;
  await pass(clock, 6_000);
  expect(await statusOf(exotel)).toBe('websocket_connection_failed');
  network.up = true;
  await pass(clock, 10_000);
  expect(await statusOf(exotel)).toBe('initial');
  server.registrar = registrar;
  await pass(clock, 60_000);
  expect(await statusOf(exotel)).toBe('registered');

  network.up = false;
  network.openSockets[0]?.server.close();
  expect(await statusOf(exotel)).toBe('disconnected');
  network.up = true;
  await pass(clock, 10_000);
  expect(await statusOf(exotel)).toBe('registered');
  client.UnRegister();
  await settle();
  expect(await statusOf(exotel)).toBe('unregistered');

  client.initWebrtc({ ...account, secret: 'wrong' });
  client.DoRegister();
  await settle();
  expect(await statusOf(exotel)).toBe('terminated');
  client.initWebrtc({ ...account, secret: '' });
  expect(client.DoRegister()).toBe(false);
  expect(await statusOf(exotel)).toBe('unknown');
  client.initWebrtc(account);
  client.DoRegister();
  await settle();
  expect(await statusOf(exotel)).toBe('registered');
  exotel.platform.microphoneError = 'NotFoundError';
  expect(await statusOf(exotel)).toBe('media_permission_denied');
  expect(exotel.platform.liveTracks).toHaveLength(0);
});

it('[SDK-D9] asked twice at once it asks the person once, answers both, and gives the microphone back', async () => {
  const exotel = await registered();
  const both = await Promise.all([statusOf(exotel), statusOf(exotel)]);
  expect(both).toEqual(['registered', 'registered']);
  expect(exotel.platform.microphones).toHaveLength(1);
  expect(exotel.platform.liveTracks).toHaveLength(0);
});

it('[SDK-D9] a person who does not answer is told as no permission; a late answer leaves no microphone open', async () => {
  const exotel = await registered();
  let allow = () => {};
  exotel.platform.microphoneGranted = new Promise((resolve) => {
    allow = resolve;
  });
  const told: string[] = [];
  exotel.client.checkClientStatus((status) => told.push(status));
  await pass(exotel.clock, 19_000);
  expect(told).toEqual([]);
  await pass(exotel.clock, 2_000);
  expect(told).toEqual(['media_permission_denied']);
  allow();
  await settle();
  expect(told).toHaveLength(1);
  expect(exotel.platform.liveTracks).toHaveLength(0);
});

it('does not open the microphone again while a call has it', async () => {
  const exotel = await connected();
  expect(await statusOf(exotel)).toBe('registered');
  expect(exotel.platform.microphones).toHaveLength(1);
  expect(exotel.platform.liveTracks).toHaveLength(1);
});
