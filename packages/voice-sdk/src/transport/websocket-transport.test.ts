import { expect, it } from 'vitest';
import { makeClient, makePage, pass, registeredPage, settle } from '../testing/page-fixture.js';

it('[SDK-D26] asks a silent connection for a sign of life each 6 s', async () => {
  const page = await registeredPage();
  expect(page.network.pings).toBe(1);
  await pass(page.clock, 5_900);
  expect(page.network.pings).toBe(1);
  await pass(page.clock, 60_200);
  expect(page.network.pings).toBeGreaterThanOrEqual(10);
  expect(page.network.sockets).toHaveLength(1);
});

it('[SDK-D26] notices within 10 s that a connection swallows everything, and makes a new one', async () => {
  const page = await registeredPage();
  page.network.swallow = true;
  await pass(page.clock, 10_100);
  page.network.swallow = false;
  await pass(page.clock, 300);
  expect(page.network.sockets).toHaveLength(2);
  await pass(page.clock, 500);
  expect(page.client.registered).toBe(true);
});

it('[SDK-D26] a machine that slept doubts its connection: 2 s instead of 4', async () => {
  const page = await registeredPage();
  const { clock } = page;
  await pass(clock, 7_000);
  page.network.swallow = true;
  // Timers stand still while the machine sleeps, and then all fire late.
  const now = clock.now.bind(clock);
  clock.now = () => now() + 3_600_000;
  await pass(clock, 6_100);
  await pass(clock, 2_000);
  page.network.swallow = false;
  await pass(clock, 1_000);
  expect(page.network.sockets).toHaveLength(2);
});

it('does not judge a server by pongs that it never gives', async () => {
  const page = await makePage();
  page.network.answersPings = false;
  await makeClient(page).register();
  await pass(page.clock, 200_000);
  expect(page.network.pings).toBeGreaterThan(5);
  expect(page.network.sockets).toHaveLength(1);
});

it('tests the connection at once when the laptop wakes', async () => {
  const page = await registeredPage();
  await pass(page.clock, 1_000);
  page.network.swallow = true;
  page.platform.page('visible');
  await pass(page.clock, 2_000);
  page.network.swallow = false;
  await pass(page.clock, 1_000);
  expect(page.network.sockets).toHaveLength(2);
  expect(page.client.registered).toBe(true);
});

it("answers the server's ping", async () => {
  const page = await registeredPage();
  const socket = page.network.openSockets[0];
  const frames: string[] = [];
  const carry = page.network.carry.bind(page.network);
  page.network.carry = (from, text) => {
    frames.push(text);
    carry(from, text);
  };
  socket?.onmessage?.({ data: '\r\n\r\n' });
  await settle();
  expect(frames).toEqual(['\r\n']);
});

it('survives frames that are no SIP', async () => {
  const page = await registeredPage();
  const socket = page.network.openSockets[0];
  for (const data of ['', '\r\n', 'garbage', 'INVITE sip:a SIP/2.0\r\n\r\n', '\0'.repeat(5000)])
    socket?.onmessage?.({ data });
  await settle();
  expect(page.client.registered).toBe(true);
  expect(page.client.calls).toHaveLength(0);
});

it('[SDK-D26] burns no attempts while there is no network, and is back at once with it', async () => {
  const page = await registeredPage();
  page.network.up = false;
  page.platform.online = false;
  page.network.openSockets[0]?.server.close();
  await pass(page.clock, 29_000);
  expect(page.network.sockets).toHaveLength(1);
  page.network.up = true;
  page.platform.online = true;
  page.platform.page('online');
  await settle();
  expect(page.client.registered).toBe(true);
});

it.each(['networkchange', 'resume'] as const)('[SDK-D26] tests the connection at once on %s', async (event) => {
  const page = await registeredPage();
  await pass(page.clock, 1_000);
  page.network.swallow = true;
  page.platform.page(event);
  await pass(page.clock, 2_100);
  page.network.swallow = false;
  await pass(page.clock, 500);
  expect(page.network.sockets).toHaveLength(2);
  expect(page.client.registered).toBe(true);
});

it('[SDK-D26] gives up an attempt that hangs in the network that was', async () => {
  const page = await registeredPage();
  page.network.openSockets[0]?.server.close();
  const open = page.network.open.bind(page.network);
  page.network.open = (url, protocol) => {
    const socket = open(url, protocol);
    socket.closed = true; // Never opens.
    return socket;
  };
  await pass(page.clock, 300);
  expect(page.network.sockets).toHaveLength(2);
  page.network.open = open;
  page.platform.page('networkchange');
  await pass(page.clock, 10);
  expect(page.client.registered).toBe(true);
});
