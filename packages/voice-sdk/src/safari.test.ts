// What Safari on macOS and iOS does otherwise than Chromium, and what the SDK makes of it.
import type { OutgoingInvite } from '@intermix/sip';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { VoiceCall } from './call/voice-call.js';
import { ExotelWebClient } from './compat/exotel-web-client.js';
import { browserPlatform } from './platform.js';
import { account, registered as registeredExotel } from './testing/exotel-fixture.js';
import { FakeAudioContext, type FakePeerConnection } from './testing/fake-media.js';
import {
  answeredSession,
  makeClient,
  makePage,
  type Page,
  pass,
  registeredPage,
  serverSdp,
  settle,
} from './testing/page-fixture.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

type Client = Awaited<ReturnType<typeof registeredPage>>;

async function ringing(page: Client): Promise<{ call: VoiceCall; invite: OutgoingInvite }> {
  const incoming = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call();
  const call = await incoming;
  await settle();
  return { call, invite };
}

async function talking(page: Client): Promise<VoiceCall> {
  const { call, invite } = await ringing(page);
  const [session] = await Promise.all([answeredSession(invite), call.answer()]);
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  await settle();
  return call;
}

const ringContext = (page: Page): FakeAudioContext => page.platform.audioContexts[0] as FakeAudioContext;

/** Tones that sound, or will. */
function audible(context: FakeAudioContext): number {
  return context.scheduled.filter(({ start, stop }) => stop > Math.max(start, context.currentTime)).length;
}

describe('an AudioContext that a telephone call interrupts (iOS)', () => {
  it('[SDK-D45] falls silent, heaps up no tones for later, and rings again when iOS gives the sound back', async () => {
    const page = await registeredPage();
    await ringing(page);
    const context = ringContext(page);
    await pass(page.clock, 500);
    context.become('interrupted');
    expect(audible(context)).toBe(0);
    const before = context.bursts;
    await pass(page.clock, 60_000);
    expect(context.bursts).toBe(before);
    context.become('running');
    expect(audible(context)).toBeGreaterThan(0);
    await pass(page.clock, 10_000);
    expect(context.bursts).toBeGreaterThan(before + 10);
  });

  it('asks for the sound when the person is back and iOS has left it off', async () => {
    const page = await registeredPage();
    await ringing(page);
    const context = ringContext(page);
    context.become('interrupted');
    page.platform.page('visible');
    await pass(page.clock, 5_000);
    expect(context.state).toBe('interrupted');
    context.become('suspended');
    const before = context.bursts;
    page.platform.page('visible');
    await pass(page.clock, 5_000);
    expect(context.state).toBe('running');
    expect(context.bursts).toBeGreaterThan(before);
  });

  it('an interruption at the moment of the call: it rings as soon as it may, and the call can be answered meanwhile', async () => {
    const page = await registeredPage();
    const first = await ringing(page);
    first.call.reject();
    const context = ringContext(page);
    context.become('interrupted');
    const { call, invite } = await ringing(page);
    expect(audible(context)).toBe(0);
    context.become('running');
    expect(audible(context)).toBeGreaterThan(0);
    context.become('interrupted');
    await Promise.all([answeredSession(invite), call.answer()]);
    context.become('running');
    await pass(page.clock, 5_000);
    expect(call.state).toBe('connected');
    expect(audible(context)).toBe(0);
  });

  it('a closed client listens to nothing of it any more', async () => {
    const page = await registeredPage();
    await ringing(page);
    const context = ringContext(page);
    await page.client.dispose();
    expect(context.state).toBe('closed');
    expect(context.onstatechange).toBeNull();
    expect(page.platform.pageListeners('visible')).toBe(0);
    expect(page.platform.pageListeners('gesture')).toBe(0);
  });
});

