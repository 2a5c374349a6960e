import { afterEach, expect, it, vi } from 'vitest';
import type { VoiceCall } from '../call/voice-call.js';
import type { VoiceClientOptions } from '../client/voice-client-options.js';
import { parts } from '../parts.js';
import type { FakePeerConnection, FakeTrack } from '../testing/fake-media.js';
import { answeredSession, type Page, pass, registeredPage, serverSdp, settle } from '../testing/page-fixture.js';

afterEach(() => vi.restoreAllMocks());

const candidate = 'candidate:1 1 UDP 2130706431 127.0.0.1 40000 typ host';
const offer = `${serverSdp()}a=ice-ufrag:abcd\r\na=${candidate}\r\na=end-of-candidates\r\n`;

async function ringing(arrange: (page: Page) => void = () => {}, options: Partial<VoiceClientOptions> = {}) {
  const page = await registeredPage(options);
  await settle();
  arrange(page);
  const incoming = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call({ sdp: offer });
  const call = await incoming;
  await settle();
  const peers = page.platform.peers as FakePeerConnection[];
  return { ...page, invite, call, peers };
}

it('[SDK-D80] the answer is made while it rings: no microphone is asked for, and no check can leave', async () => {
  const { platform, peers, call } = await ringing((page) => {
    page.platform.microphoneError = 'NotAllowedError';
  });
  expect(call.state).toBe('ringing');
  expect(peers).toHaveLength(1);
  expect(peers[0]?.localDescription?.sdp).toContain('a=sendrecv');
  expect(peers[0]?.remoteDescription?.sdp).not.toMatch(/candidate/);
  expect(peers[0]?.added).toEqual([]);
  expect(platform.microphones).toEqual([]);
  expect(platform.audioElements).toEqual([]);
  expect(call.remoteStream).toBeUndefined();
});

it('[SDK-D80] it is given when the microphone is open, and the path is checked a moment later', async () => {
  const { platform, peers, call, invite, clock } = await ringing();
  const made = peers[0]?.localDescription?.sdp;
  const told: string[] = [];
  call.on('remoteStream', () => told.push('stream'));
  call.on('iceGathering', (state) => told.push(state));
  const answered = new Promise<string | undefined>((resolve) => invite.on('answered', (_s, ok) => resolve(ok.sdp)));
  await Promise.all([answered, call.answer()]);
  expect(await answered).toBe(made);
  expect(peers).toHaveLength(1);
  expect(peers[0]?.getTransceivers()[0]?.sender.track).toBe(platform.liveTracks[0]);
  expect(told).toEqual(['stream', 'gathering', 'complete']);
  expect(peers[0]?.added).toEqual([]);
  await pass(clock, 20);
  expect(peers[0]?.added).toEqual([candidate]);
  expect(call.state).toBe('connected');
});

it('[SDK-D1] a call that was muted while it rang is muted from its first packet', async () => {
  const { platform, call, invite } = await ringing();
  call.mute();
  await Promise.all([answeredSession(invite), call.answer()]);
  expect(platform.liveTracks.map((track: FakeTrack) => track.enabled)).toEqual([false]);
});

it('[SDK-D4] the far end may hold and resume a call that was answered so', async () => {
  const { peers, call, invite } = await ringing();
  const [session] = await Promise.all([answeredSession(invite), call.answer()]);
  await settle();
  const held = await session.reinvite({ sdp: serverSdp('sendonly') });
  expect(held.sdp).toContain('a=recvonly');
  const resumed = await session.reinvite({ sdp: serverSdp() });
  expect(resumed.sdp).toContain('a=sendrecv');
  expect(peers).toHaveLength(1);
});

it('[SDK-D21] the preferred codec is first in it', async () => {
  const { peers, platform } = await ringing(() => {}, { preferredCodec: 'opus' });
  const [first] = (peers[0]?.getTransceivers()[0]?.codecPreferences ?? []) as RTCRtpCodec[];
  expect(first?.mimeType).toBe(platform.codecs.find(({ mimeType }) => /opus/.test(mimeType))?.mimeType);
});

