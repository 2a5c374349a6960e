import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { octetsOf, PlatformMessageWriter } from '@intermix/streaming';
import { FakeClock } from '@intermix/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { BotTestError } from '../bot-test-error.js';
import { toneSamples } from '../sound/tone.js';
import { type Behaviour, type PairedBot, PairedNetwork } from '../testing/paired-bot.js';
import { reportOf, testCall } from '../testing/test-call.js';
import { CapturedStream, type CaptureLimits, usualCaptureLimits } from './captured-stream.js';
import { readCapture } from './read-capture.js';
import { type ReplayOptions, replayCapture } from './replay.js';

const parent = mkdtempSync(join(tmpdir(), 'bot-capture-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** A stream that is captured, and both ends of it. */
class CaptureBench {
  readonly clock: FakeClock;
  readonly outDir = mkdtempSync(join(parent, 'out-'));
  readonly closed: string[] = [];
  readonly failures: unknown[] = [];
  readonly stream: CapturedStream;
  folder: string | undefined;

  constructor({ clock = new FakeClock(), limits = {} }: { clock?: FakeClock; limits?: Partial<CaptureLimits> } = {}) {
    this.clock = clock;
    const end = (name: string) => ({ send() {}, close: (code: number) => void this.closed.push(`${name} ${code}`) });
    this.stream = new CapturedStream({
      ...{ clock, outDir: this.outDir, limits: { ...usualCaptureLimits, ...limits } },
      ...{ path: '/calls', forwardedTo: 'wss://bot.example/' },
      ...{ caller: end('caller'), bot: end('bot') },
      failed: (error) => void this.failures.push(error),
      over: (folder, error) => {
        this.folder = folder;
        if (error !== undefined) this.failures.push(error);
      },
    });
  }

  hear(by: 'caller' | 'bot', message: string | object): void {
    this.stream.handle(by, Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)), false);
  }

  start(customParameters: Record<string, string> = {}): PlatformMessageWriter {
    const writer = new PlatformMessageWriter('stream-1');
    this.hear('caller', writer.connected());
    const start = { streamSid: 'stream-1', callSid: 'call/../1', accountSid: 'acc', from: '+9198', to: '+9180' };
    this.hear('caller', writer.start({ ...start, customParameters, sampleRate: 8000 }));
    return writer;
  }

  /** A file of the capture. */
  read(name: string): Buffer {
    return readFileSync(join(this.folder ?? '', name));
  }

  get lines(): { at_ms: number; by: string; message?: { event: string }; text?: string; octets?: number }[] {
    return this.read('messages.jsonl')
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
}

/** A bot that answers each sound with 900 Hz; what passes is captured. */
function capturing(bench: CaptureBench): Behaviour {
  const tell = (bot: PairedBot, message: object) => {
    bench.hear('bot', message);
    bot.say(message);
  };
  let wasLoud = false;
  return {
    told(bot, message) {
      bench.hear('caller', message);
      if (message.event === 'stop') {
        bench.stream.end('caller', 1000);
        bot.hangUp();
      }
      if (message.event !== 'media') return;
      const isLoud = Buffer.from(message.media.payload, 'base64').some((octet) => octet !== 0);
      if (wasLoud && !isLoud) {
        const payload = octetsOf(toneSamples(900, 400, 8000)).toString('base64');
        tell(bot, { event: 'media', stream_sid: bot.streamSid, media: { payload } });
        tell(bot, { event: 'mark', stream_sid: bot.streamSid, mark: { name: 'said' } });
      }
      wasLoud = isLoud;
    },
  };
}

const steps = [
  { step: 'silence', ms: 500 },
  { step: 'tone', hz: 440, ms: 600, expect: { tone_hz: 900 } },
  { step: 'dtmf', digits: '42' },
  { step: 'tone', hz: 600, ms: 300, expect: { tone_hz: 900 } },
  { step: 'silence', ms: 600 },
];

function replayed(options: Omit<ReplayOptions, 'url' | 'clock' | 'network'>, behave: Behaviour) {
  const clock = new FakeClock();
  const network = new PairedNetwork(clock, behave);
  const running = replayCapture({ ...options, url: 'ws://other.example/calls', clock, network });
  return reportOf(running, network, clock).then((report) => ({ report, network }));
}

describe('a captured call', () => {
  it('is said again as it was: the same sound, digits and length, with the same measures', async () => {
    const clock = new FakeClock();
    const bench = new CaptureBench({ clock });
    const first = await testCall({ steps, from: '+911', to: '+912' }, capturing(bench), { fakeClock: clock });
    expect(first.report).toMatchObject({ result: 'passed', findings: [] });
    expect(bench.failures).toEqual([]);

    const again = new CaptureBench();
    const { report, network } = await replayed({ folder: bench.folder ?? '' }, capturing(again));
    expect(report).toMatchObject({
      result: 'passed',
      findings: [],
      call: { from: '+911', to: '+912', ended_by: 'caller' },
    });
    const sound = (messages: { media: { payload: string } }[]) =>
      Buffer.concat(messages.map(({ media }) => Buffer.from(media.payload, 'base64')));
    const [said, saidAgain] = [sound(first.network.bot.of('media')), sound(network.bot.of('media'))];
    expect(saidAgain.subarray(0, said.length)).toEqual(said);
    expect(network.bot.of('dtmf').map(({ dtmf }) => dtmf)).toEqual(
      first.network.bot.of('dtmf').map(({ dtmf }) => dtmf),
    );
    expect(report.measures.turns).toEqual(first.report.measures.turns);
    expect(Math.abs(report.call.duration_ms - first.report.call.duration_ms)).toBeLessThanOrEqual(20);
  });

  it('has each message with its time, and both sides’ sound', async () => {
    const clock = new FakeClock();
    const bench = new CaptureBench({ clock });
    const { report } = await testCall({ steps }, capturing(bench), { fakeClock: clock });
    const capture = JSON.parse(bench.read('capture.json').toString());
    expect(capture).toMatchObject({
      ...{ type: 'intermix.stream-capture', version: 1, path: '/calls', forwarded_to: 'wss://bot.example/' },
      ...{ call_sid: report.call.call_sid, sample_rate: 8000, ended_by: 'caller', close_code: 1000 },
      duration_ms: report.call.duration_ms,
    });
    const events = bench.lines.map(({ by, message }) => `${by} ${message?.event}`);
    expect(events.slice(0, 3)).toEqual(['caller connected', 'caller start', 'caller media']);
    expect(events.filter((event) => event.startsWith('bot'))).toEqual([
      'bot media',
      'bot mark',
      'bot media',
      'bot mark',
    ]);
    expect(events.at(-1)).toBe('caller stop');
    expect(bench.lines.find(({ message }) => message?.event === 'media')?.at_ms).toBe(100);
    const wav = bench.read('audio.wav');
    const loudest = (offset: number) =>
      Math.max(...Array.from({ length: (wav.length - 44) / 4 }, (_, at) => wav.readInt16LE(44 + at * 4 + offset)));
    expect([loudest(0), loudest(2)]).toEqual([8_000, 8_000]);
    expect(Math.abs((wav.length - 44) / 32 - report.call.duration_ms)).toBeLessThanOrEqual(40);
  });
});

describe('a recorder', () => {
  it('hides what may be a secret, and leads nobody out of its folder', () => {
    const bench = new CaptureBench();
    const camel = { accessToken: 'planted-3', clientSecret: 'planted-4', sessionKey: 'planted-5' };
    bench.start({ token: 'planted-1', 'x-api-key': 'planted-2', lang: 'hi', key1: 'one', ...camel });
    bench.stream.end('caller', 1000);
    const files = ['capture.json', 'messages.jsonl'].map((name) => bench.read(name).toString()).join('');
    expect(files).not.toContain('planted');
    expect(JSON.parse(bench.read('capture.json').toString()).custom_parameters).toEqual({
      ...{ token: '********', 'x-api-key': '********', lang: 'hi', key1: 'one' },
      ...{ accessToken: '********', clientSecret: '********', sessionKey: '********' },
    });
    expect(readdirSync(bench.outDir)).toEqual(['20260101-000000-call1']);
    expect(statSync(join(bench.folder ?? '', 'messages.jsonl')).mode & 0o077).toBe(0);
  });

  it('asks for what was hidden when it is said again', async () => {
    const bench = new CaptureBench();
    bench.start({ token: 'planted', lang: 'hi' });
    bench.clock.advance(300);
    bench.stream.end('caller', 1000);
    const given = { folder: bench.folder ?? '', customParameters: { token: 'fresh' } };
    const { network } = await replayed(given, { told: (bot, { event }) => event === 'stop' && bot.hangUp() });
    expect(network.bot.of('start')[0].start.custom_parameters).toEqual({ lang: 'hi', token: 'fresh' });
  });

  it('writes down what is no message of the protocol, too', () => {
    const bench = new CaptureBench();
    bench.start();
    bench.hear('bot', 'nonsense');
    bench.stream.handle('bot', Buffer.alloc(3), true);
    bench.stream.end('bot', 1011);
    expect(bench.lines.slice(2)).toEqual([
      { at_ms: 0, by: 'bot', text: 'nonsense' },
      { at_ms: 0, by: 'bot', octets: 3 },
    ]);
    expect(bench.closed).toEqual(['caller 1011']);
  });

  it.each([
    ['time', { maxMs: 1_000 }, 1_001],
    ['size', { maxOctets: 1_000 }, 1_001],
  ])('ends a stream at its limit of %s, and has what there was', (_, limits, code) => {
    const bench = new CaptureBench({ limits });
    const writer = bench.start();
    for (let chunk = 1; chunk <= 12; chunk++) {
      bench.clock.advance(100);
      bench.hear('caller', writer.media({ chunk, timestampMs: chunk * 100, audio: Buffer.alloc(1_600) }));
    }
    expect(bench.closed).toEqual([`caller ${code}`, `bot ${code}`]);
    expect(JSON.parse(bench.read('capture.json').toString())).toMatchObject({ ended_by: 'limit', close_code: code });
  });

  it('lets go of a caller that says nothing, and writes nothing for one that never tells start', () => {
    const silent = new CaptureBench();
    silent.hear('caller', '{"event":"connected"}');
    silent.clock.advance(36_000);
    expect(silent.closed).toEqual(['caller 1008', 'bot 1008']);
    expect(readdirSync(silent.outDir)).toEqual([]);
    expect(silent.clock.pendingTimers).toBe(0);
  });

  it('refuses a rate that no stream has', () => {
    const bench = new CaptureBench();
    bench.hear('caller', { event: 'start', start: { media_format: { sample_rate: '44100' } } });
    expect(bench.closed).toEqual(['caller 1011', 'bot 1011']);
    expect(bench.failures).toHaveLength(1);
  });
});

describe('a folder that is no capture', () => {
  it('is refused by its name', async () => {
    await expect(readCapture(join(parent, 'nothing'))).rejects.toThrow(BotTestError);
    await expect(readCapture(join(parent, 'nothing'))).rejects.toThrow(/nothing is no capture/);
  });

  it('is refused with the line that is broken', async () => {
    const bench = new CaptureBench();
    bench.start();
    bench.stream.end('caller', 1000);
    const path = join(bench.folder ?? '', 'messages.jsonl');
    writeFileSync(path, `${readFileSync(path).toString()}{"at_ms":`);
    await expect(readCapture(bench.folder ?? '')).rejects.toThrow(/^Line 3 of .* cannot be read\.$/);
  });
});
