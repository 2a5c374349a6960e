import { expect, it } from 'vitest';
import { answeredSession, makeClient, makePage, settle } from '../testing/page-fixture.js';
import { readIceServers } from './ice-servers.js';

const told =
  '<stun:203.0.113.5:3478>, <turn:turn.example:3478?transport=udp>;username="1767225600:priya@acme";credential="q/A+1w=="';
const servers = [
  { urls: 'stun:203.0.113.5:3478' },
  { urls: 'turn:turn.example:3478?transport=udp', username: '1767225600:priya@acme', credential: 'q/A+1w==' },
];

it('reads STUN and TURN servers, and leaves out what no browser would take', () => {
  expect(readIceServers(told)).toEqual(servers);
  expect(readIceServers('<stun:[2001:db8::1]:3478>,<turns:t.example>')).toEqual([
    { urls: 'stun:[2001:db8::1]:3478' },
    { urls: 'turns:t.example' },
  ]);
  for (const nothing of [
    undefined,
    '',
    'stun:a.example',
    '<http://a.example>',
    '<stun:>',
    '<stun:a b>',
    '<<<>>>;;,,',
  ]) {
    expect(readIceServers(nothing)).toEqual([]);
  }
  expect(readIceServers('<stun:a.example>,'.repeat(1_000))).toHaveLength(8);
});

/** A registered page whose server tells `header`, and the peer connection of its next call. */
async function calledPage(header: () => string | undefined, options = {}) {
  const page = await makePage();
  const { registrar } = page.server;
  page.server.registrar = (incoming) => {
    const respond = incoming.respond.bind(incoming);
    incoming.respond = (status, response = {}) => {
      const value = status === 200 ? header() : undefined;
      respond(status, value ? { ...response, headers: [['X-Intermix-Ice-Servers', value]] } : response);
    };
    registrar(incoming);
  };
  const client = makeClient(page, options);
  await client.register();
  const called = async () => {
    const invite = page.server.call();
    await settle();
    await Promise.all([answeredSession(invite), client.calls.at(-1)?.answer()]);
    return page.platform.peers.at(-1)?.configuration.iceServers;
  };
  return { ...page, client, called };
}

it('[SDK-D14] calls use what our server told at the last registration, and what the page names instead of it', async () => {
  let header: string | undefined = told;
  const page = await calledPage(() => header);
  expect(await page.called()).toEqual(servers);
  expect(page.client.iceServers).toEqual(servers);
  header = undefined;
  await page.client.unregister();
  await page.client.register();
  expect(await page.called()).toEqual([]);
  const own = [{ urls: 'stun:stun.example' }];
  const named = await calledPage(() => told, { iceServers: own });
  expect(await named.called()).toEqual(own);
});
