import { describe, expect, it } from 'vitest';
import type { BotKind } from '../session/bot.js';
import { SessionBench } from '../testing/session-bench.js';
import { ivr } from './ivr.js';

const config = {
  start: 'main',
  menus: {
    main: {
      prompt: { text: 'One or two' },
      choices: {
        1: { menu: 'sub' },
        2: { say: { text: 'Joining' }, transfer: 'sales' },
        3: { hangup: true },
      },
      retries: 1,
      timeout_ms: 5_000,
      invalid: { text: 'Not that' },
      on_failure: { transfer: 'operator' },
    },
    sub: { prompt: { text: 'Sub' }, choices: { 9: { menu: 'main' } } },
  },
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Texts are as many samples as they have characters, times 160; `broken` cannot be said. */
async function open(more: object = {}) {
  const bench = new SessionBench({
    kind: ivr as BotKind<never>,
    config: { ...config, ...more },
    render: async (prompt) => {
      if ('text' in prompt && prompt.text !== 'broken')
        return new Int16Array(prompt.text.length * 160).fill(prompt.text.length);
      throw new Error('no voice');
    },
  }).start();
  await turn();
  const told = () => bench.report?.events.map(({ type, data }) => `${type} ${Object.values(data ?? {}).join(' ')}`);
  /** The far end has played everything. */
  const heard = async () => {
    const last = bench.sent.filter((message) => message.event === 'mark').at(-1);
    if (last?.event === 'mark') bench.mark(last.name);
    await turn();
  };
  /** The caller listens on in silence. */
  const wait = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      bench.hear(0);
      bench.clock.advance(1_000);
    }
    await turn();
  };
  return { bench, told, heard, wait };
}

describe('an ivr', () => {
  it('says its menu, goes where a key leads, and back', async () => {
    const { bench, told } = await open();
    expect(bench.said).toHaveLength(10 * 160);
    bench.press('1');
    await turn();
    expect(bench.events()).toContain('clear');
    expect(bench.said.at(-1)).toBe(3);
    bench.press('9');
    await turn();
    bench.press('3');
    expect(told()).toEqual(['menu main', 'choice main 1', 'menu sub', 'choice sub 9', 'menu main', 'choice main 3']);
    expect(bench.report?.disconnectedBy).toBe('bot');
    expect(bench.report?.transcript.map(({ role, text }) => `${role}: ${text}`).slice(0, 3)).toEqual([
      'assistant: One or two',
      'user: 1',
      'assistant: Sub',
    ]);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('transfers by hanging up once its words were heard, with the name among the events', async () => {
    const { bench, told, heard } = await open();
    bench.press('2');
    await turn();
    bench.press('1'); // Too late.
    expect(bench.report).toBeUndefined();
    await heard();
    expect(bench.report).toMatchObject({ disconnectedBy: 'bot', detail: 'transfer: sales' });
    expect(told()).toEqual(['menu main', 'choice main 2', 'transfer sales']);
  });

  it('asks again when nothing comes, the time counted from the end of the prompt, then gives up its way', async () => {
    const { bench, told, heard, wait } = await open();
    await heard();
    await wait(5_000);
    expect(bench.events().filter((event) => event === 'mark 2')).toHaveLength(1);
    await heard();
    await wait(5_000);
    expect(bench.report?.detail).toBe('transfer: operator');
    expect(told()).toEqual(['menu main', 'timeout main', 'timeout main', 'transfer operator']);
  });

  it('says that a key was wrong, and counts it', async () => {
    const { bench, told } = await open();
    bench.press('7');
    await turn();
    expect(new Set(bench.said)).toEqual(new Set([10, 8]));
    bench.press('8');
    expect(told()).toEqual(['menu main', 'invalid main 7', 'invalid main 8', 'transfer operator']);
  });

  it('goes on without a prompt that cannot be said', async () => {
    const { bench, told } = await open({
      menus: { main: { ...config.menus.sub, prompt: { text: 'broken' }, choices: { 1: { hangup: true } } } },
    });
    bench.press('1');
    expect(told()).toEqual(['menu main', 'no-audio main no voice', 'choice main 1']);
  });

  it('leaves nothing when the caller goes while it is being rendered', async () => {
    const { bench } = await open();
    bench.press('1');
    bench.stop();
    await turn();
    expect([bench.clock.pendingTimers, bench.report?.disconnectedBy]).toEqual([0, 'customer']);
  });
});

it.each([
  ['no menu', { start: 'main', menus: {} }, 'menus'],
  ['a start that is not there', { ...config, start: 'x' }, 'start'],
  [
    'a way to nowhere',
    { start: 'a', menus: { a: { ...config.menus.sub, choices: { 1: { menu: 'b' } } } } },
    'menus.a.choices.1.menu',
  ],
  [
    'a choice of nothing',
    { start: 'a', menus: { a: { ...config.menus.sub, choices: { 1: {} } } } },
    'menus.a.choices.1',
  ],
  [
    'a key that no telephone has',
    { start: 'a', menus: { a: { ...config.menus.sub, choices: { 12: { hangup: true } } } } },
    'menus.a.choices.12',
  ],
  [
    'a prompt of two kinds',
    { start: 'a', menus: { a: { prompt: { text: 'x', url: 'https://x.example' }, choices: { 1: { hangup: true } } } } },
    'menus.a.prompt',
  ],
])('an ivr of %s is refused', (_, wrong, path) => {
  expect(() => ivr.parse(wrong)).toThrow(expect.objectContaining({ code: 'ERR_BOT_CONFIG', path }));
});

it('an ivr tells what it needs', () => {
  const menu = {
    prompt: { prompt_id: 'prm_1' },
    choices: { 1: { say: { url: 'https://x.example/a.wav' }, hangup: true } },
  };
  expect(ivr.needs?.(ivr.parse({ start: 'a', menus: { a: menu } }))).toEqual([
    { at: 'menus.a.prompt.prompt_id', kind: 'prompt', promptId: 'prm_1' },
    { at: 'menus.a.choices.1.say.url', kind: 'url', url: 'https://x.example/a.wav' },
  ]);
});
