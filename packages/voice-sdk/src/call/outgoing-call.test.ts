import type { IncomingInvite } from '@intermix/sip';
import { expect, it } from 'vitest';
import type { VoiceClient } from '../client/voice-client.js';
import { connectedPage } from '../testing/call-fixture.js';
import { type Page, pass, registeredPage, serverSdp, settle } from '../testing/page-fixture.js';
import type { VoiceCall } from './voice-call.js';

async function callingPage(
  target = '+91 98765-43210',
): Promise<Page & { client: VoiceClient; call: VoiceCall; invite: IncomingInvite }> {
  const page = await registeredPage();
  const call = page.client.call(target, { headers: [['X-Order', '17']] });
  await pass(page.clock, 10);
  const [invite] = page.server.invites;
  if (!invite) throw new Error('no INVITE arrived');
  return { ...page, call, invite };
}

it('sends INVITE to the number in the domain, with our name and own headers', async () => {
  const { invite, call } = await callingPage();
  expect(invite.request.uri.toString()).toBe('sip:+919876543210@acme.intermix.local');
  expect(invite.request.from).toMatchObject({ displayName: 'Priya' });
  expect(invite.request.headers.get('X-Order')).toBe('17');
  expect(invite.offer).toContain('m=audio');
  expect(call.state).toBe('calling');
});

it.each([
  ['ravi', 'sip:ravi@acme.intermix.local'],
  ['sip:echo@example.com', 'sip:echo@example.com'],
  ['echo@example.com', 'sip:echo@example.com'],
  ['(022) 4071.0000', 'sip:02240710000@acme.intermix.local'],
  ['*61', 'sip:*61@acme.intermix.local'],
])('dials %s as %s', async (target, uri) => {
  const { invite } = await callingPage(target);
  expect(invite.request.uri.toString()).toBe(uri);
});

it('refuses what cannot be dialled, and calls without a connection', async () => {
  const page = await registeredPage();
  for (const target of ['', '  ', 'a b', 'x\r\nVia: y', 'sip:', '<script>']) {
    expect(() => page.client.call(target)).toThrow(expect.objectContaining({ code: 'ERR_VOICE_INVALID_TARGET' }));
  }
  await page.client.unregister();
  expect(() => page.client.call('100')).toThrow(expect.objectContaining({ code: 'ERR_VOICE_NOT_CONNECTED' }));
});

it('plays a ringback of its own on 180 without SDP, and stops at the answer', async () => {
  const { call, invite, platform, clock } = await callingPage();
  const events: string[] = [];
  call.on('ringing', () => events.push('ringing'));
  call.on('connected', () => events.push('connected'));
  invite.progress(180);
  await pass(clock, 6_500);
  expect(call.state).toBe('ringing');
  const bursts = platform.audioContexts[0]?.bursts ?? 0;
  expect(bursts).toBeGreaterThanOrEqual(8);
  const session = invite.accept({ sdp: serverSdp() });
  await settle();
  expect(call.state).toBe('connected');
  await call.whenConnected();
  const after = platform.audioContexts[0]?.bursts;
  await pass(clock, 10_000);
  expect(platform.audioContexts[0]?.bursts).toBe(after);
  expect(events).toEqual(['ringing', 'connected']);
  await call.hangup();
  await settle();
  expect(session?.ended).toBe(true);
});

it("plays the network's early media from 183, without a ringback of its own", async () => {
  const { call, invite, platform, clock } = await callingPage();
  invite.progress(183, { sdp: serverSdp() });
  await pass(clock, 5_000);
  expect(call.state).toBe('early-media');
  expect(call.remoteStream).toBeDefined();
  expect(platform.audioElements).toHaveLength(1);
  expect(platform.audioContexts).toHaveLength(0);
  invite.accept({ sdp: serverSdp() });
  await settle();
  expect(call.state).toBe('connected');
  expect(platform.peers[0]).toMatchObject({ signalingState: 'stable', remoteDescription: { type: 'answer' } });
});

