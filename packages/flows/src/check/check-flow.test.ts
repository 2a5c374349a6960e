import { expect, it } from 'vitest';
import { testFacts } from '../testing/flow-facts.js';
import { checkFlow } from './check-flow.js';

const bye = { type: 'hangup' };
const say = (next?: string) => ({ type: 'greeting', prompt: { text: 'Hello' }, ...(next && { next }) });
const flow = (applets: object, rest: object = {}) => ({ name: 'Menu', app_id: 'crm', start: 'a', applets, ...rest });
const pass = (ways: object) => ({ type: 'passthru', url: 'https://crm.example/x', ...ways });

async function problems(document: unknown): Promise<string[]> {
  const found = await checkFlow(document, { accountSid: 'acc', facts: testFacts });
  return found.map(({ code, path }) => `${code} ${path}`);
}

it.each<[string, unknown, string[]]>([
  ['no object', 'x', ['bad-field ']],
  ['null', null, ['bad-field ']],
  ['nothing in it', {}, ['bad-field name', 'bad-field start', 'bad-field applets']],
  ['a field that is unknown', flow({ a: bye }, { colour: 'red' }), ['bad-field colour']],
  ['an applet without a type', flow({ a: {} }), ['bad-field applets.a.type']],
  ['an applet of no known type', flow({ a: { type: 'dance' } }), ['bad-field applets.a.type']],
  ['an applet with a field that is unknown', flow({ a: { ...bye, x: 1 } }), ['bad-field applets.a.x']],
  ['a start that is not there', flow({ b: bye }), ['unknown-target start']],
  ['a target that is not there', flow({ a: say('b') }), ['unknown-target applets.a.next']],
  ['a greeting that leads nowhere', flow({ a: say() }), ['dead-end applets.a.next']],
  ['an applet that nothing leads to', flow({ a: bye, b: bye }), ['unreachable applets.b']],
  [
    'a branch to nowhere',
    flow({ a: { type: 'gather', branches: { 1: 'b', 2: 'c' }, next: 'b' }, b: bye }),
    ['unknown-target applets.a.branches.2'],
  ],
  [
    'a menu that does not say what a wrong digit does',
    flow({ a: { type: 'gather', branches: { 1: 'b' }, on_timeout: 'b' }, b: bye }),
    ['dead-end applets.a.next'],
  ],
  [
    'digits that can never be pressed',
    flow({ a: { type: 'gather', max_digits: 1, branches: [{ digits: '12', next: 'b' }], next: 'b' }, b: bye }),
    ['bad-field applets.a.branches.0'],
  ],
  [
    'a pattern that is none',
    flow({ a: { type: 'gather', branches: [{ pattern: '(1+)+', next: 'b' }], next: 'b' }, b: bye }),
    ['bad-field applets.a.branches.0.pattern'],
  ],
  [
    'a prompt of two kinds',
    flow({ a: { ...say('b'), prompt: { text: 'x', url: 'https://x.example/y' } }, b: bye }),
    ['bad-field applets.a.prompt'],
  ],
  ['a prompt of no kind', flow({ a: { ...say('b'), prompt: { voice: 'x' } }, b: bye }), ['bad-field applets.a.prompt']],
  [
    'a prompt that is not there',
    flow({ a: { ...say('b'), prompt: { prompt_id: 'prm_2' } }, b: bye }),
    ['unknown-prompt applets.a.prompt.prompt_id'],
  ],
  [
    'a bot that is not there',
    flow({ a: { type: 'voicebot', bot_id: 'bot_2', next: 'b' }, b: bye }),
    ['unknown-bot applets.a.bot_id'],
  ],
  ['a bot that is there', flow({ a: { type: 'voicebot', bot_id: 'bot_1', next: 'b' }, b: bye }), []],
  ['a bot of no place', flow({ a: { type: 'voicebot', next: 'b' }, b: bye }), ['bad-field applets.a.url']],
  [
    'a bot of two places',
    flow({ a: { type: 'voicebot', bot_id: 'bot_1', url: 'wss://bot.example/', next: 'b' }, b: bye }),
    ['bad-field applets.a.url'],
  ],
  [
    'a circle of passthrus',
    flow({ a: pass({ next: 'b' }), b: pass({ next_200: 'a', next_302: 'c' }), c: bye }),
    ['endless-loop applets.b.next_200'],
  ],
  ['an applet that leads to itself', flow({ a: pass({ next: 'a' }) }), ['endless-loop applets.a.next']],
  ['a circle in which the caller is asked', flow({ a: pass({ next: 'b' }), b: { type: 'gather', next: 'a' } }), []],
  [
    'a user who is not there, and one who is',
    flow({ a: { type: 'connect', parties: [{ user_ids: ['asha', 'ravi'] }], next: 'b' }, b: bye }),
    ['unknown-user applets.a.parties.0.user_ids.1'],
  ],
  [
    "another app's user",
    flow({ a: { type: 'connect', parties: [{ user_id: 'asha', app_id: 'other' }], next: 'b' }, b: bye }),
    ['unknown-user applets.a.parties.0.user_id'],
  ],
  [
    'a user of no app',
    { ...flow({ a: { type: 'transfer', to: { user_id: 'asha' } } }), app_id: undefined },
    ['unknown-user applets.a.to.user_id'],
  ],
  [
    "a caller id that is not the account's",
    flow({
      a: { type: 'connect', parties: [{ number: '+911130000001' }], caller_id: '+911130000002', next: 'b' },
      b: bye,
    }),
    ['unknown-number applets.a.caller_id'],
  ],
  [
    'outcomes that lead nowhere',
    flow({ a: { type: 'connect', parties: [{ user_id: 'asha' }], next: { completed: 'b', busy: 'b' } }, b: bye }),
    ['dead-end applets.a.next.no-answer', 'dead-end applets.a.next.failed'],
  ],
  [
    'redialling whoever is busy, at once and for ever',
    flow({ a: { type: 'connect', parties: [{ user_id: 'asha' }], next: { busy: 'a', other: 'b' } }, b: bye }),
    ['endless-loop applets.a.next.busy'],
  ],
  [
    'parties and a URL that names them',
    flow({ a: { type: 'connect', next: 'b' }, b: bye }),
    ['bad-field applets.a.parties'],
  ],
  [
    'a URL of another scheme',
    flow({ a: { ...pass({ next: 'b' }), url: 'file:///etc/passwd' }, b: bye }),
    ['bad-url applets.a.url'],
  ],
  [
    'a URL that may not be opened',
    flow({ a: { ...pass({ next: 'b' }), url: 'http://169.254.1.1/' }, b: bye }),
    ['bad-url applets.a.url'],
  ],
  [
    'a bot that is no WebSocket',
    flow({ a: { type: 'voicebot', url: 'http://bot.example/', next: 'b' }, b: bye }),
    ['bad-url applets.a.url'],
  ],
  [
    'custom parameters that are too long',
    flow({
      a: { type: 'voicebot', url: 'wss://b.example/', custom_parameters: { k: 'x'.repeat(256) }, next: 'b' },
      b: bye,
    }),
    ['bad-field applets.a.custom_parameters'],
  ],
  [
    'a stream without a URL',
    flow({ a: { type: 'stream', action: 'start', next: 'b' }, b: bye }),
    ['bad-field applets.a.url'],
  ],
  [
    'a number out of its range',
    flow({ a: { type: 'record', max_sec: 99_999, next: 'b' }, b: bye }),
    ['bad-field applets.a.max_sec'],
  ],
  ['a word that is none', flow({ a: { ...pass({ next: 'b' }), mode: 'later' }, b: bye }), ['bad-field applets.a.mode']],
  [
    'too many applets',
    flow(Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`a${n}`, bye]))),
    ['too-large applets'],
  ],
  ['NUL in a variable', flow({ a: bye }, { variables: { x: 'a\0b' } }), ['bad-field variables.x']],
  ['half a character', flow({ a: say('b\ud800'), b: bye }), ['bad-field applets.a.next']],
  ['half a character deep in a list', { a: [{ b: 'ok' }, { b: '\udc00' }] }, ['bad-field a.1.b']],
  ['NUL in a key', flow({ a: bye }, { variables: { 'x\0': 'y' } }), ['bad-field variables.x\ufffd']],
  ['lists in lists without end', JSON.parse('['.repeat(90_000) + ']'.repeat(90_000)), ['too-large ']],
  ['too long a document', flow({ a: bye }, { variables: { x: 'y'.repeat(300_000) } }), ['too-large ']],
])('%s', async (_, document, expected) => {
  expect(await problems(document)).toEqual(expected);
});

