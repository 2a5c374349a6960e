import { describe, expect, it } from 'vitest';
import { FlowBench } from '../testing/flow-bench.js';

const bye = { type: 'hangup' };
const say = (text: string, next: string, more: object = {}) => ({ type: 'greeting', prompt: { text }, next, ...more });
/** Lets what was said so far take its course. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('Greeting', () => {
  it('says a text with its variables, twice, and goes on', async () => {
    const bench = new FlowBench({ customField: 'order 7' });
    await bench.run(
      { hello: say('{{hi}} {{from}}, {{custom_field}}{{nobody}}', 'bye', { repeat: 2 }), bye },
      { variables: { hi: 'Namaste' } },
    );
    expect(bench.prompts[0]).toEqual({ text: 'Namaste +919876543210, order 7', voice: undefined });
    expect(bench.control.log).toEqual(['answer', 'play /prompts/1.wav', 'play /prompts/2.wav', 'hangup']);
    expect(bench.results).toEqual(['hello played', 'bye hung-up']);
    expect(bench.control.notes.at(-1)).toMatchObject({ type: 'flow-step', result: 'finished' });
  });

  it('a digit ends it, and is the first of the menu behind it', async () => {
    const bench = new FlowBench();
    bench.control.holdsPrompts = true;
    const done = bench.run({
      hello: say('Hello', 'menu'),
      menu: { type: 'gather', branches: { 2: 'bye' }, next: 'hello' },
      bye,
    });
    await turn();
    bench.control.press('2');
    await done;
    expect(bench.results).toEqual(['hello interrupted', 'menu matched', 'bye hung-up']);
  });

  it('a digit does not end one that is not interruptible', async () => {
    const bench = new FlowBench();
    bench.control.holdsPrompts = true;
    const done = bench.run({ hello: say('Hello', 'bye', { interruptible: false }), bye });
    await turn();
    bench.control.press('2');
    await turn();
    expect(bench.control.log).not.toContain('stop');
    bench.control.promptEnds();
    await done;
    expect(bench.results).toEqual(['hello played', 'bye hung-up']);
  });

  it('digits pressed early pass over all greetings before the menu', async () => {
    const bench = new FlowBench();
    bench.control.holdsPrompts = true;
    const menu = { type: 'gather', branches: { 2: 'bye' }, next: 'hello' };
    const done = bench.run({ hello: say('Hello', 'news'), news: say('News', 'menu'), menu, bye });
    await turn();
    bench.control.press('2');
    await done;
    expect(bench.results).toEqual(['hello interrupted', 'news interrupted', 'menu matched', 'bye hung-up']);
  });

  it('a digit that nobody collects does not pass over it for ever: in a circle it is heard again', async () => {
    const bench = new FlowBench();
    bench.control.holdsPrompts = true;
    const tell = { type: 'passthru', url: 'https://crm.example/free', next_200: 'bye', next_302: 'hold' };
    bench.reply = () => ({ status: 302 });
    const done = bench.run({ hold: say('Please hold', 'tell'), tell, bye });
    await turn();
    for (let pressed = 1; pressed <= 3; pressed++) {
      bench.control.press('5');
      await turn();
      expect(bench.results).toHaveLength(2 * pressed);
    }
    expect(bench.control.log.filter((line) => line.startsWith('play'))).toHaveLength(4);
    bench.control.leave();
    await done;
  });

  it('a digit pressed while it is heard again is the first of the menu behind it', async () => {
    const bench = new FlowBench();
    bench.control.holdsPrompts = true;
    const tell = { type: 'passthru', url: 'https://crm.example/free', next_200: 'menu', next_302: 'hold' };
    const menu = { type: 'gather', branches: { 7: 'bye' }, next: 'bye' };
    const statuses = [302, 200];
    bench.reply = () => ({ status: statuses.shift() ?? 200 });
    const done = bench.run({ hold: say('Please hold', 'tell'), tell, menu, bye });
    await turn();
    bench.control.press('5');
    await turn();
    bench.control.press('7');
    await done;
    expect(bench.results.slice(-2)).toEqual(['menu matched', 'bye hung-up']);
  });

  it('that fails again and again takes its time, and none when the caller has gone', async () => {
    const bench = new FlowBench();
    bench.failPrompts = true;
    const done = bench.run({ a: say('x', 'b'), b: say('y', 'a') });
    await turn();
    expect(bench.results).toEqual(['a failed', 'b failed', 'a failed']);
    await bench.clock.advanceAsync(2000);
    expect(bench.results).toHaveLength(4);
    bench.control.leave();
    await done;
    expect([bench.results.length, bench.clock.pendingTimers]).toEqual([4, 0]);
  });

  it('whose audio cannot be had goes its way for errors', async () => {
    const bench = new FlowBench();
    bench.failPrompts = true;
    await bench.run({
      hello: say('Hello', 'bye', { on_error: 'sorry' }),
      sorry: { type: 'hangup', reason: 'mute' },
      bye,
    });
    expect(bench.results).toEqual(['hello failed', 'sorry hung-up']);
    expect(bench.control.notes[1]).toMatchObject({ applet: 'hello', error: 'no voice is installed' });
  });
});

describe('Gather', () => {
  const menu = {
    type: 'gather',
    branches: [
      { digits: '1', next: 'one' },
      { pattern: '[2-4]\\d', next: 'two' },
    ],
  };
  const ends = { one: bye, two: bye, late: bye, wrong: bye };

  it('waits between digits and takes the branch whose pattern fits', async () => {
    const bench = new FlowBench();
    const done = bench.run({ menu: { ...menu, on_timeout: 'late', on_invalid: 'wrong' }, ...ends });
    await turn();
    bench.control.press('3');
    await bench.clock.advanceAsync(2999);
    bench.control.press('7#');
    await done;
    expect(bench.results).toEqual(['menu matched', 'two hung-up']);
  });

  it('asks again, then goes its way for who says nothing', async () => {
    const bench = new FlowBench();
    const asked = { ...menu, prompt: { text: 'Press' }, retries: 1, timeout_ms: 4000 };
    const done = bench.run({ menu: { ...asked, on_timeout: 'late', on_invalid: 'wrong' }, ...ends });
    await turn();
    await bench.clock.advanceAsync(3999);
    expect(bench.results).toEqual([]);
    await bench.clock.advanceAsync(2);
    expect(bench.control.log.filter((line) => line.startsWith('play'))).toHaveLength(2);
    await bench.clock.advanceAsync(4000);
    await done;
    expect(bench.results).toEqual(['menu timeout', 'menu timeout', 'late hung-up']);
  });

  it.each([
    ['9#', 'wrong'],
    ['#', 'wrong'],
    ['25#', 'two'],
  ])('%s leads to %s', async (pressed, way) => {
    const bench = new FlowBench();
    const done = bench.run({ menu: { ...menu, on_timeout: 'late', on_invalid: 'wrong' }, ...ends });
    await turn();
    bench.control.press(pressed);
    await done;
    expect(bench.results.at(-1)).toBe(`${way} hung-up`);
  });

  it('sensitive digits are counted in the record, and go to who asks for them', async () => {
    const bench = new FlowBench();
    const pin = { type: 'gather', max_digits: 4, sensitive: true, next: 'tell' };
    const done = bench.run({ pin, tell: { type: 'passthru', url: 'https://crm.example/t', next: 'bye' }, bye });
    await turn();
    bench.control.press('4711');
    await done;
    expect(bench.control.notes).toContainEqual(expect.objectContaining({ applet: 'pin', digit_count: 4 }));
    expect(JSON.stringify(bench.control.notes)).not.toContain('4711');
    expect(new URL(bench.requests[0]?.url ?? '').searchParams.get('digits')).toBe('"4711"');
  });

  it('one digit is enough where no branch has more', async () => {
    const bench = new FlowBench();
    const done = bench.run({ menu: { type: 'gather', branches: { 1: 'bye' }, next: 'bye' }, bye });
    await turn();
    bench.control.press('1');
    await done;
    expect(bench.results).toEqual(['menu matched', 'bye hung-up']);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('takes the finish key behind its last digit for its own, not for the next menu', async () => {
    const bench = new FlowBench();
    const second = { type: 'gather', branches: { 2: 'two' }, on_timeout: 'late', on_invalid: 'wrong' };
    const done = bench.run({ menu: { ...second, branches: { 1: 'second' } }, second, two: bye, late: bye, wrong: bye });
    await turn();
    bench.control.press('1#');
    await turn();
    expect(bench.results).toEqual(['menu matched']);
    bench.control.press('2');
    await done;
    expect(bench.results).toEqual(['menu matched', 'second matched', 'two hung-up']);
  });

  it('asks even when its prompt cannot be heard', async () => {
    const bench = new FlowBench();
    bench.failPrompts = true;
    const done = bench.run({
      menu: { type: 'gather', prompt: { text: 'x' }, branches: { 1: 'bye' }, next: 'bye' },
      bye,
    });
    await turn();
    bench.control.press('1');
    await done;
    expect(bench.control.notes.map(({ result }) => result)).toContain('no-audio');
    expect(bench.results.at(-1)).toBe('bye hung-up');
  });
});

describe('Connect', () => {
  const parties = [{ user_id: 'asha' }, { number: '+911130000001' }, { user_ids: ['ravi', 'mia'] }];
  const ways = { completed: 'bye', other: 'sorry' };
  const sorry = { type: 'hangup' };

  it('rings everybody at once, with all that the document says', async () => {
    const bench = new FlowBench();
    const more = { ring_timeout_sec: 20, time_limit_sec: 600, caller_id: '+918047100000', record: true };
    await bench.run({
      agents: {
        ...{ type: 'connect', parties, next: ways, music: { url: 'https://m.example/x.wav' }, ...more },
        announcement: { prompt: { text: 'A call' }, to: 'both' },
      },
      ...{ bye, sorry },
    });
    expect(bench.control.log).toEqual(['record {}', 'answer', 'connect asha +911130000001 ravi mia', 'hangup']);
    expect(bench.control.connects[0]).toMatchObject({
      ...{ ringTimeoutSec: 20, timeLimitSec: 600, callerId: '+918047100000' },
      waiting: { file: '/prompts/1.wav' },
      announcement: { file: '/prompts/2.wav', to: 'both' },
      parties: [
        { type: 'user', appId: 'crm', userId: 'asha' },
        { type: 'number', number: '+911130000001' },
        { type: 'user', appId: 'crm', userId: 'ravi' },
        { type: 'user', appId: 'crm', userId: 'mia' },
      ],
    });
  });

  it('one after the other, until somebody answers', async () => {
    const bench = new FlowBench();
    bench.control.outcomes = [{ status: 'busy', reason: 'busy' }, { status: 'completed' }];
    await bench.run({ agents: { type: 'connect', parties, strategy: 'sequence', next: ways }, bye, sorry });
    expect(bench.control.log.slice(1)).toEqual(['connect asha', 'connect +911130000001', 'hangup']);
    expect(bench.results).toEqual(['agents completed', 'bye hung-up']);
  });

  it.each(['busy', 'no-answer', 'failed'] as const)('%s has a way of its own', async (status) => {
    const bench = new FlowBench();
    bench.control.outcomes = [{ status, reason: status }];
    const next = { completed: 'bye', busy: 'b', 'no-answer': 'n', failed: 'f' };
    await bench.run({ agents: { type: 'connect', parties: [{ user_id: 'asha' }], next }, bye, b: bye, n: bye, f: bye });
    expect(bench.results.at(-1)).toBe(`${status[0]} hung-up`);
  });

  it('music that cannot be had is ringback, and told', async () => {
    const bench = new FlowBench();
    bench.failPrompts = true;
    await bench.run({ agents: { type: 'connect', parties, next: ways, music: { prompt_id: 'p' } }, bye, sorry });
    expect(bench.control.connects[0]?.waiting).toBeUndefined();
    expect(bench.control.notes).toContainEqual(expect.objectContaining({ result: 'no-audio', what: 'music' }));
  });
});

describe('Voicebot and Stream', () => {
  const bot = { type: 'voicebot', url: 'wss://bot.example/media', next: 'bye', on_error: 'sorry' };
  const sorry = { type: 'hangup' };

  it('waits until the bot closes, and gives it what the document says', async () => {
    const bench = new FlowBench();
    const done = bench.run({ bot: { ...bot, custom_parameters: { who: '{{from}}' }, record: true }, bye, sorry });
    await turn();
    expect(bench.streams[0]?.request).toMatchObject({
      ...{
        mode: 'bidirectional',
        url: bot.url,
        callSid: 'c0ffee',
        accountSid: 'acc',
        customParameters: { who: '+919876543210' },
      },
      callParameters: { CallSid: 'c0ffee', CallFrom: '+919876543210', Direction: 'incoming' },
    });
    expect(bench.results).toEqual([]);
    bench.streams[0]?.end();
    await done;
    expect(bench.results).toEqual(['bot completed', 'bye hung-up']);
    expect(bench.control.log).toContain('record {}');
  });

  it.each([true, false])('a stream that fails, opened: %s', async (isOpened) => {
    const bench = new FlowBench();
    bench.failStreams = !isOpened;
    const done = bench.run({ bot, bye, sorry });
    await turn();
    bench.streams[0]?.end({ status: 'failed', error: 'no handshake' });
    await done;
    expect(bench.results).toEqual(['bot failed', 'sorry hung-up']);
  });

  it('a stream goes on in the background until it is stopped by its name', async () => {
    const bench = new FlowBench();
    const ear = {
      type: 'stream',
      action: 'start',
      url: 'wss://ear.example/',
      tracks: 'both',
      name: 'ear',
      next: 'off',
    };
    const off = { type: 'stream', action: 'stop', name: 'ear', next: 'tell' };
    await bench.run({ ear, off, tell: { type: 'passthru', url: 'https://crm.example/t', next: 'bye' }, bye });
    expect(bench.streams[0]).toMatchObject({ stopped: true, request: { mode: 'one-way', tracks: 'both' } });
    expect(bench.results).toEqual(['ear started', 'off stopped', 'tell 200', 'bye hung-up']);
    expect(new URL(bench.requests[0]?.url ?? '').searchParams.get('Stream[DisconnectedBy]')).toBe('NA');
  });

  it('a stream without a name ends no other, and one without a name again ends that', async () => {
    const bench = new FlowBench();
    const ear = (next: string, name?: string) => ({
      ...{ type: 'stream', action: 'start', url: 'wss://ear.example/', next },
      ...(name && { name }),
    });
    const off = { type: 'stream', action: 'stop', next: 'bye' };
    await bench.run({ a: ear('b', 'a'), b: ear('c'), c: ear('off'), off, bye });
    expect(bench.streams.map(({ stopped }) => stopped)).toEqual([false, true, true]);
  });
});

describe('Record', () => {
  it('beeps, takes a message until the key, and the next Passthru tells its URL', async () => {
    const bench = new FlowBench();
    const mail = { type: 'record', next: 'tell' };
    const done = bench.run({ mail, tell: { type: 'passthru', url: 'https://crm.example/t', next: 'bye' }, bye });
    await turn();
    await bench.clock.advanceAsync(500);
    expect(bench.control.log).toEqual(['answer', 'tone 1000', 'stop']);
    bench.control.press('5');
    await turn();
    expect(bench.message?.stopped).toBe(false);
    bench.control.press('#');
    await done;
    const query = new URL(bench.requests[0]?.url ?? '').searchParams;
    expect([query.get('RecordingUrl'), query.get('CallType')]).toEqual(['https://pbx.example/rec.mp3', 'voicemail']);
    expect(bench.results).toEqual(['mail stopped', 'tell 200', 'bye hung-up']);
  });

  it('goes on by itself when its time is over', async () => {
    const bench = new FlowBench();
    const done = bench.run({ mail: { type: 'record', beep: false, next: 'bye' }, bye });
    await turn();
    bench.message?.end({ endedBy: 'max-time' });
    await done;
    expect(bench.results).toEqual(['mail max-time', 'bye hung-up']);
    expect(bench.clock.pendingTimers).toBe(0);
  });
});

describe('Transfer', () => {
  it.each([
    ['completed', ['desk completed']],
    ['busy', ['desk busy', 'bye hung-up']],
  ] as const)('%s', async (status, results) => {
    const bench = new FlowBench();
    bench.control.outcomes = [{ status, reason: status }];
    await bench.run({ desk: { type: 'transfer', to: { number: '+911130000001' }, next: 'bye' }, bye });
    expect(bench.results).toEqual(results);
  });
});

it('ends quietly when the caller hangs up, wherever that is', async () => {
  const bench = new FlowBench();
  const done = bench.run({ menu: { type: 'gather', next: 'bye' }, bye });
  await turn();
  bench.control.leave();
  await done;
  expect(bench.results).toEqual([]);
  expect(bench.control.log).not.toContain('hangup');
  expect([bench.control.digitListeners, bench.clock.pendingTimers]).toEqual([0, 0]);
});

it('ends a circle of greetings after so many visits', async () => {
  const bench = new FlowBench();
  await bench.run({ a: say('x', 'b'), b: say('y', 'a') });
  expect(bench.control.log.filter((line) => line.startsWith('play'))).toHaveLength(100);
  expect(bench.control.notes.at(-1)).toMatchObject({ result: 'too-many-steps' });
});
