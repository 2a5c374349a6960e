import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { octetsOf } from '@intermix/streaming';
import { toneWav } from '@intermix/testkit';
import { Compile } from 'typebox/compile';
import { afterAll, describe, expect, it } from 'vitest';
import { BotTestReport } from './report/bot-test-report.js';
import { reportTable } from './report/report-table.js';
import { toneSamples } from './sound/tone.js';
import { TwoChannelWav } from './sound/two-channel-wav.js';
import type { Behaviour, PairedBot, PairedNetwork } from './testing/paired-bot.js';
import { testCall } from './testing/test-call.js';

const folder = mkdtempSync(join(tmpdir(), 'bot-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const greetingMs = 1_000;

/** Speaks for a long while after a greeting, and answers 400 ms after it has heard the end of a sound, with 900 Hz. */
class TalkingBot implements Behaviour {
  #loud = false;
  readonly #onSpeech: (bot: PairedBot) => void;

  constructor(onSpeech: (bot: PairedBot) => void = () => {}) {
    this.#onSpeech = onSpeech;
  }

  told(bot: PairedBot, message: { event: string; media?: { payload: string } }): void {
    if (message.event === 'stop') bot.hangUp();
    if (message.event === 'start') {
      bot.after(300, () => {
        bot.sayTone(500, greetingMs);
        bot.mark('greeted');
      });
    }
    if (message.media) this.#hear(bot, Buffer.from(message.media.payload, 'base64'));
  }

  #hear(bot: PairedBot, audio: Buffer): void {
    const isLoud = audio.some((octet) => octet !== 0);
    if (isLoud && !this.#loud) this.#onSpeech(bot);
    if (!isLoud && this.#loud) {
      bot.after(400, () => {
        bot.sayTone(900, 5_000);
        bot.mark('answered');
      });
    }
    this.#loud = isLoud;
  }
}

const yielding = () => new TalkingBot((bot) => bot.after(60, () => bot.clear()));

const conversation = [
  { step: 'wait_for', what: 'audio', expect: { first_audio_within_ms: 400, tone_hz: 500 } },
  { step: 'wait_for', what: 'mark', mark: 'greeted' },
  { step: 'tone', hz: 440, ms: 500, expect: { first_audio_within_ms: 700, tone_hz: 900 } },
  {
    step: 'barge_in',
    tone_hz: 600,
    tone_ms: 300,
    after_ms: 1_000,
    expect: { clear_within_ms: 300, silent_within_ms: 300 },
  },
  { step: 'wait_for', what: 'clear' },
  { step: 'dtmf', digits: '12#', every_ms: 200 },
  { step: 'hang_up' },
];

describe('a conversation', () => {
  it('passes step by step, and is measured as the caller hears it', async () => {
    const path = join(folder, 'talk.wav');
    const { report, network } = await testCall({ name: 'Talk', steps: conversation }, yielding(), {
      audio: new TwoChannelWav(path),
    });
    expect(report.steps.map(({ result, reason }) => reason ?? result)).toEqual(Array(7).fill('passed'));
    expect(report.findings).toEqual([]);
    expect(report.result).toBe('passed');
    expect(report.measures).toMatchObject({
      ...{ handshake_ms: 12, handshakes: 1, round_trip_ms: 7, first_message_ms: 300, first_audio_ms: 300 },
      underruns: { count: 0 },
      received: { media: 5 + 25, marks: 2, clears: 2 },
    });
    // The greeting ends at 1300 and its mark with it; the bot hears the end in a silent frame of 100 ms, and waits 400 ms.
    const [turn, interruption] = report.measures.turns;
    expect(turn).toMatchObject({ by: 'speech', from_ms: 1_300, until_ms: 1_800 });
    expect(turn?.answer_ms).toBeGreaterThanOrEqual(400);
    expect(turn?.answer_ms).toBeLessThanOrEqual(600);
    // Heard by the bot when its frame is full, and answered 60 ms later: within 160 ms.
    const [bargeIn] = report.measures.barge_ins;
    expect(bargeIn?.at_ms).toBe(interruption?.from_ms);
    expect(bargeIn?.clear_ms).toBeGreaterThanOrEqual(60);
    expect(bargeIn?.clear_ms).toBeLessThanOrEqual(180);
    expect(bargeIn?.silent_ms).toBeLessThanOrEqual((bargeIn?.clear_ms ?? 0) + 20);
    expect(report.measures.talk_over_ms).toBe(bargeIn?.silent_ms);
    expect(network.bot.of('dtmf').map(({ dtmf }) => dtmf.digit)).toEqual(['1', '2', '#']);
    expect(network.bot.of('mark').map(({ mark }) => mark.name)).toEqual(['greeted', 'answered']);
    expectSound(path, report.call.duration_ms);
  });

  /** Left the caller, right the bot, as long as the call. */
  function expectSound(path: string, durationMs: number): void {
    const wav = readFileSync(path);
    expect(wav.readUInt16LE(22)).toBe(2);
    const channel = (offset: number, fromMs: number, ms: number) => {
      const samples = Array.from({ length: ms * 8 }, (_, at) => wav.readInt16LE(44 + (fromMs * 8 + at) * 4 + offset));
      return samples.filter((sample, at) => at > 0 && (samples[at - 1] ?? 0) < 0 && sample >= 0).length / (ms / 1000);
    };
    expect(channel(2, 400, 500)).toBeCloseTo(500, -1);
    expect(channel(0, 400, 500)).toBe(0);
    expect(channel(0, 1_300, 400)).toBeCloseTo(440, -1);
    expect(Math.abs((wav.length - 44) / 32 - durationMs)).toBeLessThanOrEqual(20);
  }

  it('fails where a bot does not let itself be interrupted', async () => {
    const { report, rules } = await testCall({ steps: conversation }, new TalkingBot());
    expect(rules).toEqual(['barge-in-ignored']);
    expect(report.steps[3]).toMatchObject({
      result: 'failed',
      expectations: [
        { expectation: 'clear_within_ms', wanted: 300, seen: null, passed: false },
        { expectation: 'silent_within_ms', wanted: 300, passed: false },
      ],
    });
    expect(report.steps[4]).toMatchObject({ result: 'failed', reason: 'No clear within 10000 ms.' });
    expect(report.measures.barge_ins[0]).toMatchObject({ clear_ms: null });
    expect(report.result).toBe('failed');
  });

  it('tells by how much an answer was late', async () => {
    const slow = { step: 'tone', hz: 440, ms: 200, expect: { first_audio_within_ms: 100 } };
    const { report } = await testCall({ steps: [{ step: 'silence', ms: 1_500 }, slow] }, yielding());
    const [expectation] = report.steps[1]?.expectations ?? [];
    expect(expectation).toMatchObject({ expectation: 'first_audio_within_ms', wanted: 100, passed: false });
    expect(expectation?.seen).toBe(report.measures.turns[0]?.answer_ms);
    expect(reportTable(report)).toMatch(/FAIL +2 +1\.50 s +tone \| first_audio_within_ms 100: \d+ \(!\)/);
  });

  it('has a report that its schema knows, and a table', async () => {
    const { report } = await testCall({ name: 'Talk', steps: conversation }, yielding());
    const read = JSON.parse(JSON.stringify(report));
    expect([...Compile(BotTestReport).Errors(read)]).toEqual([]);
    const table = reportTable(report);
    expect(table).toMatch(/^Talk: ws:\/\/bot\.example\/calls$/m);
    expect(table).toMatch(/^barge-in +clear after \d+ ms, silent after \d+ ms$/m);
    expect(table).toMatch(/^PASSED \(\d\.\d\d s, ended by caller, closed with 1000\)$/m);
  });

  it('ends with a bot that closes: wanted or not', async () => {
    const closing: Behaviour = {
      told: (bot, { event }) => event === 'start' && bot.after(1_500, () => bot.hangUp()),
      opened: (bot) => bot.after(400, () => bot.sayTone(500, 500)),
    };
    const waits = { step: 'wait_for', what: 'close', within_ms: 3_000 };
    const wanted = await testCall({ steps: [waits, { step: 'hang_up' }] }, closing);
    expect(wanted.report).toMatchObject({
      result: 'passed',
      call: { ended_by: 'bot' },
      steps: [{}, { result: 'skipped' }],
    });
    const unwanted = await testCall(
      {
        steps: [
          { step: 'silence', ms: 4_000 },
          { step: 'dtmf', digits: '1' },
        ],
      },
      closing,
    );
    expect(unwanted.report).toMatchObject({
      result: 'failed',
      steps: [{ result: 'failed', reason: 'The bot closed the call.' }, { result: 'skipped' }],
    });
  });

  it('ends with the time limit of the script', async () => {
    const { report } = await testCall(
      { time_limit_ms: 2_000, steps: [{ step: 'wait_for', what: 'close', within_ms: 60_000 }] },
      yielding(),
    );
    expect(report).toMatchObject({ result: 'failed', call: { ended_by: 'time-limit', duration_ms: 2_000 } });
    expect(report.steps[0]?.reason).toBe('The longest time of the script is over.');
  });
});

describe('the line', () => {
  it('is told connected, then start, then 100 ms of sound ten times a second, silence too', async () => {
    const { report, network } = await testCall(
      { sample_rate: 16_000, steps: [{ step: 'silence', ms: 1_000 }] },
      yielding(),
    );
    const { told } = network.bot;
    expect(told[0]).toEqual({ event: 'connected' });
    expect(told[1]).toMatchObject({
      ...{ event: 'start', sequence_number: '1', stream_sid: report.call.stream_sid },
      start: {
        ...{ call_sid: report.call.call_sid, from: '+919876543210', custom_parameters: {} },
        media_format: { sample_rate: '16000' },
      },
    });
    const media = network.bot.of('media');
    expect(media).toHaveLength(10);
    expect(media[9].media).toMatchObject({ chunk: '10', timestamp: '1000' });
    expect(Buffer.from(media[9].media.payload, 'base64')).toEqual(Buffer.alloc(3_200));
    expect(told.at(-1)).toMatchObject({ event: 'stop', stop: { reason: 'callended' } });
    expect(network.bot.closedWith).toBeUndefined();
  });

  it('says a WAV file at the stream’s rate, and knows where its speech ends', async () => {
    // 48 kHz, half a second of sound and as much silence behind it.
    writeFileSync(
      join(folder, 'hello.wav'),
      Buffer.from(toneWav(440, 1, { sampleRateHz: 48_000, onMs: 500, offMs: 500 })),
    );
    const { report, network } = await testCall(
      { steps: [{ step: 'say', file: 'hello.wav' }] },
      { told: stopOnly },
      {
        scriptPath: join(folder, 'script.json'),
      },
    );
    const [turn] = report.measures.turns;
    expect(turn).toMatchObject({ from_ms: 0, until_ms: 520 });
    expect(Buffer.from(network.bot.of('media')[0].media.payload, 'base64')).toHaveLength(1_600);
  });

  it('answers marks in order when their audio has been played, and at once when it is cleared', async () => {
    const times: [string, number][] = [];
    const bot: Behaviour = {
      told(end, { event, mark, ...message }) {
        if (event === 'mark') times.push([mark.name, Number(message.sequence_number)]);
        if (event === 'stop') end.hangUp();
        if (event !== 'start') return;
        end.sayTone(500, 200);
        end.mark('one');
        end.sayTone(500, 5_000);
        end.mark('two');
        end.after(1_000, () => end.clear());
      },
    };
    const { report } = await testCall({ steps: [{ step: 'silence', ms: 2_000 }] }, bot);
    expect(times.map(([name]) => name)).toEqual(['one', 'two']);
    // Start is 1; the frames of 100 and 200 ms come before the first, those up to 900 ms before the second.
    expect(times.map(([, number]) => number)).toEqual([4, 12]);
    expect(report.measures.playout).toMatchObject({ cleared_ms: 4_200, played_ms: 1_000 });
  });

  const stopOnly = (bot: PairedBot, { event }: { event: string }) => event === 'stop' && bot.hangUp();

  it('is bare audio both ways, of 20 ms, where the URL asks for it', async () => {
    const bot: Behaviour = {
      told(end, { event }) {
        if (event === 'start') end.say(octetsOf(toneSamples(500, 500, 8_000)));
        if (event === 'start') end.say(Buffer.alloc(3));
        stopOnly(end, { event });
      },
    };
    const steps = [{ step: 'silence', ms: 200, expect: { tone_hz: 500 } }];
    const { report, network, rules } = await testCall({ url: 'ws://bot.example/?intermix-binary=1', steps }, bot);
    expect(rules).toEqual(['audio-odd-length']);
    expect(report.steps).toMatchObject([{ result: 'passed' }]);
    expect(network.bot.of('octets').slice(0, 10)).toEqual(Array(10).fill({ event: 'octets', octets: 320 }));
  });

  const refusing = (times: number) => (network: PairedNetwork) => {
    network.refusals = times;
  };

  it('tries a handshake once more, and tells a bot that takes none', async () => {
    const steps = [{ step: 'silence', ms: 1_000 }];
    const again = await testCall({ steps }, yielding(), { prepare: refusing(1) });
    expect(again.rules).toEqual(['handshake-retried']);
    expect(again.report).toMatchObject({ result: 'passed', measures: { handshakes: 2, handshake_ms: 524 } });
    const never = await testCall({ steps }, yielding(), { prepare: refusing(2) });
    expect(never.report).toMatchObject({ result: 'not-run', call: { ended_by: 'handshake', close_code: null } });
    expect(never.rules).toEqual(['handshake-failed']);
    expect(never.report.call.error).toContain('status 503');
  });

  it('asks an https URL for the wss one, and shows no credentials', async () => {
    const { report, network } = await testCall(
      {
        url: 'https://bot.example/where?sample-rate=16000',
        credentials: { user: 'key', password_env: 'BOT_TOKEN' },
        custom_parameters: { lang: 'hi' },
        steps: [{ step: 'silence', ms: 200 }],
      },
      { told: stopOnly },
      {
        env: { BOT_TOKEN: 'se:cr@t' },
        prepare: (world) => {
          world.answer = '{"url":"wss://key2:hush@voice.example/calls?token=planted"}';
        },
      },
    );
    expect(network.asked[0]).toMatch(/^https:\/\/key:se%3Acr%40t@bot\.example\/where\?sample-rate=16000&CallSid=/);
    expect(network.urls).toEqual(['wss://key2:hush@voice.example/calls?token=planted']);
    expect(report.call).toMatchObject({ url: 'wss://voice.example/calls?token=********', sample_rate: 16_000 });
    expect(JSON.stringify(report)).not.toMatch(/planted|hush/);
    expect(network.bot.of('start')[0].start.custom_parameters).toEqual({ lang: 'hi' });
    expect(JSON.stringify(report)).not.toMatch(/hush|se:cr@t|se%3A/);
  });
});
