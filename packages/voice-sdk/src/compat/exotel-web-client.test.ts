import { expect, it, vi } from 'vitest';
import { account, connected, makeExotel, registered } from '../testing/exotel-fixture.js';
import { answeredSession, DOMAIN, makePage, PASSWORD, pass, settle } from '../testing/page-fixture.js';
import { ExotelWebClient } from './exotel-web-client.js';

it('refuses an account without userName, sipdomain or port, and leaves the object as it is', () => {
  const client = new ExotelWebClient();
  for (const field of ['userName', 'sipdomain', 'port'] as const) {
    expect(client.initWebrtc({ ...account, [field]: '' })).toBe(false);
  }
  const info = Object.freeze({ ...account });
  expect(client.initWebrtc(info)).toBe(true);
  expect(
    client.initWebRTC(
      info,
      () => {},
      () => {},
      () => {},
      true,
    ),
  ).toBe(true);
});

it.each([
  [{}, 'ws://127.0.0.1:8080/wss'],
  [{ domain: 'voip.in1.exotel.com:443:443', security: 'wss' }, 'wss://voip.in1.exotel.com/wss'],
  [{ domain: 'voip.example.com', security: 'wss' }, 'wss://voip.example.com:8088/wss'],
  [{ endpoint: 'ws' }, 'ws://127.0.0.1:8080/ws'],
  [{ domain: '[::1]:8080' }, 'ws://[::1]:8080/wss'],
] as const)('builds the WebSocket address from %j', async (info, url) => {
  const { client, network } = await makeExotel(info);
  client.DoRegister();
  expect(network.sockets[0]?.url).toBe(url);
});

it('gives sent_request for each REGISTER and then registered, with the user name', async () => {
  const { heard } = await registered();
  expect(heard).toEqual(['register sent_request priya', 'register sent_request priya', 'register registered priya']);
});

it('registers with authUser as the address and userName for the digest', async () => {
  const { network } = await registered({ authUser: 'sip-17' });
  const [, request] = network.sentByPage('REGISTER');
  expect(request).toContain(`<sip:sip-17@${DOMAIN}>`);
  expect(request).toContain('username="priya"');
});

it('[SDK-D7] DoRegister() twice opens one socket, and gives false until UnRegister() has completed', async () => {
  const { client, network } = await makeExotel();
  expect(client.DoRegister()).toBe(true);
  expect(client.DoRegister()).toBe(false);
  await settle();
  expect(client.DoRegister()).toBe(false);
  expect(network.sockets).toHaveLength(1);
  client.UnRegister();
  await settle();
  expect(client.DoRegister()).toBe(true);
});

it('[SDK-D3] UnRegister() gives sent_request and unregistered, never registered', async () => {
  const { client, heard } = await registered();
  heard.length = 0;
  client.UnRegister();
  await settle();
  expect([...new Set(heard)]).toEqual(['register sent_request priya', 'register unregistered priya']);
  expect(heard.at(-1)).toBe('register unregistered priya');
});

it('[SDK-D3] a refresh is silent', async () => {
  const { heard, clock, network } = await registered();
  const before = heard.length;
  await pass(clock, 275_000);
  expect(network.sentByPage('REGISTER').length).toBeGreaterThan(2);
  expect(heard).toHaveLength(before);
});

it("[SDK-D8] the guide's retry inside the callback does not hammer a wrong password", async () => {
  const { client, network, clock } = await makeExotel({ secret: 'wrong' });
  const states: string[] = [];
  client.initWebrtc({ ...account, secret: 'wrong' }, (state) => {
    states.push(state);
    if (state === 'unregistered') client.DoRegister();
  });
  client.DoRegister();
  await settle();
  const sent = network.sentByPage('REGISTER').length;
  await pass(clock, 600_000);
  expect(network.sentByPage('REGISTER')).toHaveLength(sent);
  expect(states.filter((state) => state === 'unregistered')).toHaveLength(1);
  expect(client.DoRegister()).toBe(true);
});

it("comes back by itself after a lost socket, and the guide's own retry does no harm", async () => {
  const { client, network, clock, heard } = await registered();
  heard.length = 0;
  client.initWebrtc(account, (state, phone) => {
    heard.push(`register ${state} ${phone}`);
    if (state === 'unregistered') client.DoRegister();
  });
  network.openSockets[0]?.server.close();
  await pass(clock, 1_000);
  expect(heard[0]).toBe('register unregistered priya');
  expect(heard.at(-1)).toBe('register registered priya');
  expect(network.openSockets).toHaveLength(1);
});

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

