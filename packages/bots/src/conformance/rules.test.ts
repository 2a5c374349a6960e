import { describe, expect, it } from 'vitest';
import { type RuleName, rules } from './rules.js';
import type { Behaviour, PairedBot } from './testing/paired-bot.js';
import { octetsOfLength, testCall } from './testing/test-call.js';

const seconds = (count: number) => [{ step: 'silence', ms: count * 1000 }];

/** A bot without fault: it greets, with audio ahead of time and a mark behind it, and closes when it is told to stop. */
const good: Behaviour = {
  told(bot, { event }) {
    if (event === 'start') greet(bot);
    if (event === 'stop') bot.hangUp();
  },
};

function greet(bot: PairedBot): void {
  bot.sayTone(500, 1_000);
  bot.mark('greeted');
}

/** A good bot that does one thing wrong, in its first second. */
const after = (wrong: (bot: PairedBot) => void): Behaviour => ({
  told(bot, message) {
    good.told?.(bot, message);
    if (message.event === 'start') bot.after(300, () => wrong(bot));
  },
});

const raw = (length: number) => after((bot) => bot.sayAudio(octetsOfLength(length)));

it('finds nothing at a bot that has no fault', async () => {
  const { report } = await testCall({ steps: seconds(6) }, good);
  expect(report.findings).toEqual([]);
  expect(report).toMatchObject({ result: 'passed', call: { ended_by: 'caller', close_code: 1000 } });
});

const cases: [rule: RuleName, bot: Behaviour, seen: RegExp][] = [
  ['binary-message', after((bot) => bot.say(Buffer.alloc(3_200))), /3200 octets/],
  ['not-json', after((bot) => bot.say('{"event":"media"')), /"event":"media"/],
  ['not-json', after((bot) => bot.say('[1,2]')), /1,2/],
  ['no-event', after((bot) => bot.say({ type: 'media' })), /"type":"media"/],
  ['unknown-event', after((bot) => bot.say({ event: 'dtmf', dtmf: { digit: '1' } })), /"dtmf"/],
  ['media-without-payload', after((bot) => bot.say({ event: 'media', stream_sid: bot.streamSid, media: {} })), /\{\}/],
  ['audio-odd-length', raw(3_201), /3201 octets/],
  ['audio-empty', raw(0), /^0 octets/],
  ['audio-too-small', raw(640), /^640 octets/],
  ['audio-too-large', raw(100_160), /100160/],
  ['audio-not-multiple-of-320', raw(3_300), /3300/],
  ['audio-not-base64', after((bot) => say(bot, '{[§$%&/()=}]')), /§/],
  ['stream-sid-missing', after((bot) => bot.sayAudio(octetsOfLength(3_200), {})), /media/],
  [
    'stream-sid-spelling',
    after((bot) => bot.sayAudio(octetsOfLength(3_200), { streamSid: bot.streamSid })),
    /streamSid/,
  ],
  ['stream-sid-foreign', after((bot) => bot.sayAudio(octetsOfLength(3_200), { stream_sid: 'other' })), /other/],
  ['mark-without-name', after((bot) => bot.say({ event: 'mark', stream_sid: bot.streamSid, mark: {} })), /\{\}/],
  ['mark-name-too-long', after((bot) => bot.mark('x'.repeat(257))), /257/],
  ['standing-queue', after((bot) => sayAhead(bot, 40)), /wait, more than 30000/],
  ['queue-overflow', after((bot) => sayAhead(bot, 181)), /180 s/],
  ['flood', after((bot) => flood(bot, 6_000)), /6\d\d\d messages|5\d\d\d messages/],
  ['close-code', after((bot) => bot.hangUp(1011, 'oops')), /1011 "oops"/],
  ['close-code', after((bot) => bot.hangUp(4001)), /4001/],
  ['close-code-missing', after((bot) => bot.hangUp(1005)), /no code/],
  ['media-before-start', { ...good, opened: (bot) => bot.sayAudio(octetsOfLength(3_200)) }, /media/],
  ['closed-at-once', { told: (bot, { event }) => event === 'start' && bot.hangUp() }, /closed 0 ms from start/],
  ['never-spoke', { told: (bot, { event }) => event === 'stop' && bot.hangUp() }, /silent for 6000 ms/],
  ['stop-ignored', { told: (bot, { event }) => event === 'start' && greet(bot) }, /2000 ms after stop/],
  ['ping-unanswered', { ...good, opened: deaf }, /no pong for 100\d\d ms/],
];

