import { TypedEmitter } from '@intermix/kernel';
import { afterEach, expect, it, vi } from 'vitest';
import type { VoiceCall } from '../call/voice-call.js';
import type { VoiceClientOptions } from '../client/voice-client-options.js';
import { parts } from '../parts.js';
import type { FakePeerConnection } from '../testing/fake-media.js';
import { answeredSession, pass, registeredPage, serverSdp, settle } from '../testing/page-fixture.js';

afterEach(() => vi.restoreAllMocks());

/** What a browser tells of a call that sounds well, and of each second that follows. */
class Path {
  readonly inbound = {
    type: 'inbound-rtp',
    kind: 'audio',
    packetsReceived: 0,
    packetsLost: 0,
    bytesReceived: 0,
    jitter: 0.004,
  };
  readonly pair = { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.04 };
  /** Packets of 50 that do not arrive in a second. */
  lost = 0;
  silent = false;

  second(): void {
    if (this.silent) return;
    this.inbound.packetsReceived += 50 - this.lost;
    this.inbound.packetsLost += this.lost;
    this.inbound.bytesReceived += (50 - this.lost) * 160;
  }
}

async function measuredCall(options: Partial<VoiceClientOptions> = {}, beforeCall = () => {}) {
  const page = await registeredPage(options);
  beforeCall();
  const incoming = new Promise<VoiceCall>((resolve) => page.client.once('incoming', resolve));
  const invite = page.server.call();
  const call = await incoming;
  const [session] = await Promise.all([answeredSession(invite), call.answer()]);
  await settle();
  const path = new Path();
  (page.platform.peers[0] as FakePeerConnection).stats = [path.inbound, path.pair];
  const told: string[] = [];
  call.on('qualityWarning', ({ name, value, threshold }) => told.push(`${name} ${value} over ${threshold}`));
  call.on('qualityWarningCleared', ({ name, value }) => told.push(`${name} ${value} cleared`));
  const seconds = async (count: number) => {
    for (let second = 0; second < count; second++) {
      path.second();
      await pass(page.clock, 1_000);
    }
  };
  return { ...page, call, session, path, told, seconds };
}

it('[SDK-D15] a call that sounds well raises no warning, and tells its figures every five seconds', async () => {
  const { call, told, seconds, path } = await measuredCall();
  const seen: number[] = [];
  call.on('quality', ({ lossPercent }) => seen.push(lossPercent));
  await seconds(10);
  path.lost = 5;
  await seconds(1);
  path.lost = 0;
  await seconds(4);
  expect(seen).toEqual([0, 0, 2]);
  expect(told).toEqual([]);
});

it.each([
  ['jitter', 'jitter 45 over 30', 'jitter 4 cleared', (path: Path) => (path.inbound.jitter = 0.045)],
  ['rtt', 'rtt 500 over 400', 'rtt 40 cleared', (path: Path) => (path.pair.currentRoundTripTime = 0.5)],
  ['loss', 'loss 10 over 1', 'loss 0 cleared', (path: Path) => (path.lost = 5)],
])(
  '[SDK-D44] %s: warned of at the third bad second of five, once, and cleared after five good ones',
  async (_name, warning, cleared, spoil) => {
    const { told, seconds, path } = await measuredCall();
    const mend = () => {
      path.inbound.jitter = 0.004;
      path.pair.currentRoundTripTime = 0.04;
      path.lost = 0;
    };
    await seconds(3);
    spoil(path);
    await seconds(2);
    mend();
    await seconds(2);
    expect(told).toEqual([]);
    spoil(path);
    await seconds(1);
    expect(told).toEqual([warning]);
    await seconds(4);
    mend();
    await seconds(4);
    expect(told).toEqual([warning]);
    await seconds(1);
    expect(told).toEqual([warning, cleared]);
  },
);

it('a figure at its threshold is no warning', async () => {
  const { told, seconds, path } = await measuredCall();
  path.inbound.jitter = 0.03;
  path.pair.currentRoundTripTime = 0.4;
  await seconds(10);
  expect(told).toEqual([]);
});

it('[SDK-D44] silence: warned of after five seconds without a byte, also from the beginning of a call', async () => {
  const { told, seconds, path } = await measuredCall();
  path.silent = true;
  path.inbound.jitter = 0.1; // Repeated by the browser, of packets long past.
  await seconds(4);
  expect(told).toEqual([]);
  await seconds(3);
  expect(told).toEqual(['silence 5000 over 5000']);
  path.silent = false;
  path.inbound.jitter = 0.004;
  await seconds(5);
  expect(told).toEqual(['silence 5000 over 5000', 'silence 0 cleared']);
});

it('[SDK-D44] silence of a held call is wanted, and raises nothing', async () => {
  const { call, session, told, seconds, path } = await measuredCall();
  session.on('reinvite', (reinvite) => reinvite.accept({ sdp: serverSdp(call.held ? 'sendrecv' : 'recvonly') }));
  await seconds(2);
  await call.hold();
  path.silent = true;
  await seconds(20);
  expect(told).toEqual([]);
  await call.unhold();
  await seconds(5);
  expect(told).toEqual(['silence 5000 over 5000']);
});

it('a browser that tells only some figures is judged by those', async () => {
  const { told, seconds, path, call } = await measuredCall();
  Object.assign(path.inbound, { jitter: undefined, bytesReceived: undefined });
  Object.assign(path.pair, { currentRoundTripTime: undefined });
  const seen: unknown[] = [];
  call.on('quality', ({ jitterMs, roundTripMs }) => seen.push(jitterMs, roundTripMs));
  path.second = () => Object.assign(path.inbound, { packetsReceived: path.inbound.packetsReceived + 50 });
  await seconds(10);
  expect(told).toEqual([]);
  expect(seen).toEqual([undefined, undefined, undefined, undefined]);
});

it('a listener that throws breaks neither the call nor the next warning', async () => {
  const errors: unknown[] = [];
  const { call, told, seconds, path } = await measuredCall();
  vi.spyOn(TypedEmitter, 'onListenerError').mockImplementation((error) => errors.push(error));
  call.on('qualityWarning', () => {
    throw new Error('the page is wrong');
  });
  path.lost = 5;
  await seconds(3);
  path.inbound.jitter = 0.09;
  await seconds(3);
  expect(told).toEqual(['loss 10 over 1', 'jitter 90 over 30']);
  expect(errors).toHaveLength(2);
  expect(call.state).toBe('connected');
});

it('[SDK-D17] nothing is measured once the call is over', async () => {
  const { call, platform, clock, told, path, seconds } = await measuredCall();
  path.silent = true;
  await seconds(3);
  const asked = vi.spyOn(platform.peers[0] as FakePeerConnection, 'getStats');
  await call.hangup();
  await pass(clock, 20_000);
  expect(asked).not.toHaveBeenCalled();
  expect(told).toEqual([]);
});

it('a part that cannot be loaded is logged, and the call goes on', async () => {
  const lines: string[] = [];
  const note = (_fields: object, message: string) => void lines.push(message);
  const logger = { error: note, warn() {}, info() {}, debug() {}, child: () => logger };
  const failing = () => void vi.spyOn(parts, 'quality').mockRejectedValue(new TypeError('Failed to fetch'));
  const { call, seconds, told } = await measuredCall({ logger }, failing);
  await seconds(10);
  expect(lines).toEqual(['exotelsdk-quality.js cannot be loaded: a broken path is not mended']);
  expect(told).toEqual([]);
  await call.hangup();
  expect(call.end).toMatchObject({ reason: 'local-hangup' });
});