it('[SDK-D2] no password and no digest leaves by the log, and the browser stores nothing', async () => {
  const page = await makePage();
  const client = new ExotelWebClient(page.platform);
  const lines: string[] = [];
  client.registerLoggerCallback((type, message, args) => lines.push(JSON.stringify([type, message, args])));
  client.initWebrtc({ ...account, secret: PASSWORD });
  client.DoRegister();
  await settle();
  page.server.call();
  await settle();
  await client.getCall().Hangup();
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join('\n')).not.toContain(PASSWORD);
  expect(lines.join('\n')).not.toMatch(/response="(?!\[redacted)/);
  expect(page.platform.stored.size).toBe(0);
});

it('[SDK-D13] says nothing on the console unless asked to', async () => {
  const said: unknown[] = [];
  const originals = { log: console.log, info: console.info, warn: console.warn, error: console.error };
  for (const name of ['log', 'info', 'warn', 'error'] as const) console[name] = (...args: unknown[]) => said.push(args);
  try {
    const { client } = await registered();
    expect(said).toHaveLength(0);
    client.setEnableConsoleLogging(true);
    client.UnRegister();
    await settle();
    expect(said.length).toBeGreaterThan(0);
  } finally {
    Object.assign(console, originals);
  }
});

it('[SDK-D9] checkClientStatus() gives the microphone back', async () => {
  const { client, platform } = await registered();
  const statuses: string[] = [];
  client.checkClientStatus((status) => statuses.push(status));
  await settle();
  platform.microphoneError = 'NotAllowedError';
  client.checkClientStatus((status) => statuses.push(status));
  await settle();
  expect(statuses).toEqual(['registered', 'media_permission_denied']);
  expect(platform.liveTracks).toHaveLength(0);
});

it('[SDK-D16] two clients in one page share nothing', async () => {
  const first = await connected();
  const other = new ExotelWebClient(first.platform);
  const heard: string[] = [];
  other.initWebrtc(account, (state) => heard.push(state));
  other.DoRegister();
  await settle();
  expect(first.network.openSockets).toHaveLength(2);
  expect(other.getCall()).not.toBe(first.client.getCall());
  expect(other.getCall().callDetails().callId).toBe('');
  other.UnRegister();
  await settle();
  expect(first.client.getCall().callDetails().callState).toBe('connected');
  expect(first.network.openSockets).toHaveLength(1);
});

it('[SDK-D18] a step whose promise nobody holds raises no unhandled rejection', async () => {
  const { client } = await registered();
  const unhandled: unknown[] = [];
  const listener = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', listener);
  client.getCall().Answer();
  client.getCall().sendDTMF('x');
  client.getCall().Hold();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', listener);
  expect(unhandled).toEqual([]);
});

it('[SDK-D25] after a reload in a call the page hears activeSession, and callDetails() is as before', async () => {
  const before = await connected();
  await vi.dynamicImportSettled();
  const details = before.client.getCall().callDetails();
  before.platform.page('pagehide');
  await settle();
  expect(before.heard.filter((line) => line.startsWith('call '))).toEqual([
    'call incoming +919876543210',
    'call connected +919876543210',
  ]);
  const heard: string[] = [];
  const client = new ExotelWebClient(before.platform);
  client.initWebrtc(
    account,
    () => {},
    (_call, event, phone) => heard.push(`${event} ${phone}`),
  );
  client.DoRegister();
  await settle();
  await vi.dynamicImportSettled();
  await pass(before.clock, 50);
  expect(heard).toEqual(['activeSession +919876543210']);
  expect(client.getCall().callDetails()).toEqual({ ...details, callDuration: expect.any(Number) });
  expect(client.callFromNumber).toBe('+919876543210');
  await client.getCall().Hangup();
  await settle();
  expect(before.session.ended).toBe(true);
  expect(heard).toEqual(['activeSession +919876543210', 'callEnded +919876543210']);
});

