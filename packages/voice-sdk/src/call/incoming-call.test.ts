import type { OutgoingInvite, SipFailure } from '@intermix/sip';
import { expect, it } from 'vitest';
import type { VoiceClient } from '../client/voice-client.js';
import { answeredSession, type Page, pass, registeredPage, serverSdp, settle } from '../testing/page-fixture.js';
import type { VoiceCall } from './voice-call.js';

interface Ringing extends Page {
  client: VoiceClient;
  invite: OutgoingInvite;
  call: VoiceCall;
}

async function ringingPage(
  options: Parameters<typeof registeredPage>[0] = {},
  call: { sdp?: string | null } = {},
): Promise<Ringing> {
  const page = await registeredPage(options);
  const incoming = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call(call);
  return { ...page, invite, call: await incoming };
}

function failureOf(invite: OutgoingInvite): Promise<SipFailure> {
  return new Promise((resolve) => invite.on('failed', resolve));
}

async function connectedPage(sdp?: string, options: Parameters<typeof registeredPage>[0] = {}) {
  const page = await ringingPage(options, sdp ? { sdp } : {});
  const [session] = await Promise.all([answeredSession(page.invite), page.call.answer()]);
  await settle();
  return { ...page, session };
}

it('rings with 180 and tells who calls', async () => {
  const { call, network } = await ringingPage();
  await settle();
  expect(network.ladder().slice(-3)).toEqual(['< INVITE', '> 100 Trying', '> 180 Ringing']);
  expect(call).toMatchObject({ state: 'ringing', direction: 'incoming' });
  expect(call.remote).toMatchObject({ user: '+919876543210', displayName: '+919876543210' });
  expect(call.details()).toMatchObject({ callSid: 'c0ffee', legSid: 'leg_1' });
});

it('answers with the candidates at hand and its own audio', async () => {
  const { call, invite, network, platform, clock } = await ringingPage();
  const startedAt = clock.now();
  const answered = answeredSession(invite);
  const answering = call.answer();
  await pass(clock, 10);
  await Promise.all([answering, answered]);
  expect(clock.now() - startedAt).toBe(10);
  const ok = network.messages.find(
    ({ sent, text }) => sent && text.startsWith('SIP/2.0 200') && /CSeq: \d+ INVITE/.test(text),
  );
  expect(ok?.text).toContain('a=candidate:1 1 udp');
  expect(ok?.text).toContain('a=sendrecv');
  expect(ok?.text).toMatch(/Contact: <sip:[^>]*\.invalid;transport=ws>/);
  expect(call.state).toBe('connected');
  expect(platform.liveTracks).toHaveLength(1);
  expect(platform.peers[0]?.configuration).toMatchObject({
    iceServers: [],
    bundlePolicy: 'balanced',
    rtcpMuxPolicy: 'require',
  });
});

it('[SDK-D14] never waits longer than 200 ms for candidates, and asks no STUN server', async () => {
  const page = await ringingPage();
  page.platform.gathering = 'silent';
  const answering = page.call.answer();
  await pass(page.clock, 199);
  expect(page.call.state).toBe('answering');
  await pass(page.clock, 1);
  await answering;
  expect(page.call.state).toBe('connected');
});

it('reads the offer while the person is asked for the microphone', async () => {
  const page = await ringingPage();
  let allow = () => {};
  page.platform.microphoneGranted = new Promise((resolve) => {
    allow = resolve;
  });
  const answering = page.call.answer();
  await settle();
  expect(page.platform.peers[0]?.signalingState).toBe('have-remote-offer');
  expect(page.call.state).toBe('answering');
  allow();
  await answering;
  expect(page.call.state).toBe('connected');
});

it('[SDK-D14] takes a late offer just as fast', async () => {
  const page = await ringingPage({}, { sdp: null });
  page.invite.on('answered', (session, response) => {
    expect(response.sdp).toContain('m=audio');
    session.acknowledge(serverSdp());
  });
  const answering = page.call.answer();
  await pass(page.clock, 10);
  await answering;
  await settle();
  expect(page.platform.peers[0]?.signalingState).toBe('stable');
  expect(page.platform.peers[0]?.remoteDescription?.type).toBe('answer');
});

