import { expect, it } from 'vitest';
import { connectedPage } from '../testing/call-fixture.js';
import { answeredSession, registeredPage, serverSdp, settle } from '../testing/page-fixture.js';
import type { VoiceCall } from './voice-call.js';

it('keeps two calls apart: answering the second holds the first, and each ends alone', async () => {
  const page = await connectedPage();
  page.session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp('recvonly') }));
  const next = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call({ from: '"Ravi" <sip:ravi@acme.intermix.local>', headers: [] });
  const second = await next;
  expect(second.state).toBe('ringing');
  await Promise.all([answeredSession(invite), second.answer()]);
  expect(page.call.held).toBe(true);
  expect(second.held).toBe(false);
  expect(page.client.activeCall).toBe(second);
  expect(second.details()).toMatchObject({ callSid: '', legSid: '' });
  await second.hangup();
  expect(page.call.state).toBe('connected');
  expect(page.client.calls).toEqual([page.call]);
});

it('[SDK-D16] a caller who gives up while the other call is being held: that one is talked in again', async () => {
  const page = await connectedPage();
  const answers: Array<() => void> = [];
  page.session.on('reinvite', (reinvite) => answers.push(() => reinvite.accept({ sdp: serverSdp() })));
  const next = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call();
  const second = await next;
  const answering = second.answer();
  await settle();
  invite.cancel();
  await settle();
  answers.shift()?.();
  await expect(answering).rejects.toMatchObject({ problem: 'call-ended' });
  await settle();
  answers.shift()?.();
  await settle();
  expect(page.call).toMatchObject({ state: 'connected', held: false });
  expect(page.platform.liveTracks.map((track) => track.enabled)).toEqual([true]);
});

it('[SDK-D17] keeps nothing of finished calls', async () => {
  const page = await registeredPage();
  for (let round = 0; round < 5; round++) {
    const incoming = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
    const invite = page.server.call();
    const call = await incoming;
    await Promise.all([answeredSession(invite), call.answer()]);
    await call.hangup();
    await settle();
  }
  expect(page.client.calls).toHaveLength(0);
  expect(page.platform.liveTracks).toHaveLength(0);
  expect(page.platform.peers.every((peer) => peer.closed)).toBe(true);
  expect(page.platform.audioElements.every((element) => element.srcObject === null)).toBe(true);
  expect(page.platform.audioContexts).toHaveLength(1);
});

it('a microphone that is blocked at the second call leaves the first as it was', async () => {
  const page = await connectedPage();
  const next = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  page.server.call();
  const second = await next;
  page.platform.microphoneError = 'NotAllowedError';
  await expect(second.answer()).rejects.toMatchObject({ problem: 'microphone-blocked' });
  expect(page.call).toMatchObject({ state: 'connected', held: false });
  expect(page.network.sentByPage('INVITE')).toHaveLength(0);
});
