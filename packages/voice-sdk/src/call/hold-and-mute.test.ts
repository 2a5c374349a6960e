import { expect, it } from 'vitest';
import { connectedPage } from '../testing/call-fixture.js';
import { answeredSession, pass, serverSdp, settle } from '../testing/page-fixture.js';
import type { VoiceCall } from './voice-call.js';

it('[SDK-D1] mute belongs to its call: the next one begins unmuted, and a muted one sends silence', async () => {
  const page = await connectedPage();
  page.call.mute();
  expect(page.platform.liveTracks[0]?.enabled).toBe(false);
  await page.call.hangup();
  await settle();
  const next = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call();
  const second = await next;
  await Promise.all([answeredSession(invite), second.answer()]);
  expect(second.muted).toBe(false);
  expect(page.platform.liveTracks[0]?.enabled).toBe(true);
  second.mute();
  expect(page.platform.liveTracks[0]?.enabled).toBe(false);
});

it('[SDK-D4] hold() twice stays held; unhold() resumes; the wire says sendonly and sendrecv', async () => {
  const { call, session, network, platform } = await connectedPage();
  session.on('reinvite', (reinvite) => {
    const held = reinvite.offer?.includes('a=sendonly');
    reinvite.accept({ sdp: serverSdp(held ? 'recvonly' : 'sendrecv') });
  });
  const events: string[] = [];
  call.on('held', () => events.push('held'));
  call.on('unheld', () => events.push('unheld'));
  await Promise.all([call.hold(), call.hold()]);
  await call.hold();
  expect(call.held).toBe(true);
  expect(platform.liveTracks[0]?.enabled).toBe(false);
  await call.unhold();
  await call.unhold();
  expect(call.held).toBe(false);
  expect(platform.liveTracks[0]?.enabled).toBe(true);
  expect(events).toEqual(['held', 'unheld']);
  const directions = network.sentByPage('INVITE').map((text) => /a=(send\w+)/.exec(text)?.[1]);
  expect(directions).toEqual(['sendonly', 'sendrecv']);
});

it('[SDK-D4] a refused hold leaves the call as it was', async () => {
  const { call, session, platform } = await connectedPage();
  session.on('reinvite', (reinvite) => reinvite.reject(488));
  await expect(call.hold()).rejects.toMatchObject({ code: 'ERR_VOICE_HOLD_REFUSED', status: 488 });
  expect(call.held).toBe(false);
  expect(platform.peers[0]).toMatchObject({ signalingState: 'stable' });
  expect(platform.peers[0]?.getTransceivers()[0]?.direction).toBe('sendrecv');
  expect(platform.liveTracks[0]?.enabled).toBe(true);
});

it('mute survives hold and resume', async () => {
  const { call, session, platform } = await connectedPage();
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  call.mute();
  await call.hold();
  await call.unhold();
  expect(call.muted).toBe(true);
  expect(platform.liveTracks[0]?.enabled).toBe(false);
});

it('answers when the far end holds and resumes', async () => {
  const { call, session } = await connectedPage();
  const held: boolean[] = [];
  call.on('remoteHold', (state) => held.push(state));
  const answer = await session.reinvite({ sdp: serverSdp('sendonly') });
  expect(answer.sdp).toContain('a=recvonly');
  await session.reinvite({ sdp: serverSdp('sendrecv') });
  expect(held).toEqual([true, false]);
});

it('[SDK-D61] tells whether the far end holds: by its offers, and by its answers to ours', async () => {
  const { call, session } = await connectedPage();
  const told: boolean[] = [];
  call.on('remoteHold', (state) => told.push(state));
  const state = () => [call.remoteHeld, call.details().remoteHeld, call.snapshot()?.remoteHeld];
  expect(state()).toEqual([false, false, false]);
  await session.reinvite({ sdp: serverSdp('inactive') });
  expect(state()).toEqual([true, true, true]);

  let direction = 'inactive';
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp(direction) }));
  await call.hold(); // Both hold.
  direction = 'sendonly';
  await call.unhold();
  expect([call.held, call.remoteHeld, told]).toEqual([false, true, [true]]);
  await call.hold();
  direction = 'sendrecv';
  await call.unhold();
  expect([call.remoteHeld, told]).toEqual([false, [true, false]]);
  direction = 'inactive';
  await call.hold(); // The answer to a hold of ours tells of no other.
  expect(call.remoteHeld).toBe(false);
});

it('offers when the far end asks by a re-INVITE without SDP', async () => {
  const { session, platform } = await connectedPage();
  const { sdp } = await session.reinvite({});
  expect(sdp).toContain('m=audio');
  session.acknowledge(serverSdp());
  await settle();
  expect(platform.peers[0]?.signalingState).toBe('stable');
});

it('[SDK-D4] hold() while the far end offers at the same time: neither side waits for the other', async () => {
  const { call, session, platform, clock } = await connectedPage();
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp('recvonly') }));
  const peer = platform.peers[0]!;
  let offer = () => {};
  const offered = new Promise<void>((resolve) => {
    offer = resolve;
  });
  const createOffer = peer.createOffer.bind(peer);
  peer.createOffer = async (options) => {
    await offered;
    return createOffer(options);
  };
  const holding = call.hold();
  await settle();
  const theirs = session.reinvite({ sdp: serverSdp() });
  await settle();
  offer();
  await pass(clock, 5_000);
  expect(call.held).toBe(true);
  await Promise.all([holding, theirs]);
});