it.each([
  [486, 'busy', undefined],
  [603, 'declined', undefined],
  [480, 'no-answer', undefined],
  [404, 'unknown-number', undefined],
  [403, 'forbidden', 'ERR_VOICE_CALL_REFUSED'],
  [500, 'failed', 'ERR_VOICE_CALL_REFUSED'],
] as const)('ends on %i as %s', async (status, reason, code) => {
  const { call, invite, platform } = await callingPage();
  const errors: string[] = [];
  call.on('failed', (error) => errors.push(error.code));
  const connected = call.whenConnected();
  invite.reject(status);
  await expect(connected).rejects.toMatchObject({ name: 'VoiceError' });
  expect(call.end).toMatchObject({ reason, status, by: 'remote' });
  expect(errors).toEqual(code ? [code] : []);
  expect(platform.liveTracks).toHaveLength(0);
});

it('cancels before the answer', async () => {
  const { call, invite, network } = await callingPage();
  invite.progress(180);
  await settle();
  await call.hangup();
  await settle();
  expect(network.sentByPage('CANCEL')).toHaveLength(1);
  expect(call.end).toMatchObject({ reason: 'cancelled', by: 'local' });
});

it('says BYE to an answer that crosses the CANCEL', async () => {
  const { call, invite, network } = await callingPage();
  invite.progress(180);
  await settle();
  const session = invite.accept({ sdp: serverSdp() });
  await call.hangup();
  await settle();
  expect(network.sentByPage('ACK')).toHaveLength(1);
  expect(session?.ended).toBe(true);
});

it('sends no INVITE when the microphone is blocked', async () => {
  const page = await registeredPage();
  page.platform.microphoneError = 'NotFoundError';
  const call = page.client.call('100');
  await expect(call.whenConnected()).rejects.toMatchObject({ code: 'ERR_VOICE_MICROPHONE_MISSING' });
  expect(page.network.sentByPage('INVITE')).toHaveLength(0);
  expect(call.end).toMatchObject({ reason: 'failed', by: 'local' });
});

it('hangs up at once when the answer cannot be used', async () => {
  const { call, invite } = await callingPage();
  const session = invite.accept({ sdp: 'v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n' });
  await settle();
  expect(call.end).toMatchObject({ reason: 'media-failed' });
  expect(session?.ended).toBe(true);
});

it('ends when the connection is lost before the answer', async () => {
  const { call, network } = await callingPage();
  network.openSockets[0]?.server.close();
  await settle();
  expect(call.end).toMatchObject({ reason: 'connection-lost' });
});

it.each([
  ['Via', 'x'],
  ['X-Order', 'a\r\nVia: b'],
])('refuses the own header %s: %j', async (name, value) => {
  const page = await registeredPage();
  const call = page.client.call('100', { headers: [[name, value]] });
  const failed = expect(call.whenConnected()).rejects.toMatchObject({ code: 'ERR_VOICE_INVALID_OPTIONS' });
  await pass(page.clock, 10);
  await failed;
  expect(page.network.sentByPage('INVITE')).toHaveLength(0);
  expect(page.platform.liveTracks).toHaveLength(0);
});

it.each([
  ['given up while the call before is being held', (call: VoiceCall) => void call.hangup(), 'cancelled'],
  ['that cannot be offered', () => {}, 'failed'],
])('[SDK-D62] a call that is %s leaves that one as it was: talked in', async (_name, meanwhile, reason) => {
  const page = await connectedPage();
  let answer = () => {};
  page.session.on('reinvite', (reinvite) => {
    if (reinvite.offer?.includes('a=sendonly')) answer = () => reinvite.accept({ sdp: serverSdp('recvonly') });
    else reinvite.accept({ sdp: serverSdp() });
  });
  const call = page.client.call('+919876500000', reason === 'failed' ? { headers: [['Via', 'forged']] } : {});
  await settle();
  meanwhile(call);
  answer();
  await pass(page.clock, 100);
  expect(call.end?.reason).toBe(reason);
  expect(page.server.invites).toEqual([]);
  expect([page.call.state, page.call.held]).toEqual(['connected', false]);
  expect(page.platform.liveTracks.map((track) => track.enabled)).toEqual([true]);
});
