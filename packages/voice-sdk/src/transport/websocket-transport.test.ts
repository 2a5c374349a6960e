import { expect, it } from 'vitest';
import { pass, registeredPage, settle } from '../testing/page-fixture.js';

it('pings every 25 s so that proxies keep the connection', async () => {
  const page = await registeredPage();
  await pass(page.clock, 24_000);
  expect(page.network.pings).toBe(0);
  await pass(page.clock, 1_000);
  expect(page.network.pings).toBe(1);
  await pass(page.clock, 50_000);
  expect(page.network.pings).toBe(3);
  expect(page.network.sockets).toHaveLength(1);
});

it('takes a connection for dead when a pong stays out, and makes a new one', async () => {
  const page = await registeredPage();
  await pass(page.clock, 25_000);
  page.network.swallow = true;
  await pass(page.clock, 25_000);
  expect(page.network.openSockets).toHaveLength(1);
  await pass(page.clock, 11_000);
  expect(page.network.sockets.length).toBeGreaterThanOrEqual(2);
  page.network.swallow = false;
  await pass(page.clock, 40_000);
  expect(page.client.registered).toBe(true);
});

it('does not judge a server by pongs that it never gives', async () => {
  const page = await registeredPage();
  page.network.answersPings = false;
  await pass(page.clock, 200_000);
  expect(page.network.pings).toBeGreaterThan(5);
  expect(page.network.sockets).toHaveLength(1);
});

it('tests the connection at once when the laptop wakes', async () => {
  const page = await registeredPage();
  await pass(page.clock, 25_000);
  page.network.swallow = true;
  page.platform.page('visible');
  await pass(page.clock, 3_000);
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