describe('the far end’s sound', () => {
  it('[SDK-D45] is started again when iOS has paused it during a telephone call, and not after the call', async () => {
    const page = await registeredPage();
    const call = await talking(page);
    const [element] = page.platform.audioElements;
    element?.pause();
    page.platform.page('visible');
    await settle();
    expect(element).toMatchObject({ paused: false, plays: 2 });
    page.platform.page('visible');
    expect(element?.plays).toBe(2);
    await call.hangup();
    page.platform.page('visible');
    expect(element).toMatchObject({ paused: true, plays: 2, srcObject: null });
  });

  it('[SDK-D45] plays on the default where the element has no setSinkId, and a chosen speaker is refused by name', async () => {
    const page = await makePage();
    page.platform.choosesOutput = false;
    const client = makeClient(page);
    await client.register();
    const call = await talking({ ...page, client });
    expect(page.platform.audioElements[0]?.paused).toBe(false);
    const devices = await client.devices;
    expect(devices.canSelectOutput).toBe(false);
    await expect(devices.selectOutput('laptop-out')).rejects.toMatchObject({ problem: 'output-fixed' });
    expect(devices.output).toBe('default');
    expect(call.state).toBe('connected');
  });

  it('refused until a gesture: told once, and heard from the click on', async () => {
    const page = await makePage();
    page.platform.soundAllowed = false;
    const client = makeClient(page, { tones: false });
    const blocked: string[] = [];
    client.on('autoplayBlocked', (what) => blocked.push(what));
    await client.register();
    const call = await talking({ ...page, client });
    page.platform.page('visible'); // No gesture: Safari refuses again.
    await settle();
    expect(blocked).toEqual(['remote-audio']);
    const element = page.platform.audioElements.find((each) => each.srcObject);
    expect(element?.paused).toBe(true);
    page.platform.soundAllowed = true;
    page.platform.page('gesture');
    await settle();
    expect(element?.paused).toBe(false);
    expect(call.state).toBe('connected');
    expect(page.platform.pageListeners('gesture')).toBe(0);
  });

  it('a ring that waits for a gesture begins at it, also where resume() was refused before', async () => {
    const page = await makePage();
    page.platform.soundAllowed = false;
    const client = makeClient(page);
    const blocked: string[] = [];
    client.on('autoplayBlocked', (what) => blocked.push(what));
    vi.spyOn(FakeAudioContext.prototype, 'resume').mockRejectedValueOnce(new Error('NotAllowedError'));
    await client.register();
    await ringing({ ...page, client });
    const context = ringContext(page);
    await pass(page.clock, 1_000);
    expect(blocked).toEqual(['ringtone']);
    expect(context.bursts).toBe(0);
    context.allowed = true;
    page.platform.page('gesture');
    await pass(page.clock, 5_000);
    expect(context.bursts).toBeGreaterThan(2);
  });
});

describe('storage', () => {
  it('[SDK-D45] a quota of nothing (private mode): registers, talks, logs and says good-bye all the same', async () => {
    const exotel = await registeredExotel();
    exotel.platform.refuseStorage = true;
    exotel.client.setEnableConsoleLogging(false);
    const invite = exotel.server.call();
    await settle();
    const [session] = await Promise.all([answeredSession(invite), exotel.client.getCall().Answer()]);
    await pass(exotel.clock, 10_000);
    expect(exotel.heard.at(-1)).toMatch(/^(call connected|session ice)/);
    exotel.client.downloadLogs();
    await settle();
    expect(exotel.platform.savedFiles[0]?.text).toContain('registered');
    exotel.platform.page('pagehide');
    await pass(exotel.clock, 100);
    expect(session.ended).toBe(true); // The call cannot be left for the next page, so it ends here.
    expect(exotel.platform.stored.size + exotel.platform.profileStored.size).toBe(0);
  });

  it('that throws when it is looked at (cookies blocked) is none', async () => {
    const get = () => {
      throw new Error('SecurityError');
    };
    vi.stubGlobal('localStorage', undefined); // Restored afterwards.
    vi.stubGlobal('sessionStorage', undefined);
    Object.defineProperty(globalThis, 'localStorage', { configurable: true, get });
    Object.defineProperty(globalThis, 'sessionStorage', { configurable: true, get });
    const platform = browserPlatform();
    expect([platform.tabStorage, platform.profileStorage]).toEqual([undefined, undefined]);
  });
});

describe('interfaces that Safari does not have', () => {
  it('no Web Locks and no BroadcastChannel: registers and talks', async () => {
    const page = await registeredPage();
    expect([page.platform.locks, page.platform.createChannel('calls')]).toEqual([undefined, undefined]);
    expect((await talking(page)).state).toBe('connected');
  });

  it('navigator without connection and locks, window without BroadcastChannel and AudioContext: the adapter says so', () => {
    const target = new EventTarget();
    vi.stubGlobal('window', target);
    vi.stubGlobal('navigator', { userAgent: 'Version/15.0 Safari/605.1.15', onLine: true });
    vi.stubGlobal('BroadcastChannel', undefined);
    vi.stubGlobal('AudioContext', undefined);
    vi.stubGlobal('RTCRtpReceiver', class {}); // Without getCapabilities.
    const platform = browserPlatform();
    const stop = platform.onPage('networkchange', () => {});
    expect(stop).not.toThrow();
    expect(platform.locks).toBeUndefined();
    expect(platform.createChannel('calls')).toBeUndefined();
    expect(platform.createAudioContext()).toBeUndefined();
    expect(platform.audioCodecs()).toEqual([]);
    expect(platform.mediaDevices).toBeUndefined();
    expect(platform.online).toBe(true);
  });

  it('no mediaDevices on a plain http page: getUserMedia is refused by name', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Safari' });
    await expect(browserPlatform().getUserMedia({ audio: true })).rejects.toMatchObject({
      problem: 'unsupported-browser',
    });
  });

  it.each([
    ['no getCapabilities', (page: Page) => (page.platform.codecs = [])],
    ['no setCodecPreferences', (page: Page) => withoutCodecPreferences(page, undefined)],
    [
      'setCodecPreferences that refuses its own codecs',
      (page: Page) =>
        withoutCodecPreferences(page, () => {
          throw new Error('InvalidModificationError');
        }),
    ],
  ])('[SDK-D45] %s: the call is answered in the browser’s own order', async (_name, spoil) => {
    const page = await registeredPage({ preferredCodec: 'opus' });
    page.platform.codecs = [
      { mimeType: 'audio/PCMU', clockRate: 8_000 },
      { mimeType: 'audio/opus', clockRate: 48_000 },
    ];
    spoil(page);
    expect((await talking(page)).state).toBe('connected');
  });

  it.each([
    ['no DTMF sender', (peer: FakePeerConnection) => Object.assign(peer, { dtmf: null })],
    ['no insertDTMF', (peer: FakePeerConnection) => Object.assign(peer.dtmf, { insertDTMF: undefined })],
    ['no canInsertDTMF', (peer: FakePeerConnection) => Object.assign(peer.dtmf, { canInsertDTMF: undefined })],
  ])('%s: digits go by SIP INFO', async (_name, spoil) => {
    const page = await registeredPage();
    onNewPeer(page, spoil);
    const { call, invite } = await ringing(page);
    const [session] = await Promise.all([answeredSession(invite), call.answer()]);
    session.on('info', (info) => info.respond(200));
    await call.sendDtmf('42');
    expect(page.network.sentByPage('INFO').map((info) => /Signal=(.)/.exec(info)?.[1])).toEqual(['4', '2']);
  });
});

