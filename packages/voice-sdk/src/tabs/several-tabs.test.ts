import { silentLogger } from '@intermix/kernel';
import { expect, it, vi } from 'vitest';
import type { VoiceCall } from '../call/voice-call.js';
import { parts } from '../parts.js';
import { answeredSession, serverSdp } from '../testing/page-fixture.js';
import { FakeProfile, type FakeTab } from '../testing/tabs-fixture.js';

it('[SDK-D50] the tabs of a profile share one registration', async () => {
  const profile = await FakeProfile.start();
  const [first, second] = [profile.openTab(), profile.openTab()];
  const [leader, follower] = [first.client(), second.client()];
  await leader.register();
  const followed = follower.register();
  await profile.pass(100);
  await followed;
  expect([leader.tabRole, follower.tabRole]).toEqual(['leading', 'following']);
  expect([leader.registered, follower.registered]).toEqual([true, true]);
  expect(profile.network.openSockets).toHaveLength(1);
  expect(profile.registers).toHaveLength(2); // One, and again with the digest.
});

it('[SDK-D50] a call rings in every tab, and the one that answers has the audio', async () => {
  const profile = await FakeProfile.start();
  const [first, second] = [profile.openTab(), profile.openTab()];
  const [leader, follower] = [first.client(), second.client()];
  const rings: VoiceCall[] = [];
  for (const client of [leader, follower]) client.on('incoming', (call) => rings.push(call));
  void leader.register();
  await profile.pass(50);
  void follower.register();
  await profile.pass(100);
  const invite = profile.server.call();
  const answered = answeredSession(invite);
  await profile.pass(50);
  expect(rings.map((call) => call.state)).toEqual(['ringing', 'ringing']);
  await rings[1]?.answer();
  await profile.pass(100);
  const session = await answered;
  expect(second.platform.liveTracks).toHaveLength(1);
  expect(first.platform.peers.every((peer) => peer.closed)).toBe(true);
  expect(rings[0]?.end?.reason).toBe('answered-elsewhere');
  expect(leader.calls.map((call) => [call.elsewhere, call.state])).toEqual([[true, 'connected']]);
  // Hung up from the other tab.
  await leader.calls[0]?.hangup();
  await profile.pass(100);
  expect(session.ended).toBe(true);
  expect([...leader.calls, ...follower.calls]).toEqual([]);
  expect(second.platform.liveTracks).toHaveLength(0);
});

