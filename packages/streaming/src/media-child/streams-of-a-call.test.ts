import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { silentLogger } from '@intermix/kernel';
import { type MediaEngine, type MediaLeg, toneShare } from '@intermix/media';
import { createEmbeddedEngine } from '@intermix/media/embedded';
import { eventually, type PortBlock, repositoryRoot, reservePorts } from '@intermix/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openStream, type StreamHandle, type StreamOptions } from '../open-stream.js';
import { RtpCaller } from '../testing/rtp-caller.js';
import { type BotCall, WsBot } from '../testing/ws-bot.js';

// Streams in a real media process, between a telephone on real RTP and bots on real WebSockets.

let ports: PortBlock;
let engine: MediaEngine;
let callCount = 0;
const open: { close(): void }[] = [];
const wait = { timeoutMs: 15_000 };

beforeAll(async () => {
  ports = await reservePorts();
  engine = createEmbeddedEngine({
    announcedAddress: '127.0.0.1',
    webrtcPort: ports.port(0),
    rtpPortMin: ports.port(4),
    rtpPortMax: ports.port(99),
    processes: 1,
    childPath: join(repositoryRoot(), 'packages/streaming/dist/testing/stream-child.js'),
    logger: silentLogger,
  });
  await engine.start();
}, 30_000);

afterEach(() => {
  for (const each of open.splice(0).reverse()) each.close();
});

afterAll(async () => {
  await engine.stop();
  ports.release();
});

function kept<T extends { close(): void }>(one: T): T {
  open.push(one);
  return one;
}

async function makeCall(): Promise<{ caller: RtpCaller; leg: MediaLeg }> {
  const caller = kept(await RtpCaller.open());
  const leg = kept(await engine.createLeg({ kind: 'rtp', callId: `call-${callCount++}`, legId: 'caller' }));
  caller.aimAt(await leg.acceptOffer(caller.offer, { codecs: ['PCMU'] }));
  return { caller, leg };
}

const streamTo = (leg: MediaLeg, url: string, more: Partial<StreamOptions> = {}): Promise<StreamHandle> =>
  openStream((kind, spec) => leg.attach(kind, spec), {
    ...{ url, mode: 'bidirectional', callSid: leg.callId, accountSid: 'account-1', from: '+911', to: '+912' },
    ...{ allowPrivate: true, ...more },
  });

/** A caller who says 440 Hz, and a bot that has been told `start`. */
async function makeConversation(
  query = '',
  more: Partial<StreamOptions> = {},
): Promise<{ caller: RtpCaller; leg: MediaLeg; stream: StreamHandle; bot: BotCall }> {
  const { caller, leg } = await makeCall();
  const server = kept(await WsBot.open());
  caller.say(440);
  const stream = await streamTo(leg, server.url(query), more);
  const bot = await eventually(() => server.calls[0], wait);
  await eventually(() => bot.of('start')[0], wait);
  return { caller, leg, stream, bot };
}

/** Share of a tone in the last 200 ms that the bot heard. */
function shareAtBot(bot: BotCall, hz: number, rate: number): number {
  const samples = bot.samples.slice(-rate / 5);
  return samples.length < rate / 5 ? 0 : toneShare(Int16Array.from(samples), (hz * 8000) / rate);
}

describe.each([8000, 16_000, 24_000])('a conversation at %d Hz', (rate) => {
  it('carries the caller to the bot and the bot to the caller, at their pitch', async () => {
    const { caller, bot } = await makeConversation(`?sample-rate=${rate}`);
    await eventually(() => shareAtBot(bot, 440, rate) > 0.95, wait);
    bot.sayTone(1_000, 1_000, rate);
    await eventually(() => caller.shareOf(1_000) > 0.95, wait);
    expect(bot.messages.slice(0, 2).map(({ event }) => event)).toEqual(['connected', 'start']);
    const frames = bot.of('media').map(({ media }) => media as { timestamp: string; payload: string });
    expect(frames.map(({ timestamp }) => Number(timestamp))).toEqual(frames.map((_, index) => (index + 1) * 100));
    expect(new Set(frames.map(({ payload }) => Buffer.from(payload, 'base64').length))).toEqual(new Set([rate / 5]));
    const auth = `Basic ${Buffer.from('key:token').toString('base64')}`;
    expect(bot.request.headers.authorization).toBe(auth);
  });
});

// Times are judged by the best of some: a busy machine makes each of them worse now and then, a defect all of them.
describe('barge-in', () => {
  it('a mark is answered within a frame of its audio, and clear silences within 40 ms', async () => {
    const { caller, bot } = await makeConversation();
    const marksAfter: number[] = [];
    const silentAfter: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      bot.sayTone(1_000, 300, 8000, `tone ${turn}`);
      const mark = await eventually(
        () => bot.of('mark').find(({ mark }) => (mark as { name: string }).name === `tone ${turn}`),
        wait,
      );
      marksAfter.push(mark.atMs - (caller.heard.findLast(({ isLoud }) => isLoud)?.atMs ?? 0));
      bot.sayTone(1_000, 20_000, 8000);
      await eventually(() => caller.heard.at(-1)?.isLoud, wait);
      const clearedAt = performance.now();
      bot.say({ event: 'clear', stream_sid: 'x' });
      await eventually(() => caller.heard.slice(-5).every(({ isLoud }) => !isLoud), wait);
      silentAfter.push((caller.heard.findLast(({ isLoud }) => isLoud)?.atMs ?? 0) - clearedAt);
    }
    const best = (times: number[]) => Math.min(...times.map(Math.abs));
    expect(best(marksAfter)).toBeLessThanOrEqual(40);
    expect(Math.min(...marksAfter)).toBeGreaterThan(-20); // Never before the tone was over.
    expect(Math.min(...silentAfter)).toBeLessThanOrEqual(40);
    expect(Math.max(...silentAfter)).toBeLessThan(2_000);
  });

  it('what the caller says is on the wire to the bot within a frame and 20 ms', async () => {
    const { caller, bot } = await makeConversation();
    caller.hush();
    const delays: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      await eventually(
        () => bot.samples.length > 0 && bot.samples.slice(-1_600).every((sample) => Math.abs(sample) < 300),
        wait,
      );
      const framesBefore = bot.of('media').length;
      const spokenAt = performance.now();
      caller.say(440);
      const isLoud = ({ media }: BotCall['messages'][number]) =>
        loudest((media as { payload: string }).payload) > 3_000;
      const frame = await eventually(() => bot.of('media').slice(framesBefore).find(isLoud), wait);
      delays.push(frame.atMs - spokenAt);
      caller.hush();
    }
    expect(Math.min(...delays)).toBeLessThanOrEqual(120);
  });

  function loudest(payload: string): number {
    const audio = Buffer.from(payload, 'base64');
    return Math.max(...new Int16Array(audio.buffer, audio.byteOffset, audio.length / 2));
  }
});

