import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, sparePort } from '@intermix/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runToEnd } from '../support/run-to-end.js';
import { type BotTalk, StreamBot } from '../support/stream-bot.js';

const patience = { timeoutMs: 20_000, everyMs: 10 };
const folder = mkdtempSync(join(tmpdir(), 'intermix-testkit-'));
const script = join(folder, 'script.json');
const captures = join(folder, 'captures');
let bot: StreamBot;

beforeAll(async () => {
  bot = await StreamBot.open();
  writeFileSync(script, JSON.stringify(conversation));
});
afterAll(async () => {
  await bot?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Limits are wide: the machine may be busy, and the clocks of two processes and a bot are at work. */
const conversation = {
  name: 'Somebody else’s bot',
  credentials: { user: 'key', password_env: 'BOT_PASSWORD' },
  custom_parameters: { lang: 'hi', token: 'planted-token' },
  sample_rate: 16_000,
  start_delay_ms: 50,
  stop_wait_ms: 10_000,
  steps: [
    { step: 'wait_for', what: 'audio', expect: { first_audio_within_ms: 8_000 } },
    { step: 'wait_for', what: 'mark', mark: 'greeted' },
    { step: 'tone', hz: 440, ms: 500, expect: { tone_hz: 900 } },
    {
      step: 'barge_in',
      tone_hz: 600,
      tone_ms: 500,
      after_ms: 200,
      reaction_ms: 9_000,
      expect: { clear_within_ms: 9_000 },
    },
    { step: 'dtmf', digits: '5' },
    { step: 'silence', ms: 100 },
    { step: 'hang_up' },
  ],
};

/** The independent bot, as a well-behaved one: greets, answers, lets itself be interrupted, closes. */
async function converse(talk: BotTalk): Promise<void> {
  const hears = (hz: number) => eventually(() => near(talk.hearingHz, hz), patience);
  talk.sayTone(500, 400);
  talk.mark('greeted');
  await hears(440);
  await eventually(() => talk.hearingHz === undefined, patience); // Else what follows would be one word with this.
  talk.sayTone(900, 12_000);
  await hears(600);
  talk.clear();
  await talk.message('stop', 0, patience.timeoutMs);
  talk.close();
}

const near = (heard: number | undefined, wanted: number) => Math.abs((heard ?? 0) - wanted) < 20;

/** What an upgrade without credentials is answered. */
async function upgradeStatus(port: number): Promise<number | undefined> {
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const asked = request({
    host: '127.0.0.1',
    port,
    headers: { ...headers, 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' },
  });
  const [answer] = await once(asked.end(), 'response');
  return answer.resume().statusCode;
}

/** Resolves when somebody listens there. */
function listening(port: number): Promise<unknown> {
  return eventually(async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    return true;
  }, patience);
}

it('tests a bot, records it on the way, and plays the caller again to another', async () => {
  const port = await sparePort();
  const recorder = runToEnd({ RECORDER_USER: 'key', RECORDER_PASSWORD: 'planted-password' }, [
    ...['bot', 'record', '--listen', `127.0.0.1:${port}`, '--out', captures, '--streams', '1'],
    ...['--user-env', 'RECORDER_USER', '--password-env', 'RECORDER_PASSWORD'],
    ...['--forward', bot.url.replace('ws://', 'ws://relay:planted-relay@')],
  ]);
  await listening(port);

  expect(await upgradeStatus(port)).toBe(401);

  const [report, audio] = [join(folder, 'report.json'), join(folder, 'call.wav')];
  const [tested] = await Promise.all([
    runToEnd({ BOT_PASSWORD: 'planted-password' }, [
      ...['bot', 'test', script, `ws://127.0.0.1:${port}/calls`, '--report', report, '--audio', audio],
    ]),
    bot.talk(0, patience.timeoutMs).then(converse),
  ]);
  expect(tested.stdout).toMatch(/^PASSED \(/m);
  expect(tested.exitCode).toBe(0);
  const told = JSON.parse(readFileSync(report, 'utf8'));
  expect(told.findings.filter(({ rule }: { rule: string }) => rule !== 'underrun')).toEqual([]);
  expect(told).toMatchObject({ type: 'intermix.bot-test-report', result: 'passed', call: { ended_by: 'caller' } });
  expect(told.measures.barge_ins).toHaveLength(1);
  expect(readFileSync(audio).readUInt16LE(22)).toBe(2);

  const recorded = await recorder;
  expect(recorded).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Captured 1 stream') });
  const capture = recorded.stdout.trim();
  expect(readdirSync(capture).sort()).toEqual(['audio.wav', 'capture.json', 'messages.jsonl']);
  const kept = ['capture.json', 'messages.jsonl'].map((name) => readFileSync(join(capture, name), 'utf8')).join('\n');
  expect(kept).toContain('"greeted"');
  expect(`${kept}${tested.stdout}${tested.stderr}${readFileSync(report, 'utf8')}`).not.toContain('planted');
  expect(bot.talks[0]?.upgrade.headers.authorization).toMatch(/^Basic /);
  expect(bot.talks[0]?.start.custom_parameters.token).toBe('planted-token');

  await replayToAWrongBot(capture);
});

async function replayToAWrongBot(capture: string): Promise<void> {
  const again = runToEnd({}, ['bot', 'replay', capture, bot.url, '--param', 'token=fresh', '--report', '-']);
  const talk = await bot.talk(1, patience.timeoutMs);
  talk.send('media', { media: { payload: Buffer.alloc(3_201).toString('base64') } });
  await eventually(() => near(talk.hearingHz, 440), patience);
  expect((await talk.message('dtmf', 0, patience.timeoutMs)).dtmf.digit).toBe('5');
  await talk.message('stop', 0, patience.timeoutMs);
  talk.close();
  const { exitCode, stdout, stderr } = await again;
  expect(JSON.parse(stdout).findings).toMatchObject([{ rule: 'audio-odd-length', occurrences: [{ message: 1 }] }]);
  expect(stderr).toMatch(/^FAILED/m);
  expect(exitCode).toBe(1);
  expect(talk.start.custom_parameters).toEqual({ lang: 'hi', token: 'fresh' });
}
