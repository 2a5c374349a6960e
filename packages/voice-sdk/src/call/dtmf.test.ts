import { expect, it } from 'vitest';
import { connectedPage, ringingPage } from '../testing/call-fixture.js';
import { answeredSession, pass, serverSdp, settle } from '../testing/page-fixture.js';

it('sends digits by RFC 4733 where both sides have it', async () => {
  const { call, platform, network } = await connectedPage();
  await call.sendDtmf('5#');
  expect(platform.peers[0]?.dtmf.inserted).toEqual([{ tones: '5#', duration: 160, gap: 70 }]);

  const fast = [call.sendDtmf('4'), call.sendDtmf('2')]; // The second before the first was played.
  expect(platform.peers[0]?.dtmf.inserted.at(-1)?.tones).toBe('42');
  await Promise.all(fast);
  expect(network.sentByPage('INFO')).toHaveLength(0);
});

it('sends digits by SIP INFO otherwise, one after the other', async () => {
  const { call, session, network } = await connectedPage(serverSdp('sendrecv', false));
  session.on('info', (info) => info.respond(200));
  await call.sendDtmf('5d');
  const infos = network.sentByPage('INFO');
  expect(infos).toHaveLength(2);
  expect(infos[0]).toMatch(/Content-Type: application\/dtmf-relay\r\n/);
  expect(infos[0]?.endsWith('\r\n\r\nSignal=5\r\nDuration=240')).toBe(true);
  expect(infos[1]?.endsWith('\r\n\r\nSignal=D\r\nDuration=240')).toBe(true);
});

it('takes w and W for the pause that a comma is, however digits travel', async () => {
  const { call, platform } = await connectedPage();
  await call.sendDtmf('1w2W3,4');
  expect(platform.peers[0]?.dtmf.inserted.at(-1)?.tones).toBe('1,2,3,4');

  const byInfo = await connectedPage(serverSdp('sendrecv', false));
  byInfo.session.on('info', (info) => info.respond(200));
  const sent = byInfo.call.sendDtmf('1w2');
  await settle();
  expect(byInfo.network.sentByPage('INFO')).toHaveLength(1);
  await pass(byInfo.clock, 2_000);
  await sent;
  expect(byInfo.network.sentByPage('INFO').at(-1)).toContain('Signal=2');
});

it('[SDK-D43] sends digits by SIP INFO when the browser refuses to play them; rfc4733 alone says so', async () => {
  const refuse = () => {
    throw new Error('InvalidStateError');
  };
  const { call, session, network, platform } = await connectedPage();
  session.on('info', (info) => info.respond(200));
  Object.assign(platform.peers[0]?.dtmf ?? {}, { insertDTMF: refuse });
  await call.sendDtmf('5');
  expect(network.sentByPage('INFO')).toHaveLength(1);

  const strict = await ringingPage({ dtmfMode: 'rfc4733' });
  await Promise.all([answeredSession(strict.invite), strict.call.answer()]);
  await settle();
  Object.assign(strict.platform.peers[0]?.dtmf ?? {}, { insertDTMF: refuse });
  await expect(strict.call.sendDtmf('5')).rejects.toMatchObject({ problem: 'dtmf-refused', cause: expect.any(Error) });
  expect(strict.network.sentByPage('INFO')).toHaveLength(0);
});

it.each(['', ' ', '1'.repeat(65)])('[SDK-D43] refuses %j as digits', async (text) => {
  const { call } = await connectedPage();
  await expect(call.sendDtmf(text)).rejects.toMatchObject({ problem: 'invalid-dtmf', fatal: false });
});

it('refuses what is no digit, and digits without a call', async () => {
  const { call } = await connectedPage();
  await expect(call.sendDtmf('5x')).rejects.toMatchObject({ problem: 'invalid-dtmf' });
  await call.hangup();
  await expect(call.sendDtmf('5')).rejects.toMatchObject({ problem: 'call-ended' });
});
