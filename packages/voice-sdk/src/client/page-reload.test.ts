import type { InviteSession } from '@intermix/sip';
import { PAGE_GONE } from '@intermix/sip';
import { expect, it, vi } from 'vitest';
import type { VoiceCall } from '../call/voice-call.js';
import type { FakeTrack } from '../testing/fake-media.js';
import {
  answeredSession,
  makeClient,
  PASSWORD,
  type Page,
  pass,
  registeredPage,
  serverSdp,
  settle,
} from '../testing/page-fixture.js';
import type { VoiceClient } from './voice-client.js';
import type { VoiceClientOptions } from './voice-client-options.js';

interface Talking extends Page {
  client: VoiceClient;
  call: VoiceCall;
  /** The server's side; answers every re-INVITE. */
  session: InviteSession;
  offers: string[];
  /** Direction of the answers from now on. */
  answerWith(direction: string): void;
}

async function talking(options: Partial<VoiceClientOptions> = {}): Promise<Talking> {
  const page = await registeredPage(options);
  const incoming = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call();
  const call = await incoming;
  const [session] = await Promise.all([answeredSession(invite), call.answer()]);
  const offers: string[] = [];
  let direction = 'sendrecv';
  session.on('reinvite', (reinvite) => {
    offers.push(reinvite.offer ?? '');
    reinvite.accept({ sdp: serverSdp(direction) });
  });
  const answerWith = (wanted: string) => {
    direction = wanted;
  };
  await vi.dynamicImportSettled();
  await settle();
  return { ...page, call, session, offers, answerWith };
}

/** The same tab again: what it stored is there, everything else is new. */
async function reload(page: Talking, options: Partial<VoiceClientOptions> = {}, afterMs = 100) {
  page.platform.page('pagehide');
  await pass(page.clock, afterMs);
  const client = makeClient(page, options);
  const resumed: VoiceCall[] = [];
  const incoming: VoiceCall[] = [];
  client.on('resumed', (call) => resumed.push(call));
  client.on('incoming', (call) => incoming.push(call));
  await client.register();
  await vi.dynamicImportSettled();
  await pass(page.clock, 20);
  return { client, resumed, incoming };
}

it('[SDK-D25] a call outlives a reload: same facts, new audio path, and hang-up reaches the far end', async () => {
  const page = await talking();
  const before = page.call.details();
  const { client, resumed, incoming } = await reload(page);
  expect(page.network.sentByPage('BYE')).toEqual([]);
  expect([resumed.length, incoming.length]).toEqual([1, 0]);
  const call = resumed[0] as VoiceCall;
  expect(client.activeCall).toBe(call);
  const { callId, callSid, legSid, direction, remote, startedAt, answeredAt, connectedAt, headers } = before;
  expect(call.details()).toMatchObject({
    ...{ callId, callSid, legSid, direction, remote, startedAt, answeredAt, connectedAt },
    ...{ headers, state: 'connected', muted: false, held: false, end: undefined },
  });
  expect(page.platform.peers).toHaveLength(2);
  expect(page.platform.peers[0]?.closed).toBe(true);
  expect(page.offers).toHaveLength(1);
  expect(page.offers[0]).toContain('a=sendrecv');
  expect(page.platform.liveTracks).toHaveLength(1);
  await call.hangup();
  await settle();
  expect(page.session.ended).toBe(true);
});

it('[SDK-D25] a page that is reloaded again before it has taken the call up leaves it to the next', async () => {
  const page = await talking();
  page.platform.page('pagehide');
  await pass(page.clock, 50);
  const second = makeClient(page);
  second.on('registered', () => page.platform.page('pagehide'));
  await second.register();
  const { resumed } = await reload(page);
  expect(resumed.map(({ state }) => state)).toEqual(['connected']);
  await resumed[0]?.hangup();
  await settle();
  expect(page.session.ended).toBe(true);
});

it('[SDK-D25] mute and hold are as they were', async () => {
  const page = await talking();
  page.call.mute();
  await page.call.hold();
  const { resumed } = await reload(page);
  const call = resumed[0] as VoiceCall;
  expect(call.details()).toMatchObject({ muted: true, held: true });
  expect(page.offers.at(-1)).toContain('a=sendonly');
  expect(page.platform.liveTracks.map((track) => track.enabled)).toEqual([false]);
  await call.unhold();
  expect(page.platform.liveTracks.map((track) => track.enabled)).toEqual([false]);
  call.unmute();
  expect(page.platform.liveTracks.map((track) => track.enabled)).toEqual([true]);
});

