import { expect, it } from 'vitest';
import { connectedPage, failureOf, ringingPage } from '../testing/call-fixture.js';
import { answeredSession, pass, serverSdp, settle } from '../testing/page-fixture.js';

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