it('asks once for what is named several times, stops at a hundred problems, and asks not at all beyond 500', async () => {
  const userIds = (count: number) => Array.from({ length: count }, (_, n) => `u${n}`);
  const parties = (ids: string[]) =>
    Array.from({ length: Math.ceil(ids.length / 20) }, (_, n) => ({ user_ids: ids.slice(20 * n, 20 * n + 20) }));
  const dial = (ids: string[], next: string) => ({ type: 'connect', parties: parties(ids), next });
  const asked: string[] = [];
  const facts = {
    ...testFacts,
    hasUser: async (_: string, __: string, userId: string) => {
      asked.push(userId);
      return userId === 'u0';
    },
  };
  const check = (applets: object) => checkFlow(flow(applets), { accountSid: 'acc', facts });
  expect(await check({ a: dial(['u0'], 'b'), b: dial(['u0'], 'c'), c: bye })).toEqual([]);
  expect(asked).toEqual(['u0']);
  expect(await check({ a: dial(userIds(300), 'c'), c: bye })).toHaveLength(100);
  expect(asked).toHaveLength(102);
  const many = await check({ a: dial(userIds(300), 'b'), b: dial(userIds(600).slice(300), 'c'), c: bye });
  expect(many).toMatchObject([{ path: 'applets', code: 'too-large' }]);
  expect(asked).toHaveLength(102);
});

it('takes a flow with an applet of each type', async () => {
  const document = flow({
    a: say('menu'),
    menu: { type: 'gather', prompt: { prompt_id: 'prm_1' }, branches: { 1: 'agents', '*': 'bot' }, next: 'mail' },
    agents: { type: 'connect', parties: [{ user_id: 'asha' }, { number: '+911130000001' }], next: 'tell' },
    bot: { type: 'voicebot', url: 'wss://bot.example/?sample-rate=16000', next: 'tell', on_error: 'mail' },
    tell: pass({ next_200: 'on', next_302: 'bye' }),
    on: { type: 'stream', action: 'start', url: 'wss://ear.example/', next: 'hand' },
    hand: { type: 'transfer', to: { user_id: 'asha' }, next: 'mail' },
    mail: { type: 'record', next: 'bye' },
    bye,
  });
  expect(await checkFlow(document, { accountSid: 'acc', facts: testFacts })).toEqual([]);
});

it('says in a sentence what is wrong, naming what is allowed', async () => {
  const document = flow({
    a: { ...pass({ next: 'b' }), mode: 'later' },
    b: { type: 'connect', parties: [{ number: '12' }] },
  });
  const found = await checkFlow(document, { accountSid: 'acc', facts: testFacts });
  expect(found.map(({ message }) => message)).toEqual([
    'It must be one of sync, async.',
    'It must be: a number as +<country code><number>.',
  ]);
});