it('[SDK-D50] two tabs answer at once: one has the audio, the other has the call as one of another tab', async () => {
  const profile = await FakeProfile.start();
  const tabs = [profile.openTab(), profile.openTab(), profile.openTab()];
  const clients = tabs.map((tab) => tab.client());
  const rings: VoiceCall[] = [];
  for (const client of clients) {
    client.on('incoming', (call) => rings.push(call));
    void client.register();
    await profile.pass(100);
  }
  const answered = answeredSession(profile.server.call());
  await profile.pass(50);
  const answers = await Promise.allSettled(rings.map((call) => call.answer()));
  await profile.pass(200);
  const session = await answered;
  expect(rings).toHaveLength(3);
  expect(tabs.flatMap((tab) => tab.platform.liveTracks)).toHaveLength(1);
  expect(tabs.flatMap((tab) => tab.platform.peers).filter((peer) => !peer.closed)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(1);
  // Every tab shows the call once, and it is one tab's own.
  expect(clients.map(({ calls }) => calls.map(({ state }) => state))).toEqual(Array(3).fill(['connected']));
  expect(clients.flatMap(({ calls }) => calls).filter((call) => !call.elsewhere)).toHaveLength(1);
  expect(session.ended).toBe(false);
  await clients
    .flatMap(({ calls }) => calls)
    .find((call) => call.elsewhere)
    ?.hangup();
  await profile.pass(100);
  expect(session.ended).toBe(true);
  expect(clients.flatMap(({ calls }) => calls)).toEqual([]);
  expect(tabs.flatMap((tab) => tab.platform.liveTracks)).toEqual([]);
});

it('[SDK-D14] STUN and TURN servers that our server tells the tab that registers are used in every tab', async () => {
  const profile = await FakeProfile.start();
  const { registrar } = profile.server;
  const told =
    '<stun:203.0.113.5:3478>, <turn:turn.example:3478?transport=udp>;username="17:priya";credential="q/A+1w=="';
  profile.server.registrar = (incoming) => {
    const respond = incoming.respond.bind(incoming);
    const headers = [['X-Intermix-Ice-Servers', told]] as const;
    incoming.respond = (status, response = {}) => respond(status, { headers, ...response });
    registrar(incoming);
  };
  const [leader, follower] = [profile.openTab().client(), profile.openTab().client()];
  for (const client of [leader, follower]) {
    void client.register();
    await profile.pass(100);
  }
  expect(follower.iceServers).toEqual([
    { urls: 'stun:203.0.113.5:3478' },
    { urls: 'turn:turn.example:3478?transport=udp', username: '17:priya', credential: 'q/A+1w==' },
  ]);
  expect(leader.iceServers).toEqual(follower.iceServers);
});

it('[SDK-D52] a tab that cannot load its part says so and registers for itself', async () => {
  const profile = await FakeProfile.start();
  const [first, second] = [profile.openTab(), profile.openTab()];
  const leader = first.client();
  void leader.register();
  await profile.pass(100);
  const errors: string[] = [];
  const follower = second.client({ logger: { ...silentLogger, error: (_fields, message) => errors.push(message) } });
  const load = vi.spyOn(parts, 'tabs').mockRejectedValueOnce(new Error('404'));
  void follower.register();
  await profile.pass(1_000);
  load.mockRestore();
  expect(errors).toEqual(['exotelsdk-tabs.js cannot be loaded']);
  expect([leader.registered, follower.registered]).toEqual([true, true]);
  expect(profile.network.openSockets).toHaveLength(2);
});

it('[SDK-D51] a child tab hears of calls by SessionCallback, and may answer and end them', async () => {
  const profile = await FakeProfile.start();
  const parent = profile.openTab().exotel();
  parent.phone.SessionListener();
  parent.phone.DoRegister();
  await profile.pass(100);
  const tab = profile.openTab();
  const child = tab.exotel();
  child.phone.SessionListener();
  await profile.pass(100);
  const answered = answeredSession(profile.server.call());
  await profile.pass(100);
  expect(child.heard).toEqual(['session incoming +919876543210']);
  await child.phone.getCall().Answer();
  await profile.pass(100);
  expect(tab.platform.liveTracks).toHaveLength(1);
  (await answered).bye();
  await profile.pass(100);
  expect(child.heard.slice(1)).toEqual(['call connected +919876543210', 'call callEnded +919876543210']);
  expect(parent.heard.slice(2)).toEqual([
    'register registered',
    'call incoming +919876543210',
    'session connected +919876543210',
    'call callEnded +919876543210',
    'session callEnded +919876543210',
  ]);
});

it('[SDK-D51] to a page that knows nothing of tabs a call that another tab answers is over, and it can end it', async () => {
  const profile = await FakeProfile.start();
  const first = profile.openTab().exotel();
  const second = profile.openTab().exotel();
  first.phone.DoRegister();
  await profile.pass(100);
  second.phone.DoRegister();
  await profile.pass(100);
  expect(second.heard).toEqual(first.heard.slice(0, 3));
  expect(second.heard.at(-1)).toBe('register registered');
  const answered = answeredSession(profile.server.call());
  await profile.pass(100);
  await first.phone.getCall().Answer();
  await profile.pass(100);
  const told = ({ heard }: { heard: string[] }) => heard.filter((line) => line.startsWith('call'));
  expect(told(second)).toEqual(['call incoming +919876543210', 'call callEnded +919876543210']);
  expect(told(first)).toEqual(['call incoming +919876543210', 'call connected +919876543210']);
  await second.phone.getCall().Hangup();
  await profile.pass(100);
  expect((await answered).ended).toBe(true);
  expect(told(first).slice(2)).toEqual(['call callEnded +919876543210']);
  expect(told(second)).toHaveLength(2);
});

it('[SDK-D51] initWebrtc() with another account leaves a call and its registration alone until DoRegister()', async () => {
  const profile = await FakeProfile.start();
  const { phone, heard } = profile.openTab().exotel();
  phone.SessionListener();
  phone.DoRegister();
  await profile.pass(300);
  const answered = answeredSession(profile.server.call());
  await profile.pass(100);
  await phone.getCall().Answer();
  const before = heard.length;
  const { sipAccountInfo } = phone;
  if (sipAccountInfo) phone.initWebrtc({ ...sipAccountInfo, displayname: 'Priya S.' });
  await profile.pass(1_000);
  expect([(await answered).ended, heard.length]).toEqual([false, before]);
});

it('[SDK-D53] two clients in one page are no heirs of one another: a reload leaves the call for the next page', async () => {
  await parts.resume(); // Loading it takes real time.
  const profile = await FakeProfile.start();
  const tab = profile.openTab();
  const [one, two] = [tab.exotel(), tab.exotel()];
  for (const { phone } of [one, two]) {
    phone.DoRegister();
    await profile.pass(300);
  }
  const answered = answeredSession(profile.server.call());
  await profile.pass(100);
  await one.phone.getCall().Answer();
  await answered;
  await profile.pass(500);
  tab.platform.page('pagehide');
  expect([...tab.platform.stored.keys()].join()).toContain('intermix.calls');
});

for (const [how, end] of [
  ['closes', (tab) => tab.close()],
  ['crashes', (tab) => tab.crash()],
  ['is frozen by the browser', (tab) => tab.freeze()],
  ['hangs', (tab) => tab.hang()],
] satisfies Array<[string, (tab: FakeTab) => unknown]>) {
  it(`[SDK-D52] when the parent ${how}, a child registers in its place within 2 s and hears re-register`, async () => {
    const profile = await FakeProfile.start();
    const [first, second] = [profile.openTab(), profile.openTab()];
    const parent = first.exotel();
    const child = second.exotel();
    parent.phone.DoRegister();
    await profile.pass(100);
    child.phone.SessionListener();
    child.phone.DoRegister();
    await profile.pass(700);
    const { instance } = profile.server;
    const before = profile.registers.length;
    await end(first);
    await profile.pass(2_000);
    expect(child.heard.slice(3)).toEqual([
      'register unregistered',
      'session re-register priya',
      'register sent_request',
      'register sent_request',
      'register registered',
    ]);
    expect(profile.registers.length).toBe(before + 2);
    expect(profile.server.instance).toBe(instance); // The same device to the server.
    expect(profile.removals).toEqual([]);
    expect(second.openSockets).toHaveLength(1);
  });
}

for (const how of ['freeze', 'hang'] as const) {
  it(`[SDK-D52] a child that cannot run (${how}) keeps nobody from the lead; when it can it is a child again`, async () => {
    const profile = await FakeProfile.start();
    const tabs = [profile.openTab(), profile.openTab(), profile.openTab()] as const;
    const phones = tabs.map((tab) => tab.exotel());
    phones[2]?.phone.SessionListener();
    for (const { phone } of phones) {
      phone.DoRegister();
      await profile.pass(700);
    }
    await tabs[1][how]();
    tabs[0].close();
    await profile.pass(2_000);
    expect(phones[2]?.heard.slice(-4)).toEqual([
      'session re-register priya',
      'register sent_request',
      'register sent_request',
      'register registered',
    ]);
    expect(tabs[2].openSockets).toHaveLength(1);
    tabs[1].thaw();
    await profile.pass(3_000);
    expect(phones[1]?.heard.at(-1)).toBe('register registered');
    expect(profile.network.openSockets).toHaveLength(1);
    void answeredSession(profile.server.call());
    await profile.pass(100);
    for (const { heard } of phones.slice(1)) expect(heard.at(-1)).toBe('call incoming +919876543210');
    // And its turn comes.
    tabs[2].close();
    await profile.pass(2_000);
    expect(tabs[1].openSockets).toHaveLength(1);
  });
}

it('[SDK-D52] a call does not wait for a tab that is frozen, the one that registered among them', async () => {
  const profile = await FakeProfile.start();
  const [first, second, third] = [profile.openTab(), profile.openTab(), profile.openTab()];
  const clients = [first, second, third].map((tab) => tab.client());
  for (const client of clients) {
    void client.register();
    await profile.pass(700);
  }
  await first.freeze();
  await third.freeze();
  await profile.pass(1_000);
  const refused: number[] = [];
  const call = () => {
    const invite = profile.server.call();
    invite.on('failed', ({ status }) => refused.push(status));
  };
  call();
  await profile.pass(100);
  expect(clients.map(({ calls }) => calls.length)).toEqual([0, 1, 0]);
  clients[1]?.calls[0]?.reject(480);
  await profile.pass(100);
  expect(refused).toEqual([480]);
  first.thaw();
  third.thaw();
  await profile.pass(1_000);
  expect(clients.map(({ registered }) => registered)).toEqual([true, true, true]);
  call();
  await profile.pass(100);
  expect(clients.map(({ calls }) => calls.length)).toEqual([1, 1, 1]);
});

it('[SDK-D52] a child that only listens hears re-register when nobody takes over, and may then register', async () => {
  const profile = await FakeProfile.start();
  const [first, second] = [profile.openTab(), profile.openTab()];
  first.exotel().phone.DoRegister();
  await profile.pass(100);
  const child = second.exotel();
  child.phone.SessionListener();
  await profile.pass(100);
  expect(child.heard).toEqual([]);
  first.close();
  await profile.pass(1_000);
  expect(child.heard).toEqual(['session re-register priya']);
  expect(child.phone.DoRegister()).toBe(true);
  await profile.pass(200);
  expect(child.heard.at(-1)).toBe('register registered');
  expect(profile.removals).toHaveLength(1);
});

it('[SDK-D50] each-registers: every tab has a registration and a device of its own', async () => {
  const profile = await FakeProfile.start();
  const instances = new Set<string | undefined>();
  for (const tab of [profile.openTab(), profile.openTab()]) {
    tab.exotel({ tabs: 'each-registers' }).phone.DoRegister();
    await profile.pass(100);
    instances.add(profile.server.instance);
  }
  expect(profile.network.openSockets).toHaveLength(2);
  expect(instances.size).toBe(2);
  expect(profile.channels.posted).toEqual([]);
});

/** A parent and a child tab, registered, with a call that one of them has answered. */
async function inCall(answers: 'parent' | 'child') {
  const profile = await FakeProfile.start();
  const [first, second] = [profile.openTab(), profile.openTab()];
  const parent = first.exotel();
  const child = second.exotel();
  parent.phone.DoRegister();
  await profile.pass(100);
  child.phone.DoRegister();
  await profile.pass(700);
  const answered = answeredSession(profile.server.call());
  await profile.pass(100);
  await (answers === 'parent' ? parent : child).phone.getCall().Answer();
  await profile.pass(100);
  return { profile, first, second, parent, child, session: await answered };
}

for (const end of ['close', 'crash'] as const) {
  it(`[SDK-D53] the parent goes (${end}): the call in the child keeps its audio, and its hang-up arrives`, async () => {
    const { profile, first, second, child, session } = await inCall('child');
    session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
    first[end]();
    await profile.pass(2_000);
    expect(child.heard.at(-1)).toBe('register registered');
    expect(session.ended).toBe(false);
    expect(second.platform.peers.filter((peer) => !peer.closed)).toHaveLength(1);
    expect(second.platform.liveTracks).toHaveLength(1);
    await child.phone.getCall().Hangup();
    await profile.pass(100);
    expect(session.ended).toBe(true);
  });

  it(`[SDK-D53] the parent goes (${end}) with the call's audio: the child goes on with it, activeSession`, async () => {
    const { profile, first, second, child, session } = await inCall('parent');
    session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
    const before = child.phone.getCall().callDetails();
    const told = child.heard.length;
    first[end]();
    await profile.pass(2_000);
    expect(child.heard).toContain('call activeSession +919876543210');
    expect(child.heard.slice(told)).not.toContain('call callEnded +919876543210');
    expect(session.ended).toBe(false);
    expect(second.platform.liveTracks).toHaveLength(1);
    const { callStartedTime, callSid, callState } = child.phone.getCall().callDetails();
    expect({ callSid, callState }).toEqual({ callSid: before.callSid, callState: 'connected' });
    expect(callStartedTime).not.toBe('');
    await child.phone.getCall().Hangup();
    await profile.pass(100);
    expect(session.ended).toBe(true);
    expect(child.heard.at(-1)).toBe('call callEnded +919876543210');
  });
}

it('[SDK-D53] the child closes with the call: the parent goes on with it', async () => {
  const { profile, first, second, parent, session } = await inCall('child');
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  second.close();
  await profile.pass(1_000);
  expect(parent.heard.at(-1)).toBe('call activeSession +919876543210');
  expect(first.platform.liveTracks).toHaveLength(1);
  await parent.phone.getCall().Hangup();
  await profile.pass(100);
  expect(session.ended).toBe(true);
});

it('[SDK-D53] a frozen parent with a call of the child comes back as a child', async () => {
  const { profile, first, parent, child, session } = await inCall('child');
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
  await first.freeze();
  await profile.pass(3_000);
  first.thaw();
  await profile.pass(2_000);
  expect(parent.heard.slice(-2)).toEqual(['register sent_request', 'register registered']);
  expect(profile.network.openSockets).toHaveLength(1);
  await parent.phone.getCall().Hangup(); // From the tab that does not have the audio.
  await profile.pass(100);
  expect(session.ended).toBe(true);
  expect(child.heard.at(-1)).toBe('call callEnded +919876543210');
});
