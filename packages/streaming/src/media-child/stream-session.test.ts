import { systemRandom } from '@intermix/kernel';
import { MediaError } from '@intermix/media';
import { type RunAttachment, runAttachment } from '@intermix/media/testing';
import { OutboundError } from '@intermix/outbound';
import { FakeClock } from '@intermix/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { octetsOf } from '../protocol/pcm.js';
import type { StreamEnd } from '../stream-end.js';
import type { StreamSpec } from '../stream-spec.js';
import { FakeBotNetwork, type FakeBotSocket } from '../testing/fake-bot.js';
import { resamplersReady } from './resampler.js';
import { createStreamAttachments } from './stream-attachment.js';

beforeAll(() => resamplersReady);

const spec: StreamSpec = {
  streamSid: 'stream-1',
  callSid: 'call-1',
  accountSid: 'account-1',
  from: '+919876543210',
  to: '+918047100000',
  url: 'wss://key:token@bot.example/calls?lang=hi',
  mode: 'bidirectional',
  tracks: 'inbound',
  sampleRate: undefined,
  customParameters: undefined,
  callParameters: { CallSid: 'call-1', CallFrom: '+919876543210' },
  frameMs: 100,
  binary: false,
  allowPrivate: false,
  legDigits: true,
  handshakeTimeoutMs: 10_000,
  maxDurationMs: 3_600_000,
};

interface Stream {
  clock: FakeClock;
  network: FakeBotNetwork;
  run: RunAttachment;
  end(): StreamEnd | undefined;
  /** The party talks, and is talked to, for so long: a packet and a frame each 20 ms. What it heard. */
  live(ms: number, value?: number): Promise<number[]>;
}

async function makeStream(more: Partial<StreamSpec> = {}): Promise<Stream> {
  const clock = new FakeClock();
  const network = new FakeBotNetwork();
  const run = runAttachment(createStreamAttachments(network), { ...spec, ...more }, { clock, random: systemRandom });
  await clock.advanceAsync(0);
  return {
    ...{ clock, network, run },
    end: () => run.end?.result as StreamEnd | undefined,
    async live(ms, value = 100) {
      const heard: number[] = [];
      for (let passed = 0; passed < ms; passed += 20) {
        await clock.advanceAsync(20);
        run.audio.receive(new Int16Array(160).fill(value));
        heard.push(run.audio.pull()?.[80] ?? 0);
      }
      return heard;
    },
  };
}

async function makeOpenStream(more: Partial<StreamSpec> = {}): Promise<Stream & { bot: FakeBotSocket }> {
  const stream = await makeStream(more);
  return { ...stream, bot: stream.network.last.accept() };
}

const speech = (ms: number, value: number, rate = 8000) =>
  octetsOf(new Int16Array((ms * rate) / 1000).fill(value)).toString('base64');
const media = (ms: number, value = 50) => ({
  event: 'media',
  stream_sid: 'stream-1',
  media: { payload: speech(ms, value) },
});
const refused = (problem: OutboundError['problem'] = 'connect') => new OutboundError(problem, 'Nobody is there.');