/** Where two seconds do not show it. */
const durations: Partial<Record<RuleName, number>> = { 'never-spoke': 6, 'ping-unanswered': 16 };

function deaf(bot: PairedBot): void {
  bot.isDeaf = true;
}

function say(bot: PairedBot, payload: string): void {
  bot.say({ event: 'media', stream_sid: bot.streamSid, media: { payload } });
}

/** So many seconds at once, in messages of one. */
function sayAhead(bot: PairedBot, count: number): void {
  for (let second = 0; second < count; second++) bot.sayAudio(octetsOfLength(16_000));
}

function flood(bot: PairedBot, messages: number): void {
  for (let index = 0; index < messages; index++) bot.clear();
}

describe('a bot that breaks one rule', () => {
  it.each(cases)('%s', async (rule, bot, seen) => {
    const { report, rules: broken } = await testCall({ steps: seconds(durations[rule] ?? 2) }, bot);
    expect(broken).toContain(rule);
    const finding = report.findings.find((one) => one.rule === rule);
    expect(finding).toMatchObject({ severity: rules[rule].severity, expected: rules[rule].rule });
    expect(finding?.occurrences[0]?.seen).toMatch(seen);
    if (rules[rule].severity === 'error') expect(report.result).toBe('failed');
  });

  it('is found by the number of its message, each time, and told ten times at most', async () => {
    const { report } = await testCall(
      { steps: seconds(2) },
      after((bot) => flood3(bot)),
    );
    const [finding] = report.findings;
    // Five media messages of the greeting and its mark come first.
    expect(finding).toMatchObject({ rule: 'not-json', count: 12 });
    expect(finding?.occurrences.map(({ message }) => message)).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    expect(finding?.occurrences[0]?.at_ms).toBe(300);
  });

  const flood3 = (bot: PairedBot) => {
    for (let index = 0; index < 12; index++) bot.say('nonsense');
  };
});

it('audio-after-stop: half a second is left for what was on its way', async () => {
  const late = (ms: number): Behaviour => ({
    told(bot, { event }) {
      if (event === 'start') greet(bot);
      if (event === 'stop') bot.after(ms, () => bot.sayAudio(octetsOfLength(3_200)));
    },
  });
  expect((await testCall({ steps: seconds(2) }, late(400))).rules).toEqual(['stop-ignored']);
  expect((await testCall({ steps: seconds(2) }, late(700))).rules).toContain('audio-after-stop');
});

it('close-ignored: a bot that takes no part in closing', async () => {
  const stubborn: Behaviour = {
    told(bot, { event }) {
      if (event === 'start') greet(bot);
      if (event === 'stop') bot.isDeaf = true;
    },
  };
  const { rules: broken, report } = await testCall({ steps: seconds(2) }, stubborn);
  expect(broken).toEqual(['close-ignored', 'stop-ignored']);
  expect(report.call.close_code).toBe(1006);
});

it('gives up a bot that sends more than anybody can take', async () => {
  const { report, rules: broken } = await testCall(
    { steps: seconds(2) },
    after((bot) => flood(bot, 30_000)),
  );
  expect(broken).toContain('flood');
  expect(report.call).toMatchObject({ ended_by: 'tester', error: expect.stringContaining('given up') });
  expect(report.steps[0]).toMatchObject({ result: 'failed', reason: 'The call was broken off.' });
  expect(report.result).toBe('failed');
});

describe('underrun', () => {
  /** 100 ms of sound now, and again so much later. */
  const gapOf = (ms: number, withMark = false): Behaviour => ({
    told(bot, { event }) {
      if (event === 'stop') bot.hangUp();
      if (event !== 'start') return;
      bot.sayAudio(octetsOfLength(3_200));
      if (withMark) bot.mark('said');
      bot.after(200 + ms, () => bot.sayTone(500, 1_000));
    },
  });

  it('is a gap in the middle of what the bot says', async () => {
    const { report } = await testCall({ steps: seconds(3) }, gapOf(100));
    expect(report.findings).toMatchObject([{ rule: 'underrun', count: 1 }]);
    expect(report.measures.underruns).toEqual({ count: 1, total_ms: 100, longest_ms: 100 });
  });

  it.each([
    ['that a mark announced', gapOf(100, true)],
    ['that is longer than a breath', gapOf(600)],
    ['that there is none of', gapOf(-100)],
  ])('is no pause %s', async (_, bot) => {
    const { report } = await testCall({ steps: seconds(3) }, bot);
    expect(report.findings).toEqual([]);
  });
});
