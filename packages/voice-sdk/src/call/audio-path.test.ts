import { expect, it } from 'vitest';
import { connectedPage } from '../testing/call-fixture.js';
import { pass, serverSdp, settle } from '../testing/page-fixture.js';

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
  ['nothing was heard', 100, 0, 1],
  ['audio went on', 100, 12, 0],
  ['what came just before the loss was told late', 50, 2, 1], // A browser's figures are up to 50 ms old.
])(
  '[SDK-D15] after a lost socket, when %s, at %i ms %i packets more, the path is restarted %i times',
  async (_name, atMs, packets, restarts) => {
    const { session, network, platform, clock } = await connectedPage();
    session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp() }));
    const [peer] = platform.peers;
    const inbound = { type: 'inbound-rtp', kind: 'audio', packetsReceived: 100 };
    peer?.stats.push(inbound);
    network.openSockets[0]?.server.close();
    await pass(clock, atMs);
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
