import { expect, it } from 'vitest';
import { account, makeExotel, registered } from '../testing/exotel-fixture.js';
import { DOMAIN, pass, settle } from '../testing/page-fixture.js';
import { ExotelWebClient } from './exotel-web-client.js';

it('refuses an account without userName, sipdomain or port, and leaves the object as it is', () => {
  const client = new ExotelWebClient();
  for (const field of ['userName', 'sipdomain', 'port'] as const) {
    expect(client.initWebrtc({ ...account, [field]: '' })).toBe(false);
  }
  const info = Object.freeze({ ...account });
  expect(client.initWebrtc(info)).toBe(true);
  expect(
    client.initWebRTC(
      info,
      () => {},
      () => {},
      () => {},
      true,
    ),
  ).toBe(true);
});

it.each([
  [{}, 'ws://127.0.0.1:8080/wss'],
  [{ domain: 'voip.in1.exotel.com:443:443', security: 'wss' }, 'wss://voip.in1.exotel.com/wss'],
  [{ domain: 'voip.example.com', security: 'wss' }, 'wss://voip.example.com:8088/wss'],
  [{ endpoint: 'ws' }, 'ws://127.0.0.1:8080/ws'],
  [{ domain: '[::1]:8080' }, 'ws://[::1]:8080/wss'],
] as const)('builds the WebSocket address from %j', async (info, url) => {
  const { client, network } = await makeExotel(info);
  client.DoRegister();
  expect(network.sockets[0]?.url).toBe(url);
});

it('gives sent_request for each REGISTER and then registered, with the user name', async () => {
  const { heard } = await registered();
  expect(heard).toEqual(['register sent_request priya', 'register sent_request priya', 'register registered priya']);
});

it('registers with authUser as the address and userName for the digest', async () => {
  const { network } = await registered({ authUser: 'sip-17' });
  const [, request] = network.sentByPage('REGISTER');
  expect(request).toContain(`<sip:sip-17@${DOMAIN}>`);
  expect(request).toContain('username="priya"');
});

it('[SDK-D7] DoRegister() twice opens one socket, and gives false until UnRegister() has completed', async () => {
  const { client, network } = await makeExotel();
  expect(client.DoRegister()).toBe(true);
  expect(client.DoRegister()).toBe(false);
  await settle();
  expect(client.DoRegister()).toBe(false);
  expect(network.sockets).toHaveLength(1);
  client.UnRegister();
  await settle();
  expect(client.DoRegister()).toBe(true);
});

it('[SDK-D3] UnRegister() gives sent_request and unregistered, never registered', async () => {
  const { client, heard } = await registered();
  heard.length = 0;
  client.UnRegister();
  await settle();
  expect([...new Set(heard)]).toEqual(['register sent_request priya', 'register unregistered priya']);
  expect(heard.at(-1)).toBe('register unregistered priya');
});

it('[SDK-D3] a refresh is silent', async () => {
  const { heard, clock, network } = await registered();
  const before = heard.length;
  await pass(clock, 275_000);
  expect(network.sentByPage('REGISTER').length).toBeGreaterThan(2);
  expect(heard).toHaveLength(before);
});

it("[SDK-D8] the guide's retry inside the callback does not hammer a wrong password", async () => {
  const { client, network, clock } = await makeExotel({ secret: 'wrong' });
  const states: string[] = [];
  client.initWebrtc({ ...account, secret: 'wrong' }, (state) => {
    states.push(state);
    if (state === 'unregistered') client.DoRegister();
  });
  client.DoRegister();
  await settle();
  const sent = network.sentByPage('REGISTER').length;
  await pass(clock, 600_000);
  expect(network.sentByPage('REGISTER')).toHaveLength(sent);
  expect(states.filter((state) => state === 'unregistered')).toHaveLength(1);
  expect(client.DoRegister()).toBe(true);
});

it("comes back by itself after a lost socket, and the guide's own retry does no harm", async () => {
  const { client, network, clock, heard } = await registered();
  heard.length = 0;
  client.initWebrtc(account, (state, phone) => {
    heard.push(`register ${state} ${phone}`);
    if (state === 'unregistered') client.DoRegister();
  });
  network.openSockets[0]?.server.close();
  await pass(clock, 1_000);
  expect(heard[0]).toBe('register unregistered priya');
  expect(heard.at(-1)).toBe('register registered priya');
  expect(network.openSockets).toHaveLength(1);
});

it('keeps the public fields that tell where a registration stands', async () => {
  const { client, network, clock } = await makeExotel();
  const flags = () => [
    client.isReadyToRegister,
    client.registrationInProgress,
    client.shouldAutoRetry,
    client.unregisterInitiated,
  ];
  expect(flags()).toEqual([true, false, false, false]);
  client.DoRegister();
  expect(flags()).toEqual([false, true, true, false]);
  await settle();
  expect(flags()).toEqual([false, false, true, false]);
  network.openSockets[0]?.server.close();
  expect(flags()).toEqual([false, true, true, false]);
  await pass(clock, 1_000);
  client.UnRegister();
  expect(flags()).toEqual([false, false, false, true]);
  await settle();
  expect(flags()).toEqual([true, false, false, false]);
});

it('a page that takes shouldAutoRetry away is not registered again after a loss', async () => {
  const { client, network, clock, heard } = await registered();
  client.shouldAutoRetry = false;
  network.openSockets[0]?.server.close();
  await pass(clock, 60_000);
  expect(network.openSockets).toHaveLength(0);
  expect(heard.at(-1)).toBe('register unregistered priya');
  expect(client.DoRegister()).toBe(true);
  await settle();
  expect(heard.at(-1)).toBe('register registered priya');
});

it('setEventListener() hears of the registration in the place of the callback, initialize() registers', async () => {
  const { client, heard } = await makeExotel();
  const told: string[] = [];
  client.setEventListener({
    onInitializationSuccess: (phone) => told.push(`success ${phone}`),
    onInitializationFailure: (phone) => told.push(`failure ${phone}`),
    onInitializationWaiting: (phone) => told.push(`waiting ${phone}`),
  });
  client.initialize('IN', '', '', '', '', '', { ...account });
  await settle();
  client.unregister(account);
  await settle();
  expect([...new Set(told)]).toEqual(['waiting priya', 'success priya', 'failure priya']);
  expect(heard).toEqual([]);
});