describe('a conversation', () => {
  it('begins with connected and start, as public bots detect it, and goes on with frames of 100 ms', async () => {
    const { bot, live, run } = await makeOpenStream();
    await live(300);
    expect(bot.url).toBe(spec.url);
    const [first, second, ...rest] = bot.said as { event: string; start?: object }[];
    expect(first).toEqual({ event: 'connected' });
    expect(second).toMatchObject({
      event: 'start',
      sequence_number: '1',
      stream_sid: 'stream-1',
      start: {
        ...{ stream_sid: 'stream-1', call_sid: 'call-1', account_sid: 'account-1' },
        ...{ from: '+919876543210', to: '+918047100000', custom_parameters: { lang: 'hi' } },
        media_format: { sample_rate: '8000' },
      },
    });
    expect(Object.keys(second?.start ?? {})).not.toContain('intermix');
    expect(rest).toEqual(
      [1, 2, 3].map((chunk) => ({
        ...{ event: 'media', sequence_number: String(chunk + 1), stream_sid: 'stream-1' },
        media: { chunk: String(chunk), timestamp: String(chunk * 100), payload: speech(100, 100) },
      })),
    );
    expect(run.events).toEqual([{ type: 'started', streamUrl: 'wss://bot.example/calls?lang=hi', sampleRate: 8000 }]);
  });

  it.each([8000, 16_000, 24_000] as const)('has frames of full length at %d Hz', async (rate) => {
    const { bot, live } = await makeOpenStream({ url: `wss://bot.example/?sample-rate=${rate}` });
    await live(500);
    const lengths = bot
      .heard('media')
      .map(({ media }) => Buffer.from((media as { payload: string }).payload, 'base64').length);
    expect(lengths).toEqual(new Array(5).fill(rate / 5));
    expect(bot.heard('start')[0]).toMatchObject({ start: { media_format: { sample_rate: String(rate) } } });
  });

  it('plays what the bot says, answers its mark when that has been heard, and says how the queue stands', async () => {
    const { bot, live } = await makeOpenStream();
    bot.say(media(200));
    bot.say({ event: 'mark', streamSid: 'stream-1', mark: { name: 'reply-1' } });
    const heard = await live(200);
    expect(heard).toEqual(new Array(10).fill(50));
    expect(bot.heard('mark')).toEqual([]);
    await live(20);
    expect(bot.heard('mark')).toMatchObject([
      { mark: { name: 'reply-1', intermix: { queue_ms: '0', played_ms: '200' } } },
    ]);
    expect(bot.heard('media')[0]).toMatchObject({ media: { intermix: { queue_ms: '120', played_ms: '80' } } });
  });

  it('plays 16 kHz at its own pitch and length', async () => {
    const { bot, live, end, run } = await makeOpenStream({ sampleRate: 16_000 });
    bot.say({ event: 'media', media: { payload: speech(500, 50, 16_000) } });
    const heard = await live(600);
    expect(heard.filter((value) => Math.abs(value - 50) <= 2).length).toBeGreaterThanOrEqual(24);
    expect(heard.slice(26)).toEqual([0, 0, 0, 0]);
    run.attachment.close('closed');
    await live(20);
    expect(end()?.counters).toMatchObject({ botMs: 500, playedMs: 500 });
  });

  it('falls silent within a frame of clear, and the marks are answered', async () => {
    const { bot, live } = await makeOpenStream();
    bot.say(media(5_000));
    bot.say({ event: 'mark', mark: { name: 'a' } });
    await live(200);
    bot.say({ event: 'clear', stream_sid: 'stream-1' });
    expect(bot.heard('mark')).toHaveLength(1);
    expect(await live(100)).toEqual([0, 0, 0, 0, 0]);
    bot.say(media(40, 70));
    expect(await live(40)).toEqual([70, 70]);
  });

  it('tells digits, of the leg or of the server, each once', async () => {
    const leg = await makeOpenStream();
    leg.run.audio.press('5', 120);
    expect(leg.bot.heard('dtmf')).toMatchObject([{ dtmf: { digit: '5', duration: '120' } }]);
    const server = await makeOpenStream({ legDigits: false });
    server.run.audio.press('5');
    server.run.attachment.handle({ type: 'digit', digit: '#', durationMs: 250 });
    expect(server.bot.heard('dtmf')).toMatchObject([{ dtmf: { digit: '#', duration: '250' } }]);
  });
});

