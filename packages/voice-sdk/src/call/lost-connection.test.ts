import { expect, it } from 'vitest';
import { connectedPage, ringingPage } from '../testing/call-fixture.js';
import { pass, serverSdp, settle } from '../testing/page-fixture.js';

it('[SDK-D6] after a lost socket the call goes on, and hangup() reaches the far end over the new one', async () => {
  const { call, session, network, clock, client, platform } = await connectedPage();
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  const events: string[] = [];
  call.on('reconnecting', (what) => events.push(`reconnecting ${what}`));
  call.on('reconnected', (what) => events.push(`reconnected ${what}`));
  network.openSockets[0]?.server.close();
  expect(call.state).toBe('connected');
  expect(platform.peers[0]?.closed).toBe(false);
  await pass(clock, 1_000);
  expect(client.registered).toBe(true);
  expect(events).toEqual(['reconnecting signalling', 'reconnected signalling']);
  expect(network.sentByPage('INVITE')).toHaveLength(1); // Tells the far end the new flow.
  await call.hangup();
  await settle();
  expect(session.ended).toBe(true);
});

it('[SDK-D6] a hangup() while the socket is down is told as soon as it is back', async () => {
  const { call, session, network, clock } = await connectedPage();
  network.openSockets[0]?.server.close();
  await call.hangup();
  expect(call.end).toMatchObject({ reason: 'local-hangup' });
  expect(session.ended).toBe(false);
  await pass(clock, 1_000);
  expect(session.ended).toBe(true);
});

it('[SDK-D73] a 200 that is lost with the socket: the call is over when the page is connected again', async () => {
  const { call, network, clock, client } = await ringingPage();
  const answered = call.answer();
  network.swallow = true;
  await answered;
  expect(call.state).toBe('connected');
  network.openSockets[0]?.server.close();
  network.swallow = false;
  await pass(clock, 1_000);
  expect(client.registered).toBe(true);
  expect(call.end).toMatchObject({ reason: 'connection-lost' });
});

it('a ringing call whose connection is lost is over', async () => {
  const { call, network } = await ringingPage();
  network.openSockets[0]?.server.close();
  expect(call.end).toMatchObject({ reason: 'connection-lost' });
});

it('[SDK-D8] a password that is refused after a lost socket: told once, and the far end is let go at once', async () => {
  const { call, session, network, clock, client, server } = await connectedPage();
  const told: string[] = [];
  const failures: string[] = [];
  client.on('unregistered', (u) => told.push(u.reason));
  call.on('failed', (error) => failures.push(error.problem));
  server.answerRegister(403);
  network.openSockets[0]?.server.close();
  await pass(clock, 2_000);
  expect(told).toEqual(['connection-lost', 'credentials-rejected']);
  expect(call.end).toMatchObject({ reason: 'connection-lost', text: 'credentials-rejected' });
  expect(failures).toEqual(['credentials-rejected']);
  expect(session.ended).toBe(true);
});

it('a registration that is refused while the connection stands ends no call', async () => {
  const { call, clock, server } = await connectedPage();
  server.answerRegister(403);
  await pass(clock, 280_000);
  expect(call.state).toBe('connected');
});

it('[SDK-D6] a server that was restarted does not know the call: it ends, with its reason', async () => {
  const { call, session, network, clock } = await connectedPage();
  session.flowLost(); // Forgotten without a word.
  network.openSockets[0]?.server.close();
  await pass(clock, 2_000);
  expect(call.end).toEqual({ reason: 'connection-lost', by: 'local', text: 'dialog-gone' });
});

it('[SDK-D12] says BYE when the page goes away, and registers again when it returns from the cache', async () => {
  const { session, platform, network, clock, client } = await connectedPage(undefined, { resumeCalls: false });
  platform.page('pagehide', true);
  await settle();
  expect(session.ended).toBe(true);
  expect(network.sentByPage('REGISTER').at(-1)).toContain('\r\nExpires: 0\r\n');
  expect(network.openSockets).toHaveLength(0);
  platform.page('pageshow', true);
  await pass(clock, 100);
  expect(client.registered).toBe(true);
});
