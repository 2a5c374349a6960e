import { expect, it } from 'vitest';
import { account, connected, registered } from '../testing/exotel-fixture.js';
import { makePage, PASSWORD, settle } from '../testing/page-fixture.js';
import { ExotelWebClient } from './exotel-web-client.js';

it('[SDK-D2] no password and no digest leaves by the log, and the browser stores nothing', async () => {
  const page = await makePage();
  const client = new ExotelWebClient(page.platform);
  const lines: string[] = [];
  client.registerLoggerCallback((type, message, args) => lines.push(JSON.stringify([type, message, args])));
  client.initWebrtc({ ...account, secret: PASSWORD });
  client.DoRegister();
  await settle();
  page.server.call();
  await settle();
  await client.getCall().Hangup();
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join('\n')).not.toContain(PASSWORD);
  expect(lines.join('\n')).not.toMatch(/response="(?!\[redacted)/);
  expect(page.platform.stored.size).toBe(0);
});

it('[SDK-D13] says nothing on the console unless asked to', async () => {
  const said: unknown[] = [];
  const originals = { log: console.log, info: console.info, warn: console.warn, error: console.error };
  for (const name of ['log', 'info', 'warn', 'error'] as const) console[name] = (...args: unknown[]) => said.push(args);
  try {
    const { client } = await registered();
    expect(said).toHaveLength(0);
    client.setEnableConsoleLogging(true);
    client.UnRegister();
    await settle();
    expect(said.length).toBeGreaterThan(0);
  } finally {
    Object.assign(console, originals);
  }
});

it('[SDK-D9] checkClientStatus() gives the microphone back', async () => {
  const { client, platform } = await registered();
  const statuses: string[] = [];
  client.checkClientStatus((status) => statuses.push(status));
  await settle();
  platform.microphoneError = 'NotAllowedError';
  client.checkClientStatus((status) => statuses.push(status));
  await settle();
  expect(statuses).toEqual(['registered', 'media_permission_denied']);
  expect(platform.liveTracks).toHaveLength(0);
});

it('[SDK-D16] two clients in one page share nothing', async () => {
  const first = await connected();
  const other = new ExotelWebClient(first.platform);
  const heard: string[] = [];
  other.initWebrtc(account, (state) => heard.push(state));
  other.DoRegister();
  await settle();
  expect(first.network.openSockets).toHaveLength(2);
  expect(other.getCall()).not.toBe(first.client.getCall());
  expect(other.getCall().callDetails().callId).toBe('');
  other.UnRegister();
  await settle();
  expect(first.client.getCall().callDetails().callState).toBe('connected');
  expect(first.network.openSockets).toHaveLength(1);
});

it('[SDK-D18] a step whose promise nobody holds raises no unhandled rejection', async () => {
  const { client } = await registered();
  const unhandled: unknown[] = [];
  const listener = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', listener);
  client.getCall().Answer();
  client.getCall().sendDTMF('x');
  client.getCall().Hold();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', listener);
  expect(unhandled).toEqual([]);
});