describe('how it ends', () => {
  it('the party hangs up: stop with callended', async () => {
    const { bot, live, run, end, clock } = await makeOpenStream();
    await live(2_000);
    run.attachment.close('leg-closed');
    await live(0);
    await clock.advanceAsync(0);
    expect(bot.said.at(-1)).toMatchObject({
      event: 'stop',
      stop: { call_sid: 'call-1', account_sid: 'account-1', reason: 'callended' },
    });
    expect(bot.closedWith?.code).toBe(1000);
    expect(end()).toMatchObject({ status: 'completed', disconnectedBy: 'user', durationSec: 2, streamSid: 'stream-1' });
    expect(end()?.streamUrl).toBe('wss://bot.example/calls?lang=hi');
    expect(end()?.counters).toMatchObject({ framesSent: 20, handshakes: 1, framesDropped: 0 });
    expect(run.audio.subscriptions).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('the flow stops it: stop with stopped', async () => {
    const { bot, run, end, clock } = await makeOpenStream();
    run.attachment.handle({ type: 'stop', reason: 'stopped' });
    run.attachment.close('closed');
    await clock.advanceAsync(0);
    expect(bot.heard('stop')).toMatchObject([{ stop: { reason: 'stopped' } }]);
    expect(end()).toMatchObject({ status: 'completed', disconnectedBy: 'NA' });
  });

  it.each([
    [1000, 'completed', undefined],
    [1001, 'completed', undefined],
    [1005, 'completed', undefined],
    [1011, 'failed', 'Streaming_closed_with_error'],
    [1006, 'failed', 'Streaming_connection_lost'],
  ])('the bot closes with %d: %s', async (code, status, detailedStatus) => {
    const { bot, run, end, clock, live } = await makeOpenStream();
    bot.say(media(1_000));
    await live(100);
    bot.hangUp(code, 'why');
    expect(end()).toMatchObject({ status, disconnectedBy: 'bot', ...(detailedStatus && { detailedStatus }) });
    if (status === 'failed') expect(end()?.error).toMatch(new RegExp(`^${code} `));
    expect(run.audio.subscriptions).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    run.attachment.close('leg-closed');
    run.attachment.handle({ type: 'digit', digit: '1', durationMs: 1 });
  });

  it('its time is over after an hour', async () => {
    const { bot, clock, end } = await makeOpenStream({ maxDurationMs: 3_000 });
    await clock.advanceAsync(3_000);
    expect(bot.heard('stop')).toMatchObject([{ stop: { reason: 'stopped' } }]);
    expect(end()).toMatchObject({ status: 'completed', detailedStatus: 'Streaming_time_limit', durationSec: 3 });
  });
});

describe('on the way to the bot', () => {
  it('a handshake that fails is tried once more', async () => {
    const { network, clock, live } = await makeStream();
    network.last.refuse(refused());
    await clock.advanceAsync(500);
    expect(network.sockets).toHaveLength(2);
    const bot = network.last.accept();
    await live(100);
    expect(bot.heard('media')).toHaveLength(1);
  });

  it('and then is the end, told with the reason; the leg was let alone', async () => {
    const { network, clock, end, run } = await makeStream();
    expect(run.audio.isFed).toBe(false);
    network.last.refuse(refused());
    await clock.advanceAsync(500);
    network.last.refuse(refused('timeout'));
    expect(end()).toMatchObject({
      ...{ status: 'failed', disconnectedBy: 'NA', durationSec: 0, detailedStatus: 'Streaming_handshake_failed' },
      error: '3009 failed to establish ws conn: Nobody is there.',
      streamUrl: 'wss://bot.example/calls?lang=hi',
    });
    expect(end()?.counters.handshakes).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('an address that may not be used is not tried again', async () => {
    const { network, end } = await makeStream();
    network.last.refuse(refused('address-refused'));
    expect(end()).toMatchObject({ status: 'failed', detailedStatus: 'Streaming_bad_url' });
  });

  it.each(['leg-closed', 'closed'] as const)('a call that ends meanwhile (%s) cancels it', async (reason) => {
    const { network, clock, run, end } = await makeStream();
    const waiting = network.last;
    run.attachment.close(reason);
    expect(end()).toMatchObject({ status: 'cancelled', disconnectedBy: reason === 'closed' ? 'NA' : 'user' });
    waiting.accept();
    await clock.advanceAsync(2_000);
    expect(waiting.said).toEqual([]);
    expect(network.sockets).toHaveLength(1);
    expect(run.audio.subscriptions).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('an https URL is asked with the call, and what it answers is opened', async () => {
    const network = new FakeBotNetwork();
    network.answer = async () => answer(200, '{"url":"wss://other.example/x?sample-rate=16000"}');
    const clock = new FakeClock();
    const url = 'https://bot.example/route?a=1';
    const run = runAttachment(createStreamAttachments(network), { ...spec, url }, { clock, random: systemRandom });
    await clock.advanceAsync(0);
    expect(network.asked).toEqual(['https://bot.example/route?a=1&CallSid=call-1&CallFrom=%2B919876543210']);
    expect(network.last.accept().heard('start')).toMatchObject([{ start: { media_format: { sample_rate: '16000' } } }]);
    expect(run.events).toMatchObject([{ streamUrl: 'wss://other.example/x?sample-rate=16000' }]);
  });

  it.each([
    ['Streaming_handshake_failed', 404, ''],
    ['Streaming_handshake_failed', 302, '{"url":"wss://other.example/"}'],
    ['Streaming_handshake_failed', 200, 'wss://other.example/'],
    ['Streaming_handshake_failed', 200, '{"url":7}'],
    ['Streaming_handshake_failed', 200, 'null'],
    ['Streaming_bad_url', 200, '{"url":"https://other.example/"}'],
    ['Streaming_bad_url', 200, '{"url":"file:///etc/passwd"}'],
  ])('an https URL that does not give one is %s: %d %s', async (detailedStatus, status, body) => {
    const network = new FakeBotNetwork();
    network.answer = async () => answer(status, body);
    const clock = new FakeClock();
    const url = 'https://bot.example/route';
    const run = runAttachment(createStreamAttachments(network), { ...spec, url }, { clock, random: systemRandom });
    await clock.advanceAsync(2_000);
    expect(network.sockets).toEqual([]);
    expect(run.end?.result).toMatchObject({ status: 'failed', detailedStatus });
  });

  const answer = (status: number, body: string) => ({ status, headers: {}, body: Buffer.from(body), cutOff: false });
});

describe('bad bots', () => {
  it.each([
    ['garbage', 'hello', 1003],
    ['binary messages', Buffer.alloc(320), 1003],
    ['audio of odd length', { event: 'media', media: { payload: Buffer.alloc(321).toString('base64') } }, 1007],
  ])('end their own stream with %s, though not for some of it', async (_, message, code) => {
    const { bot, end, clock, run } = await makeOpenStream();
    for (let i = 0; i < 20; i++) bot.say(message);
    bot.say(media(20));
    for (let i = 0; i < 20; i++) bot.say(message);
    expect(bot.closedWith).toBeUndefined();
    bot.say(message);
    bot.say(message);
    await clock.advanceAsync(0);
    expect(bot.closedWith?.code).toBe(code);
    expect(end()).toMatchObject({ status: 'failed', disconnectedBy: 'NA', detailedStatus: 'Streaming_bad_messages' });
    expect(end()?.error).toMatch(new RegExp(`^${code} `));
    expect(end()?.counters.badMessages).toBe(41);
    expect(run.audio.subscriptions).toBe(0);
  });

  it('that answer no ping have stalled', async () => {
    const { bot, clock, end } = await makeOpenStream();
    await clock.advanceAsync(21_000);
    expect(bot.pings).toBe(1);
    bot.pong();
    await clock.advanceAsync(44_000);
    expect(end()).toBeUndefined();
    await clock.advanceAsync(2_000);
    expect(end()).toMatchObject({ status: 'failed', detailedStatus: 'Streaming_bot_stalled' });
  });

  it('that read slowly lose the oldest frames, and hear the present when they are back', async () => {
    const { bot, live } = await makeOpenStream();
    await live(500);
    bot.bufferedBytes = 1_000_000;
    await live(5_000);
    expect(bot.heard('media')).toHaveLength(5);
    bot.bufferedBytes = 0;
    await live(100);
    const all = bot.heard('media');
    expect(all.map(({ sequence_number }) => sequence_number)).toEqual(all.map((_, index) => String(index + 2)));
    expect(all[5]).toMatchObject({ media: { timestamp: '4600' } });
    expect(all.at(-1)).toMatchObject({ media: { timestamp: '5600' } });
  });

  it('that flood are read no faster than the limit, and ended when they go on', async () => {
    const { bot, clock, end } = await makeOpenStream();
    let sent = 0;
    for (let ms = 0; ms < 30_000 && !end(); ms += 10) {
      while (!bot.isPaused && sent < 1_000_000) {
        bot.say({ event: 'x' });
        sent++;
      }
      await clock.advanceAsync(10);
    }
    expect(end()).toMatchObject({ status: 'failed', detailedStatus: 'Streaming_flood' });
    expect(end()?.counters.holdUps).toBeGreaterThan(1);
    expect(sent).toBeLessThan(30_000);
  });

  it('that send five minutes at once are held up, but heard', async () => {
    const { bot, clock, end, live } = await makeOpenStream();
    for (let second = 0; second < 300; second++) {
      for (let turn = 0; bot.isPaused && turn < 100; turn++) await clock.advanceAsync(100);
      bot.say(media(1_000));
    }
    expect(end()).toBeUndefined();
    expect((await live(100)).at(-1)).toBe(50);
  });

  it('whose messages are too large are told so', async () => {
    const { bot, end } = await makeOpenStream();
    bot.hangUp(1006, '', refused('message-too-large'));
    expect(end()).toMatchObject({
      status: 'failed',
      disconnectedBy: 'NA',
      detailedStatus: 'Streaming_message_too_large',
    });
  });
});

describe("a machine's clock that is set", () => {
  it.each([-3_600_000, 3_600_000])(
    'by %d ms ends no stream, floods no bot, and costs a moment of speech',
    async (byMs) => {
      const fake = new FakeClock();
      let setMs = 0;
      const clock = { now: () => fake.now() + setMs, schedule: fake.schedule.bind(fake) };
      const network = new FakeBotNetwork();
      const run = runAttachment(createStreamAttachments(network), spec, { clock, random: systemRandom });
      await fake.advanceAsync(0);
      const bot = network.last.accept();
      const live = async (ms: number) => {
        for (let passed = 0; passed < ms; passed += 20) {
          await fake.advanceAsync(20);
          run.audio.receive(new Int16Array(160).fill(100));
          run.audio.pull();
        }
      };
      await live(1_000);
      setMs = byMs;
      await live(60);
      bot.say(media(20_000));
      await live(5_000);
      bot.pong();
      await live(10_000);
      expect(run.end).toBeUndefined();
      const frames = bot.heard('media');
      expect(frames.length).toBeGreaterThanOrEqual(155);
      expect(frames.length).toBeLessThanOrEqual(162);
      const spoken = frames.filter(({ media }) => (media as { payload: string }).payload === speech(100, 100));
      expect(spoken.length).toBeGreaterThanOrEqual(150);
      expect(run.audio.pull()?.[80]).toBe(50);
    },
  );
});

describe('one-way', () => {
  it('carries both tracks, named, and never speaks to the party', async () => {
    const { bot, live, run } = await makeOpenStream({ mode: 'one-way', tracks: 'both' });
    expect(run.audio.isFed).toBe(false);
    for (let i = 0; i < 5; i++) {
      run.audio.send(new Int16Array(160).fill(7));
      await live(20);
    }
    bot.say(media(1_000));
    bot.say({ event: 'mark', mark: { name: 'a' } });
    run.audio.press('1');
    await live(20);
    expect(run.audio.isFed).toBe(false);
    expect(bot.heard('start')).toMatchObject([{ start: { intermix: { tracks: ['inbound', 'outbound'] } } }]);
    expect(bot.heard('media').map(({ media }) => media)).toEqual([
      { track: 'outbound', chunk: '1', timestamp: '100', payload: speech(100, 7) },
      { track: 'inbound', chunk: '1', timestamp: '100', payload: speech(100, 100) },
    ]);
    expect([...bot.heard('mark'), ...bot.heard('dtmf')]).toEqual([]);
  });
});

describe('binary', () => {
  it('carries bare frames of 20 ms both ways when the bot takes the sub-protocol', async () => {
    const { network, live } = await makeStream({ binary: true });
    const bot = network.last;
    expect(bot.protocols).toEqual(['intermix.pcm20']);
    bot.accept('intermix.pcm20');
    bot.say(octetsOf(new Int16Array(320).fill(50)));
    expect(await live(60)).toEqual([50, 50, 0]);
    expect(bot.heard('start')).toMatchObject([{ start: { intermix: { framing: 'binary' } } }]);
    expect(bot.said.filter(Buffer.isBuffer)).toEqual(new Array(3).fill(octetsOf(new Int16Array(160).fill(100))));
  });

  it('is JSON when the bot does not know of it, and asked for by the URL too', async () => {
    const { network, live } = await makeStream({ url: 'wss://bot.example/?intermix-binary=1' });
    const bot = network.last.accept();
    await live(100);
    expect(bot.protocols).toEqual(['intermix.pcm20']);
    expect(bot.heard('media')).toHaveLength(1);
    expect(bot.heard('start')).toMatchObject([{ start: { custom_parameters: {} } }]);
  });
});

it('refuses an order that is none', () => {
  const run = () =>
    runAttachment(createStreamAttachments(new FakeBotNetwork()), {}, { clock: new FakeClock(), random: systemRandom });
  expect(run).toThrow(expect.objectContaining({ code: 'ERR_MEDIA', problem: 'bad-argument' }));
});

describe('what a bot may not do to others', () => {
  it('learns nobody the password of its URL, not when it is stopped while it connects either', async () => {
    const { run, end } = await makeStream();
    run.attachment.close('leg-closed');
    expect(end()).toMatchObject({ status: 'cancelled', streamUrl: 'wss://bot.example/calls?lang=hi' });
    expect(JSON.stringify(end())).not.toContain('token');
  });

  it('marks with names of no end are no messages', async () => {
    const { bot, end, live } = await makeOpenStream();
    bot.say({ event: 'mark', mark: { name: 'n'.repeat(257) } });
    await live(100);
    expect(bot.heard('mark')).toEqual([]);
    bot.hangUp();
    expect(end()?.counters.badMessages).toBe(1);
  });

  it('a bot that asks for answers and does not read them ends its stream', async () => {
    const { bot, end, live } = await makeOpenStream();
    bot.bufferedBytes = 2_000_000;
    bot.say({ event: 'mark', mark: { name: 'a' } });
    await live(1_100);
    expect(bot.closedWith?.code).toBe(1008);
    expect(end()).toMatchObject({ status: 'failed', detailedStatus: 'Streaming_bot_stalled' });
  });

  it('pings without end are a flood', async () => {
    const { bot, end, live } = await makeOpenStream();
    for (let frame = 0; frame < 1_500 && !end(); frame++) {
      while (!bot.isPaused && !end()) bot.sendPing();
      await live(20);
    }
    expect(end()).toMatchObject({ status: 'failed', detailedStatus: 'Streaming_flood' });
  });

  it('a leg that cannot be fed is the failure of its own stream', async () => {
    const stream = await makeStream();
    stream.run.audio.feed = () => {
      throw new MediaError('codec-mismatch', 'sources are played on G.711 legs only');
    };
    const bot = stream.network.last.accept();
    expect(bot.closedWith?.code).toBe(1011);
    expect(stream.end()).toMatchObject({ status: 'failed', detailedStatus: 'Streaming_internal_error' });
  });
});