it.each([
  ['holds on', 'sendonly', true],
  ['has resumed meanwhile', 'sendrecv', false],
])('[SDK-D61] a reload while the far end holds: it %s', async (_name, direction, remoteHeld) => {
  const page = await talking();
  await page.session.reinvite({ sdp: serverSdp('sendonly') });
  page.answerWith(direction);
  const { resumed } = await reload(page);
  expect(resumed[0]?.details()).toMatchObject({ remoteHeld, held: false });
});

it('[SDK-D25] the page tells the server that it goes away, and ends the call in itself alone', async () => {
  const page = await talking();
  const ends: string[] = [];
  page.call.on('ended', (end) => ends.push(end.reason));
  page.platform.page('pagehide');
  await settle();
  expect(ends).toEqual(['handed-over']);
  expect(page.network.sockets[0]?.server.closeCode).toBe(PAGE_GONE);
  expect(page.platform.liveTracks).toEqual([]);
  expect(page.session.ended).toBe(false);
});

it('[SDK-D2] [SDK-D25] what is left in the tab holds no secret, and is gone after the next load', async () => {
  const page = await talking();
  page.platform.page('pagehide');
  await settle();
  const left = [...page.platform.stored.values()].join('\n');
  expect(left).toContain(page.call.callId);
  expect(left).not.toContain(PASSWORD);
  expect(left).not.toMatch(/Authorization|response=|ha1/i);
  await makeClient(page).register();
  await vi.dynamicImportSettled();
  await settle();
  expect([...page.platform.stored.keys()]).toEqual([]);
});

it.each([
  ['resumeCalls: false', { resumeCalls: false }, false],
  ['a tab without storage', {}, true],
])('[SDK-D12] with %s the page says BYE when it goes', async (_name, options, isFull) => {
  const page = await talking(options);
  if (isFull) Object.defineProperty(page.platform, 'tabStorage', { value: undefined });
  page.platform.page('pagehide');
  await settle();
  expect(page.session.ended).toBe(true);
  expect(page.network.sockets[0]?.server.closeCode).toBeUndefined();
});

it('[SDK-D25] a call that the server no longer has is not told to the page', async () => {
  const page = await talking();
  page.platform.page('pagehide');
  await settle();
  page.session.flowLost();
  const { client, resumed } = await reload(page);
  expect(resumed).toEqual([]);
  expect(client.calls).toEqual([]);
  expect(page.platform.liveTracks).toEqual([]);
});

it('[SDK-D25] what is left from long ago, and what is damaged, is thrown away', async () => {
  const page = await talking();
  const { resumed } = await reload(page, {}, 11_000);
  expect(resumed).toEqual([]);
  const broken = await talking();
  broken.platform.page('pagehide');
  await settle();
  for (const key of broken.platform.stored.keys()) {
    if (key.startsWith('intermix.calls')) broken.platform.stored.set(key, '{"v":1,"calls":[{}]}');
  }
  const client = makeClient(broken);
  await client.register();
  await vi.dynamicImportSettled();
  await settle();
  expect([client.registered, client.calls.length]).toEqual([true, 0]);
});

it('[SDK-D25] a page that comes back from the cache goes on with its call', async () => {
  const page = await talking();
  const resumed: VoiceCall[] = [];
  page.client.on('resumed', (call) => resumed.push(call));
  page.platform.page('pagehide', true);
  await settle();
  page.platform.page('pageshow', true);
  await pass(page.clock, 100);
  await vi.dynamicImportSettled();
  await pass(page.clock, 100);
  expect(resumed).toHaveLength(1);
  expect(resumed[0]?.state).toBe('connected');
});

