import { expect, it } from 'vitest';
import { account, connected, makeExotel, registered } from '../testing/exotel-fixture.js';
import { answeredSession, pass, settle } from '../testing/page-fixture.js';
import { ExotelWebClient } from './exotel-web-client.js';

it('[SDK-D10] getCall() before initWebrtc() gives the Call object, whose steps fail softly', async () => {
  const client = new ExotelWebClient();
  const call = client.getCall();
  await expect(call.Answer()).rejects.toMatchObject({ problem: 'wrong-state' });
  await expect(call.sendDTMF('1')).rejects.toMatchObject({ problem: 'wrong-state' });
  expect(() => call.MuteToggle()).not.toThrow(); // [SDK-D18]
  expect(call.callDetails().callId).toBe('');
  expect(client.DoRegister()).toBe(false);
  expect(() => client.UnRegister()).not.toThrow();
  expect(() => client.SessionListener()).not.toThrow();
  expect(() => client.getCallController().setCallListener(() => {})).not.toThrow();
});

it('has one Call object whose methods are own enumerable fields and can be detached', async () => {
  const { client } = await makeExotel();
  expect(Object.keys(client.getCall()).sort()).toEqual(
    [
      'Answer',
      'Hangup',
      'Hold',
      'HoldToggle',
      'Mute',
      'MuteToggle',
      'UnHold',
      'UnMute',
      'callDetails',
      'sendDTMF',
    ].sort(),
  );
  const { getCall, DoRegister, UnRegister } = client;
  expect(getCall()).toBe(client.call);
  expect(DoRegister()).toBe(true);
  UnRegister();
});

it('gives incoming, connected after the 200, callEnded: with the same Call and the caller as phone', async () => {
  const { client, server, heard, calls, network } = await registered();
  heard.length = 0;
  const invite = server.call();
  await settle();
  expect(heard).toEqual(['call incoming +919876543210']);
  expect(client.callFromNumber).toBe('+919876543210');
  const answered = answeredSession(invite);
  const sent: string[] = [];
  client.initWebrtc(
    account,
    () => {},
    (_call, event) =>
      sent.push(
        `${event} after ${network
          .ladder()
          .filter((line) => line.startsWith('> '))
          .at(-1)}`,
      ),
  );
  client.getCall().Answer();
  await settle();
  expect(sent).toEqual(['connected after > 200 OK']);
  (await answered).bye();
  await settle();
  expect(sent.at(-1)).toMatch(/^callEnded/);
  expect(new Set(calls)).toEqual(new Set([client.getCall()]));
});

it('tells a CANCEL and a remote hangup as callEnded, and phone is undefined without a display name', async () => {
  const { server, heard } = await registered();
  heard.length = 0;
  const invite = server.call({ from: '<sip:+911234@acme.intermix.local>' });
  await settle();
  invite.cancel();
  await settle();
  expect(heard).toEqual(['call incoming undefined', 'call callEnded undefined']);
});

it('tells ICE by the session callback', async () => {
  const { heard, platform } = await connected();
  platform.peers[0]?.becomeIce('connected');
  const session = heard.filter((line) => line.startsWith('session'));
  expect(session).toEqual([
    'session ice_gathering_state_gathering +919876543210',
    'session ice_gathering_state_complete +919876543210',
    'session ice_connection_state_connected +919876543210',
  ]);
});

it('tells a blocked microphone by the session callback', async () => {
  const { client, server, platform, heard } = await registered();
  server.call();
  await settle();
  platform.microphoneError = 'NotAllowedError';
  client.getCall().Answer();
  await settle();
  expect(heard).toContain('session media_permission_denied +919876543210');
});

it('refuses a second call with 480 and reason 4001, and the first goes on', async () => {
  const { server, network, client, session } = await connected();
  server.call();
  await settle();
  expect(network.ladder().at(-2)).toBe('> 480 4001');
  expect(client.getCall().callDetails().callState).toBe('connected');
  expect(session.ended).toBe(false);
});

it('[SDK-D4] Hold() twice stays held and UnHold() resumes; HoldToggle() toggles', async () => {
  const { client, network } = await connected();
  const call = client.getCall();
  await Promise.all([call.Hold(), call.Hold()]);
  await call.Hold();
  await call.UnHold();
  await call.UnHold();
  await call.HoldToggle();
  await call.HoldToggle();
  const directions = network.sentByPage('INVITE').map((text) => /a=(send\w+)/.exec(text)?.[1]);
  expect(directions).toEqual(['sendonly', 'sendrecv', 'sendonly', 'sendrecv']);
});

it('[SDK-D1] Mute, UnMute and MuteToggle act on the current call only', async () => {
  const { client, platform, server, session } = await connected();
  const call = client.getCall();
  call.Mute();
  call.Mute();
  expect(platform.liveTracks[0]?.enabled).toBe(false);
  session.bye();
  await settle();
  const invite = server.call();
  await settle();
  await Promise.all([answeredSession(invite), call.Answer()]);
  expect(platform.liveTracks[0]?.enabled).toBe(true);
  call.MuteToggle();
  expect(platform.liveTracks[0]?.enabled).toBe(false);
  call.UnMute();
  expect(platform.liveTracks[0]?.enabled).toBe(true);
});