describe('the end', () => {
  it('of the caller: stop with callended, then the socket is closed', async () => {
    const { caller, leg, bot, stream } = await makeConversation();
    caller.press(5);
    await eventually(() => bot.of('dtmf').length === 1, wait);
    expect(bot.of('dtmf')[0]).toMatchObject({ dtmf: { digit: '5' } });
    leg.close();
    expect(await stream.ended).toMatchObject({ status: 'completed', disconnectedBy: 'user' });
    await eventually(() => bot.closed, wait);
    expect(bot.closed?.code).toBe(1000);
    expect(bot.messages.at(-1)).toMatchObject({ event: 'stop', stop: { reason: 'callended', call_sid: leg.callId } });
  });

  it('of the bot: the leg is let alone, and may have another', async () => {
    const { caller, leg, bot, stream } = await makeConversation();
    bot.sayTone(1_000, 10_000, 8000);
    await eventually(() => caller.shareOf(1_000) > 0.9, wait);
    bot.socket.close(1000);
    expect(await stream.ended).toMatchObject({ status: 'completed', disconnectedBy: 'bot' });
    const second = kept(await WsBot.open((call) => call.sayTone(600, 10_000, 8000)));
    const again = await streamTo(leg, second.url());
    await eventually(() => caller.shareOf(600) > 0.9, wait);
    again.stop();
    expect(await again.ended).toMatchObject({ status: 'completed', disconnectedBy: 'NA' });
  });
});

describe('bad bots', () => {
  it('end their own streams with a reason, and a conversation beside them notices nothing', async () => {
    const good = await makeConversation();
    const garbage = kept(await WsBot.open((call) => repeat(call, () => call.socket.send('garbage'))));
    const odd = kept(
      await WsBot.open((call) =>
        repeat(call, () => call.say({ event: 'media', media: { payload: Buffer.alloc(321).toString('base64') } })),
      ),
    );
    const huge = kept(await WsBot.open((call) => call.socket.send('x'.repeat(2_000_000))));
    const torn = kept(await WsBot.open((call) => call.socket.terminate()));
    const mute = kept(createServer(() => {}).listen(0, '127.0.0.1'));
    await once(mute, 'listening');
    const ends = await Promise.all([
      ended(garbage.url()),
      ended(odd.url()),
      ended(huge.url()),
      ended(torn.url()),
      ended(`ws://127.0.0.1:${(mute.address() as { port: number }).port}/`, { handshakeTimeoutMs: 300 }),
      ended(garbage.url(), { allowPrivate: false }),
    ]);
    expect(ends.map(({ status, detailedStatus }) => `${status} ${detailedStatus}`)).toEqual([
      'failed Streaming_bad_messages',
      'failed Streaming_bad_messages',
      'failed Streaming_message_too_large',
      'failed Streaming_connection_lost',
      'failed Streaming_handshake_failed',
      'failed Streaming_bad_url',
    ]);
    expect(good.bot.closed).toBeUndefined();
    good.bot.sayTone(1_000, 500, 8000, 'still here');
    await eventually(() => good.bot.of('mark').length === 1, wait);
    const times = good.bot.of('media').map(({ media }) => Number((media as { timestamp: string }).timestamp));
    expect(times).toEqual(times.map((_, index) => (index + 1) * 100)); // Not a frame is missing.
  });

  it('that flood are read slowly; a conversation beside them goes on', async () => {
    const good = await makeConversation();
    const flood = kept(
      await WsBot.open((call) =>
        repeat(call, () => {
          for (let i = 0; i < 500 && call.socket.bufferedAmount < 1_000_000; i++) call.say({ event: 'x' });
        }),
      ),
    );
    const { leg } = await makeCall();
    const stream = await streamTo(leg, flood.url());
    const framesBefore = good.bot.of('media').length;
    await eventually(() => good.bot.of('media').length >= framesBefore + 20, wait);
    good.bot.sayTone(1_000, 200, 8000, 'still here');
    await eventually(() => good.bot.of('mark').length === 1, wait);
    stream.stop();
    const { counters } = await stream.ended;
    expect(counters.holdUps).toBeGreaterThan(0);
  });

  async function ended(url: string, more: Partial<StreamOptions> = {}) {
    const { leg } = await makeCall();
    return (await streamTo(leg, url, more)).ended;
  }

  function repeat(call: BotCall, action: () => void): void {
    const timer = setInterval(() => (call.closed ? clearInterval(timer) : action()), 5);
  }
});