/** A page that is reloaded in a call, and what its new page hears of that call, in order. */
async function reloadedUnheard(setUp: (page: Talking) => void, before: (call: VoiceCall) => void = () => {}) {
  const page = await talking();
  before(page.call);
  page.platform.page('pagehide');
  await settle();
  setUp(page);
  const client = makeClient(page);
  const told: string[] = [];
  client.on('resumed', (call) => told.push(`resumed ${call.muted ? 'muted' : 'heard'}`));
  client.on('callAdded', (call) => {
    call.on('failed', ({ problem, fatal }) => told.push(`${problem}${fatal ? ', fatal' : ''}`));
    for (const event of ['muted', 'unmuted', 'ended'] as const) call.on(event, () => told.push(event));
  });
  await client.register();
  await vi.dynamicImportSettled();
  await pass(page.clock, 20);
  const call = client.calls[0] as VoiceCall;
  /** What is sent to the far end. */
  const sent = () => page.platform.peers.at(-1)?.getTransceivers()[0]?.sender.track as FakeTrack;
  return { ...page, client, call, told, sent };
}

it('[SDK-D60] a refused microphone after the reload leaves the call up and muted; unmute() asks again', async () => {
  const page = await reloadedUnheard(({ platform }) => {
    platform.microphoneError = 'NotAllowedError';
  });
  const { call, told, platform } = page;
  expect(told).toEqual(['resumed heard', 'muted', 'microphone-blocked']);
  expect(call).toMatchObject({ state: 'connected', muted: true });
  expect(page.session.ended).toBe(false);
  expect(call.remoteStream).toBeDefined();
  expect(page.sent()).toBe(platform.audioContexts.at(-1)?.silence);

  call.unmute();
  await settle();
  expect([told.slice(3), call.muted]).toEqual([['microphone-blocked'], true]);
  platform.microphoneError = undefined;
  call.unmute();
  await settle();
  expect([told.slice(4), call.muted]).toEqual([['unmuted'], false]);
  expect(platform.liveTracks).toEqual([page.sent()]);
  expect(page.sent().enabled).toBe(true);
  await call.hangup();
  await settle();
  expect(platform.liveTracks).toEqual([]);
  expect(platform.audioContexts.every(({ state }) => state === 'closed')).toBe(true);
});

it('[SDK-D60] while the person has not answered for the microphone the call is heard, and it goes live when they allow it', async () => {
  let allow = () => {};
  const page = await reloadedUnheard(({ platform }) => {
    platform.microphoneGranted = new Promise((resolve) => {
      allow = resolve;
    });
  });
  const { call, told } = page;
  expect([told, call.state]).toEqual([['resumed heard'], 'connected']);
  await pass(page.clock, 1_000);
  expect(told.slice(1)).toEqual(['muted', 'microphone-blocked']);
  call.unmute(); // The browser asks already.
  await settle();
  expect(call.muted).toBe(true);
  allow();
  await settle();
  expect([told.slice(3), call.muted]).toEqual([['unmuted'], false]);
  expect(page.platform.microphones).toHaveLength(2); // That of the page before, and this one.
  expect(page.platform.liveTracks).toEqual([page.sent()]);
  await pass(page.clock, 5_000);
  expect(told).toHaveLength(4);
});

it.each([
  ['was muted before the reload', (call: VoiceCall) => call.mute(), () => {}],
  ['is muted while the person is asked', () => {}, (call: VoiceCall) => call.mute()],
])('[SDK-D60] a call that %s stays muted when the microphone comes', async (_name, before, meanwhile) => {
  let allow = () => {};
  const page = await reloadedUnheard(({ platform }) => {
    platform.microphoneGranted = new Promise((resolve) => {
      allow = resolve;
    });
  }, before);
  meanwhile(page.call);
  await pass(page.clock, 1_000);
  allow();
  await settle();
  expect(page.call.muted).toBe(true);
  expect(page.sent().enabled).toBe(false);
  page.call.unmute();
  expect([page.call.muted, page.sent().enabled]).toEqual([false, true]);
});

it('[SDK-D60] what a second reload hands on is what the person wanted, not that there was no microphone', async () => {
  const page = await reloadedUnheard(({ platform }) => {
    platform.microphoneError = 'NotAllowedError';
  });
  expect([page.call.muted, page.call.snapshot()?.muted]).toEqual([true, false]);
  page.call.mute();
  expect(page.call.snapshot()?.muted).toBe(true);
});

it('[SDK-D60] a call that ends while the person is asked opens no microphone, and leaves nothing behind', async () => {
  let allow = () => {};
  const page = await reloadedUnheard(({ platform }) => {
    platform.microphoneGranted = new Promise((resolve) => {
      allow = resolve;
    });
  });
  await page.call.hangup();
  allow();
  await settle();
  await pass(page.clock, 5_000);
  expect(page.told).toEqual(['resumed heard', 'ended']);
  expect(page.platform.liveTracks).toEqual([]);
  expect(page.platform.audioContexts.every(({ state }) => state === 'closed')).toBe(true);
});