it('declines with 486', async () => {
  const { call, invite } = await ringingPage();
  const failed = failureOf(invite);
  call.reject();
  expect(await failed).toMatchObject({ status: 486 });
  expect(call.end).toMatchObject({ reason: 'rejected', by: 'local' });
});

it('hangup() of a ringing call declines it', async () => {
  const { call, invite } = await ringingPage();
  const failed = failureOf(invite);
  await call.hangup();
  expect((await failed).status).toBe(486);
});

it('ends as cancelled when the caller gives up, and as answered elsewhere when the CANCEL says so', async () => {
  const first = await ringingPage();
  first.invite.cancel();
  await settle();
  expect(first.call.end).toMatchObject({ reason: 'cancelled', by: 'remote' });
  const second = await ringingPage();
  second.invite.cancel({ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' });
  await settle();
  expect(second.call.end).toMatchObject({ reason: 'answered-elsewhere', by: 'remote' });
  await expect(second.call.answer()).rejects.toMatchObject({ problem: 'call-ended' });
});

it('gives an unanswered call back with 480', async () => {
  const { call, invite, clock } = await ringingPage({ noAnswerMs: 30_000 });
  const failed = failureOf(invite);
  await pass(clock, 30_000);
  expect((await failed).status).toBe(480);
  expect(call.end).toMatchObject({ reason: 'no-answer' });
});

it('rings on when the microphone is blocked, says the cure, and can be answered after all', async () => {
  const page = await ringingPage();
  page.platform.microphoneError = 'NotAllowedError';
  await expect(page.call.answer()).rejects.toMatchObject({
    code: 'ERR_VOICE_MICROPHONE_BLOCKED',
    cure: expect.stringContaining('Allow the microphone'),
  });
  expect(page.call.state).toBe('ringing');
  page.platform.microphoneError = undefined;
  await page.call.answer();
  expect(page.call.state).toBe('connected');
  expect(page.platform.peers.filter((peer) => !peer.closed)).toHaveLength(1);
});

it('refuses media that the browser cannot do with 488', async () => {
  const page = await ringingPage(
    {},
    { sdp: 'v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nt=0 0\r\nm=video 9 RTP/AVP 96\r\n' },
  );
  const failed = failureOf(page.invite);
  await expect(page.call.answer()).rejects.toMatchObject({ problem: 'media-failed' });
  expect((await failed).status).toBe(488);
  expect(page.platform.liveTracks).toHaveLength(0);
});

it('hears the far end hang up', async () => {
  const { call, session, platform } = await connectedPage();
  session.bye();
  await settle();
  expect(call.end).toMatchObject({ reason: 'remote-hangup', by: 'remote' });
  expect(platform.liveTracks).toHaveLength(0);
  expect(platform.peers[0]?.closed).toBe(true);
});

it('hangs up with BYE, once', async () => {
  const { call, session, network } = await connectedPage();
  await Promise.all([call.hangup(), call.hangup()]);
  await settle();
  expect(session.ended).toBe(true);
  expect(network.sentByPage('BYE')).toHaveLength(1);
  expect(call.end).toMatchObject({ reason: 'local-hangup' });
});

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

it('offers when the far end asks by a re-INVITE without SDP', async () => {
  const { session, platform } = await connectedPage();
  const { sdp } = await session.reinvite({});
  expect(sdp).toContain('m=audio');
  session.acknowledge(serverSdp());
  await settle();
  expect(platform.peers[0]?.signalingState).toBe('stable');
});

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

it('a ringing call whose connection is lost is over', async () => {
  const { call, network } = await ringingPage();
  network.openSockets[0]?.server.close();
  expect(call.end).toMatchObject({ reason: 'connection-lost' });
});

it('[SDK-D15] looks for a new audio path when ICE fails', async () => {
  const { call, session, platform } = await connectedPage();
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  const events: string[] = [];
  call.on('reconnecting', (what) => events.push(`reconnecting ${what}`));
  call.on('reconnected', (what) => events.push(`reconnected ${what}`));
  const [peer] = platform.peers;
  peer?.becomeIce('failed');
  await settle();
  expect(peer?.restarts).toBe(1);
  peer?.becomeIce('connected');
  expect(events).toEqual(['reconnecting media', 'reconnected media']);
});

it('[SDK-D15] a path that is disconnected for 2 s is restarted, again and again until it is whole', async () => {
  const { call, session, platform, clock } = await connectedPage();
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  const [peer] = platform.peers;
  peer?.becomeIce('connected');
  peer?.becomeIce('disconnected');
  await pass(clock, 1_900);
  expect(peer?.restarts).toBe(0);
  await pass(clock, 200);
  expect(peer?.restarts).toBe(1);
  await pass(clock, 60_000);
  const restarts = peer?.restarts ?? 0;
  expect(restarts).toBeGreaterThan(4);
  expect(restarts).toBeLessThan(12);
  peer?.becomeIce('connected');
  await pass(clock, 60_000);
  expect(peer?.restarts).toBe(restarts);
  expect(call.state).toBe('connected');
});

it('[SDK-D15] a disconnect that heals by itself restarts nothing', async () => {
  const { platform, clock } = await connectedPage();
  const [peer] = platform.peers;
  peer?.becomeIce('disconnected');
  await pass(clock, 1_000);
  peer?.becomeIce('connected');
  await pass(clock, 10_000);
  expect(peer?.restarts).toBe(0);
});

it.each([
  ['nothing was heard', 0, 1],
  ['audio went on', 12, 0],
])(
  '[SDK-D15] after a lost socket, when %s meanwhile, the path is restarted %i/%i',
  async (_name, packets, restarts) => {
    const { session, network, platform, clock } = await connectedPage();
    session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
    const [peer] = platform.peers;
    const inbound = { type: 'inbound-rtp', kind: 'audio', packetsReceived: 100 };
    peer?.stats.push(inbound);
    network.openSockets[0]?.server.close();
    await settle();
    inbound.packetsReceived += packets;
    await pass(clock, 1_000);
    expect(network.sentByPage('INVITE')).toHaveLength(1);
    expect(peer?.restarts).toBe(restarts);
  },
);

it('[SDK-D15] a change of network that silences the call restarts its path', async () => {
  const { session, platform, clock } = await connectedPage();
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  const [peer] = platform.peers;
  peer?.stats.push({ type: 'inbound-rtp', kind: 'audio', packetsReceived: 100 });
  platform.page('networkchange');
  await pass(clock, 500);
  expect(peer?.restarts).toBe(1);
});

it.each(['us', 'the far end'])('[SDK-D15] a call held by %s is silent, not broken', async (holder) => {
  const { call, session, network, platform, clock } = await connectedPage();
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  if (holder === 'us') await call.hold();
  else await session.reinvite({ sdp: serverSdp('sendonly') });
  const told: string[] = [];
  call.on('reconnecting', (what) => told.push(`reconnecting ${what}`));
  call.on('reconnected', (what) => told.push(`reconnected ${what}`));
  const [peer] = platform.peers;
  peer?.becomeIce('connected');
  peer?.stats.push({ type: 'inbound-rtp', kind: 'audio', packetsReceived: 100 });
  platform.page('networkchange');
  await pass(clock, 500);
  network.openSockets[0]?.server.close();
  await pass(clock, 30_000);
  expect(peer?.restarts).toBe(0);
  expect(told).toEqual(['reconnecting signalling', 'reconnected signalling']);
});

it("[SDK-D15] a far end that says nothing: the path is whole once ICE's checks are answered", async () => {
  const { call, session, platform, clock } = await connectedPage();
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  const told: string[] = [];
  call.on('reconnecting', (what) => told.push(`reconnecting ${what}`));
  call.on('reconnected', (what) => told.push(`reconnected ${what}`));
  const [peer] = platform.peers;
  const pair = { type: 'candidate-pair', nominated: true, responsesReceived: 7 };
  peer?.becomeIce('connected');
  peer?.stats.push({ type: 'inbound-rtp', kind: 'audio', packetsReceived: 100 }, pair);
  platform.page('networkchange');
  await pass(clock, 500);
  pair.responsesReceived += 1;
  await pass(clock, 30_000);
  expect(peer?.restarts).toBe(1);
  expect(told).toEqual(['reconnecting media', 'reconnected media']);
});

it('[SDK-D15] one change of network that is told twice restarts the path once', async () => {
  const { session, platform, clock } = await connectedPage();
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  const [peer] = platform.peers;
  peer?.stats.push({ type: 'inbound-rtp', kind: 'audio', packetsReceived: 100 });
  platform.page('networkchange');
  platform.page('online');
  await pass(clock, 500);
  expect(peer?.restarts).toBe(1);
  platform.page('networkchange');
  await pass(clock, 500);
  expect(peer?.restarts).toBe(1);
});

it('[SDK-D15] no second restart is queued behind one that waits for its answer', async () => {
  const { session, platform, clock } = await connectedPage();
  const waiting: Array<() => void> = [];
  session.on('reinvite', (reinvite) => waiting.push(() => reinvite.accept({ sdp: serverSdp() })));
  const [peer] = platform.peers;
  peer?.becomeIce('failed');
  await pass(clock, 20_000);
  expect([waiting.length, peer?.restarts]).toEqual([1, 1]);
  waiting[0]?.();
  await settle();
  expect(peer?.restarts).toBe(1);
  await pass(clock, 20_000);
  expect(peer?.restarts).toBe(2);
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

it('[SDK-D15] reports how the call sounds', async () => {
  const { call, platform, clock } = await connectedPage();
  const seen: Array<{ lossPercent: number; mos: number }> = [];
  call.on('quality', (quality) => seen.push(quality));
  const inbound = { type: 'inbound-rtp', kind: 'audio', packetsReceived: 250, packetsLost: 0, jitter: 0.004 };
  platform.peers[0]!.stats = [inbound, { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.04 }];
  await pass(clock, 5_000);
  Object.assign(inbound, { packetsReceived: 450, packetsLost: 50 });
  await pass(clock, 5_000);
  expect(seen[0]).toMatchObject({ lossPercent: 0, jitterMs: 4, roundTripMs: 40 });
  expect(seen[0]?.mos).toBeGreaterThan(4.2);
  expect(seen[1]).toMatchObject({ lossPercent: 20 });
  expect(seen[1]?.mos).toBeLessThan(3);
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

it('gives a call back whose microphone prompt nobody answers', async () => {
  const page = await ringingPage({ noAnswerMs: 30_000 });
  page.platform.microphoneGranted = new Promise(() => {});
  const failed = failureOf(page.invite);
  void page.call.answer();
  await pass(page.clock, 30_000);
  expect((await failed).status).toBe(480);
  expect(page.call.end).toMatchObject({ reason: 'no-answer' });
});

it('[SDK-D30] a hang-up while the microphone is being changed gives both back', async () => {
  const { call, platform } = await connectedPage();
  const sender = platform.peers[0]!.getTransceivers()[0]!.sender;
  sender.ready = new Promise(() => {}); // As in browsers, where it never settles once the connection is closed.
  void call.useMicrophone(await platform.getUserMedia({ audio: true }));
  await settle();
  expect(platform.liveTracks).toHaveLength(2);
  call.mute();
  expect(platform.liveTracks.map((track) => track.enabled)).toEqual([false, false]);
  await call.hangup();
  expect(platform.liveTracks).toEqual([]);
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