describe('getUserMedia, which Safari may put to the person each time', () => {
  it('[SDK-D45] is asked once for a call: not for hold, mute, a codec, a check of the client or another connection', async () => {
    const exotel = await registeredExotel();
    const asked = vi.spyOn(exotel.platform, 'getUserMedia');
    const invite = exotel.server.call();
    await settle();
    const call = exotel.client.getCall();
    const [session] = await Promise.all([answeredSession(invite), call.Answer(), call.Answer()?.catch(() => {})]);
    session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
    await call.Hold();
    await call.UnHold();
    call.Mute();
    call.UnMute();
    exotel.client.setPreferredCodec('opus');
    exotel.client.checkClientStatus(() => {});
    exotel.platform.peers[0]?.becomeIce('failed');
    exotel.network.openSockets[0]?.server.close();
    await pass(exotel.clock, 10_000);
    expect(call.callDetails().callState).toBe('connected');
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('is asked once by checks at the same time', async () => {
    const page = await makePage();
    const client = new ExotelWebClient(page.platform);
    client.initWebrtc({ ...account }, null, null, null);
    const asked = vi.spyOn(page.platform, 'getUserMedia');
    const told: string[] = [];
    for (let check = 0; check < 3; check++) client.checkClientStatus((status) => told.push(status));
    await settle();
    expect(told).toEqual(['not_initialized', 'not_initialized', 'not_initialized']);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(page.platform.liveTracks).toEqual([]);
  });

  it('is not asked by a client that only registers, nor to list devices, whose names are empty until then', async () => {
    const page = await registeredPage();
    Object.assign(page.platform.devices, { pseudo: false, permitted: false });
    const asked = vi.spyOn(page.platform, 'getUserMedia');
    const devices = await page.client.devices;
    const hidden = await devices.list();
    expect(hidden.map(({ kind, id, label }) => `${kind}${id}${label}`)).toEqual(['input', 'output']);
    expect(asked).not.toHaveBeenCalled();
    const heard: string[] = [];
    devices.on('inputChanged', (id) => heard.push(id));
    const call = await talking(page);
    page.platform.devices.permitted = true;
    page.platform.devices.change();
    await settle();
    expect((await devices.list()).map(({ label }) => label)).toEqual(['laptop microphone', 'laptop speaker']);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(page.platform.liveTracks).toHaveLength(1);
    expect(call.state).toBe('connected');
  });
});

it('a page out of the back/forward cache: its socket is dead, it registers by a new one, and calls arrive', async () => {
  const page = await registeredPage();
  page.platform.page('pagehide', true);
  await settle();
  expect(page.network.openSockets).toHaveLength(0);
  page.platform.page('pageshow', false); // Of a load, not out of the cache.
  await pass(page.clock, 1_000);
  expect(page.client.registered).toBe(false);
  page.platform.page('pageshow', true);
  await pass(page.clock, 1_000);
  expect(page.client.registered).toBe(true);
  expect(page.network.openSockets).toHaveLength(1);
  expect((await talking(page)).state).toBe('connected');
});

function onNewPeer(page: Page, change: (peer: FakePeerConnection) => void): void {
  const create = page.platform.createPeerConnection.bind(page.platform);
  vi.spyOn(page.platform, 'createPeerConnection').mockImplementation((configuration) => {
    const peer = create(configuration);
    change(peer as unknown as FakePeerConnection);
    return peer;
  });
}

function withoutCodecPreferences(page: Page, instead: (() => void) | undefined): void {
  onNewPeer(page, (peer) => {
    const list = peer.getTransceivers();
    const add = peer.addTrack.bind(peer);
    peer.addTrack = (track) => {
      const sender = add(track);
      Object.assign(list.at(-1) ?? {}, { setCodecPreferences: instead });
      return sender;
    };
  });
}