it('a call is taken up from another page, with its audio or without', async () => {
  const page = await talking();
  const snapshot = page.call.snapshot();
  if (!snapshot) throw new Error('the call is connected');
  const other = makeClient(page);
  await other.register();
  const call = await other.takeUp(JSON.parse(JSON.stringify(snapshot)), { media: false });
  expect(page.platform.peers).toHaveLength(1);
  expect(call.details()).toMatchObject({ callSid: 'c0ffee', state: 'connected' });
  await expect(call.hold()).rejects.toMatchObject({ problem: 'wrong-state' });
  call.handOver();
  expect(other.calls).toEqual([]);
  page.call.handOver();
  const here = await other.takeUp(snapshot);
  expect(page.platform.peers).toHaveLength(2);
  await here.hangup();
  await settle();
  expect(page.session.ended).toBe(true);
  expect(page.platform.liveTracks).toEqual([]);
});

it.each([
  ['nothing', null],
  ['an empty one', {}],
  ['one of another version', { v: 2 }],
  ['one without its dialog', 'session'],
])('%s is no snapshot: takeUp() rejects with a VoiceError', async (_name, damage) => {
  const page = await talking();
  const snapshot = { ...page.call.snapshot(), session: { v: 1, callId: 'x' } };
  const wrong = damage === 'session' ? snapshot : damage;
  const taken = page.client.takeUp(wrong as never);
  await expect(taken).rejects.toMatchObject({ code: 'ERR_VOICE_INVALID_OPTIONS', field: 'snapshot' });
  expect(page.client.calls).toEqual([page.call]);
});

it('[SDK-D25] with callWaiting: false a call that comes while the kept one is being taken up hears that it is busy', async () => {
  const page = await talking({ callWaiting: false });
  page.platform.page('pagehide');
  await settle();
  const client = makeClient(page, { callWaiting: false });
  const [incoming, resumed, refused]: [unknown[], unknown[], unknown[]] = [[], [], []];
  client.on('incoming', (call) => incoming.push(call));
  client.on('resumed', (call) => resumed.push(call));
  // Before the page can have taken anything up.
  client.on('registered', () => page.server.call().on('failed', (failure) => refused.push(failure.status)));
  await client.register();
  await vi.dynamicImportSettled();
  await pass(page.clock, 20);
  expect([incoming.length, resumed.length, refused]).toEqual([0, 1, [480]]);
  await client.calls[0]?.hangup();
  page.server.call();
  await settle();
  expect(incoming).toHaveLength(1);
});

it.each([
  ['after 11 s', 11_000, true, 1],
  ['at once, when the server no longer has the call', 100, true, 1],
  ['at once', 100, false, 0],
])(
  '[SDK-D25] a page that comes back from the cache %s is told of a call that is over',
  async (_name, ms, isGone, told) => {
    const page = await talking();
    const lost: VoiceCall[] = [];
    page.client.on('notResumed', (call) => lost.push(call));
    page.platform.page('pagehide', true);
    await settle();
    if (isGone) page.session.flowLost();
    await pass(page.clock, ms);
    page.platform.page('pageshow', true);
    await pass(page.clock, 100);
    await vi.dynamicImportSettled();
    await pass(page.clock, 100);
    expect(lost).toEqual(told ? [page.call] : []);
    expect(page.client.calls).toHaveLength(told ? 0 : 1);
  },
);

it('[SDK-D25] the server hears of the page before the person allows the microphone; what is muted stays silent', async () => {
  const page = await talking();
  page.call.mute();
  let allow = () => {};
  page.platform.microphoneGranted = new Promise((resolve) => {
    allow = resolve;
  });
  const { client, resumed } = await reload(page);
  expect(page.offers).toHaveLength(1);
  expect(page.offers[0]).toContain('a=sendrecv');
  expect(client.calls).toHaveLength(1);
  allow();
  await settle();
  expect(resumed[0]).toMatchObject({ state: 'connected', muted: true });
  const [track] = page.platform.liveTracks;
  expect(page.platform.peers[1]?.getTransceivers().map(({ sender }) => sender.track)).toEqual([track]);
  expect(track?.enabled).toBe(false);
});