it('[SDK-D11] callDetails() fills all 14 keys and legSid', async () => {
  const { client, clock } = await connected();
  clock.advance(65_000);
  const call = client.getCall();
  expect(call.callDetails()).toMatchObject({
    callId: expect.stringMatching(/.+/),
    remoteId: '+919876543210',
    remoteDisplayName: '+919876543210',
    callDirection: 'incoming',
    callState: 'connected',
    callDuration: 65,
    callStartedTime: expect.stringMatching(/^2026-/),
    callEstablishedTime: expect.stringMatching(/^2026-/),
    callAnswerTime: expect.stringMatching(/^2026-/),
    callEndedTime: '',
    callEndReason: '',
    sessionId: expect.stringMatching(/.+/),
    callSid: 'c0ffee',
    legSid: 'leg_1',
  });
  expect(call.callDetails().sipHeaders).toMatchObject({ 'X-Exotel-Callsid': 'c0ffee', Legsid: 'leg_1' });
  await call.Hangup();
  expect(call.callDetails()).toMatchObject({ callState: 'ended', callEndReason: 'local-hangup', callDuration: 65 });
  expect(call.callDetails().callEndedTime).toMatch(/^2026-/);
  expect(Object.keys(call.callDetails())).toHaveLength(17);
});

it('[SDK-D70] HoldToggle() twice, faster than the far end can agree, leaves the call as it was', async () => {
  const { client, platform } = await connected();
  const call = client.getCall();
  await Promise.all([call.HoldToggle(), call.HoldToggle()]);
  expect(call.callDetails().held).toBe(false);
  expect(platform.liveTracks.map(({ enabled }) => enabled)).toEqual([true]);
  await Promise.all([call.HoldToggle(), call.HoldToggle(), call.HoldToggle()]);
  expect(call.callDetails().held).toBe(true);
  expect(platform.liveTracks.map(({ enabled }) => enabled)).toEqual([false]);
});

it('Hold() of a call that the far end ends meanwhile rejects with call-ended', async () => {
  const { client, session } = await connected();
  const held = expect(client.getCall().Hold()).rejects.toMatchObject({ problem: 'call-ended' });
  session.bye();
  await held;
});

it('[SDK-D71] UnRegister() in a call: it goes on, and Hangup() still tells the far end', async () => {
  const { client, network, session } = await connected();
  client.UnRegister();
  await settle();
  expect(session.ended).toBe(false);
  await client.getCall().Hangup();
  await settle();
  expect(session.ended).toBe(true);
  expect(network.openSockets).toHaveLength(0);
});

it('[SDK-D11] a call without X-Exotel-CallSid has none, not that of the call before', async () => {
  const { client, server, session } = await connected();
  session.bye();
  await settle();
  server.call({ headers: [['x-exotel-callsid', 'lower-case']] });
  await settle();
  expect(client.getCall().callDetails().callSid).toBe('lower-case');
  await client.getCall().Hangup();
  server.call({ headers: [] });
  await settle();
  expect(client.getCall().callDetails()).toMatchObject({ callSid: '', legSid: '' });
});

it('Hangup() of a ringing call sends 486, of an established one BYE', async () => {
  const { client, server, network, session } = await connected();
  await client.getCall().Hangup();
  await settle();
  expect(session.ended).toBe(true);
  server.call();
  await settle();
  await client.getCall().Hangup();
  expect(network.ladder()).toContain('> 486 Busy Here');
});

it("the Call object has the guide's fields, always those of the current call, and they are not among its own keys", async () => {
  const { client, session, server } = await connected();
  const call = client.getCall();
  expect([call.callDirection, call.callState, call.remoteDisplayName]).toEqual([
    'incoming',
    'connected',
    '+919876543210',
  ]);
  expect(call.callStartedTime).toMatch(/^2026-/);
  const first = call.callId;
  session.bye();
  await settle();
  expect(call.callState).toBe('ended');
  server.call({ from: '"Ravi" <sip:ravi@acme.intermix.local>' });
  await settle();
  expect([call.callState, call.remoteDisplayName]).toEqual(['ringing', 'Ravi']);
  expect(call.callId).not.toBe(first);
  expect(Object.values(call).every((field) => typeof field === 'function')).toBe(true);
});

it.each(['account', 'method'] as const)(
  "gives the guide's terminated for a hang-up by the far end and a failed registration, when chosen by the %s",
  async (way) => {
    const info = way === 'account' ? { remoteHangupEvent: 'terminated' as const } : {};
    const { client, server, heard, session, network, clock } = await connected(info);
    if (way === 'method') client.setRemoteHangupEvent('terminated');
    heard.length = 0;
    session.bye();
    await settle();
    server.call();
    await settle();
    await client.getCall().Hangup();
    network.openSockets[0]?.server.close();
    await pass(clock, 1_000);
    client.UnRegister();
    await settle();
    expect(heard.filter((line) => !line.includes('sent_request') && !line.startsWith('session'))).toEqual([
      'call terminated +919876543210',
      'call incoming +919876543210',
      'call callEnded +919876543210',
      'register terminated priya',
      'register registered priya',
      'register unregistered priya',
    ]);
  },
);