it.each([
  ['the browser hides the addresses of the device', ['candidate:1 1 udp 1 9d2f.local 50000 typ host']],
  ['nothing was gathered', []],
])('[SDK-D80] it is made anew with the microphone where %s', async (_why, candidates) => {
  const { peers, call, invite, platform, clock } = await ringing((page) => {
    page.platform.candidates = candidates;
  });
  platform.candidates = undefined;
  const answering = Promise.all([answeredSession(invite), call.answer()]);
  await pass(clock, 300);
  await answering;
  expect(peers.map(({ closed }) => closed)).toEqual([true, false]);
  expect(peers[1]?.remoteDescription?.sdp).toBe(offer);
  expect(call.state).toBe('connected');
});

it('[SDK-D80] it is made anew where the network changed while it rang', async () => {
  const { peers, call, invite, platform } = await ringing();
  platform.page('networkchange');
  expect(peers[0]?.closed).toBe(true);
  await Promise.all([answeredSession(invite), call.answer()]);
  expect(peers[1]?.closed).toBe(false);
  expect(call.state).toBe('connected');
});

it('[SDK-D17] nothing is left of it when the caller gives up, or it is declined', async () => {
  const { peers, call, invite, platform, server, client } = await ringing();
  const before = platform.pageListeners('networkchange');
  invite.cancel();
  await settle();
  expect(call.state).toBe('ended');
  expect(peers[0]?.closed).toBe(true);
  const next = new Promise<VoiceCall>((resolve) => client.once('incoming', resolve));
  server.call({ sdp: offer });
  (await next).reject();
  await settle();
  expect(peers.map(({ closed }) => closed)).toEqual([true, true]);
  expect(platform.pageListeners('networkchange')).toBe(before - 1);
});

it('a refused microphone closes it; the call rings on and can be answered again', async () => {
  const { peers, call, invite, platform } = await ringing((page) => {
    page.platform.microphoneError = 'NotAllowedError';
  });
  await expect(call.answer()).rejects.toMatchObject({ problem: 'microphone-blocked' });
  expect(peers[0]?.closed).toBe(true);
  platform.microphoneError = undefined;
  await Promise.all([answeredSession(invite), call.answer()]);
  expect(call.state).toBe('connected');
});

it('an offer that cannot be answered is refused when the person answers, as ever', async () => {
  const page = await registeredPage();
  const incoming = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call({ sdp: serverSdp().replace('m=audio 40000', 'm=audio 0') });
  const failed = new Promise((resolve) => invite.on('failed', ({ status }) => resolve(status)));
  const call = await incoming;
  await settle();
  expect(call.state).toBe('ringing');
  await expect(call.answer()).rejects.toMatchObject({ problem: 'media-failed' });
  expect(await failed).toBe(488);
});

it.each([
  ['in the background, where nobody answers', (page: Page) => (page.platform.visible = false), 0],
  ['in front', (page: Page) => (page.platform.visible = true), 1],
])('a page %s', async (_where, arrange, peers) => {
  const page = await ringing(arrange);
  expect(page.peers).toHaveLength(peers);
  await Promise.all([answeredSession(page.invite), page.call.answer()]);
  expect(page.call.state).toBe('connected');
});

it('without its part the call is answered all the same, and the log tells', async () => {
  const lines: string[] = [];
  const note = (_fields: object, message: string) => void lines.push(message);
  const logger = { error: note, warn() {}, info() {}, debug() {}, child: () => logger };
  const part = await parts.ringing(); // For the fixture, which loads all parts first.
  vi.spyOn(parts, 'ringing').mockResolvedValueOnce(part).mockRejectedValue(new TypeError('Failed to fetch'));
  const { peers, call, invite } = await ringing(() => {}, { logger });
  expect(peers).toHaveLength(0);
  await Promise.all([answeredSession(invite), call.answer()]);
  expect(call.state).toBe('connected');
  expect(lines).toEqual(['exotelsdk-ringing.js cannot be loaded: answers are not made ready']);
});