it('[SDK-D60] a microphone that is refused after the reload: activeSession, media_permission_denied, and UnMute() asks again', async () => {
  const before = await connected();
  await vi.dynamicImportSettled();
  before.platform.page('pagehide');
  await settle();
  before.platform.microphoneError = 'NotAllowedError';
  const heard: string[] = [];
  const client = new ExotelWebClient(before.platform);
  client.initWebrtc(
    account,
    () => {},
    (_call, event) => heard.push(event),
    (state) => state.startsWith('media') && heard.push(state),
  );
  client.DoRegister();
  await settle();
  await vi.dynamicImportSettled();
  await pass(before.clock, 50);
  expect(heard).toEqual(['activeSession', 'media_permission_denied']);
  expect(client.getCall().callDetails().callState).toBe('connected');
  before.platform.microphoneError = undefined;
  client.getCall().UnMute();
  await settle();
  expect(before.platform.liveTracks.map((track) => track.enabled)).toEqual([true]);
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

it('keeps the public fields that tell where a registration stands', async () => {
  const { client, network, clock } = await makeExotel();
  const flags = () => [
    client.isReadyToRegister,
    client.registrationInProgress,
    client.shouldAutoRetry,
    client.unregisterInitiated,
  ];
  expect(flags()).toEqual([true, false, false, false]);
  client.DoRegister();
  expect(flags()).toEqual([false, true, true, false]);
  await settle();
  expect(flags()).toEqual([false, false, true, false]);
  network.openSockets[0]?.server.close();
  expect(flags()).toEqual([false, true, true, false]);
  await pass(clock, 1_000);
  client.UnRegister();
  expect(flags()).toEqual([false, false, false, true]);
  await settle();
  expect(flags()).toEqual([true, false, false, false]);
});

it('a page that takes shouldAutoRetry away is not registered again after a loss', async () => {
  const { client, network, clock, heard } = await registered();
  client.shouldAutoRetry = false;
  network.openSockets[0]?.server.close();
  await pass(clock, 60_000);
  expect(network.openSockets).toHaveLength(0);
  expect(heard.at(-1)).toBe('register unregistered priya');
  expect(client.DoRegister()).toBe(true);
  await settle();
  expect(heard.at(-1)).toBe('register registered priya');
});

it('setEventListener() hears of the registration in the place of the callback, initialize() registers', async () => {
  const { client, heard } = await makeExotel();
  const told: string[] = [];
  client.setEventListener({
    onInitializationSuccess: (phone) => told.push(`success ${phone}`),
    onInitializationFailure: (phone) => told.push(`failure ${phone}`),
    onInitializationWaiting: (phone) => told.push(`waiting ${phone}`),
  });
  client.initialize('IN', '', '', '', '', '', { ...account });
  await settle();
  client.unregister(account);
  await settle();
  expect([...new Set(told)]).toEqual(['waiting priya', 'success priya', 'failure priya']);
  expect(heard).toEqual([]);
});

it('[SDK-D22] tells by the session callback when the browser keeps the ring silent', async () => {
  const { server, platform, heard, clock } = await registered();
  platform.soundAllowed = false;
  server.call();
  await pass(clock, 1_000);
  expect(heard.filter((line) => line.startsWith('session'))).toEqual(['session autoplay_blocked +919876543210']);
});

it('rings at the cadence of the country of the account, and not at all when the page makes its own sounds', async () => {
  const american = await registered({ country: 'US' });
  american.server.call();
  await pass(american.clock, 100);
  expect(american.platform.audioContexts[0]?.scheduled.map(({ start, stop }) => Math.round(stop - start))).toEqual([
    2, 2,
  ]);
  const silent = await registered({ tones: false });
  silent.server.call();
  await pass(silent.clock, 5_000);
  expect(silent.platform.audioContexts).toHaveLength(0);
});

it('[SDK-D25] back from the cache too late for its call, the page hears callEnded, once', async () => {
  const { platform, clock, heard, client } = await connected();
  await vi.dynamicImportSettled();
  platform.page('pagehide', true);
  await settle();
  expect(heard.filter((line) => line.startsWith('call callEnded'))).toEqual([]);
  await pass(clock, 11_000);
  platform.page('pageshow', true);
  await pass(clock, 1_000);
  await vi.dynamicImportSettled();
  await settle();
  expect(heard.filter((line) => line.startsWith('call callEnded'))).toHaveLength(1);
  expect(client.getCall()).toBeDefined();
});
