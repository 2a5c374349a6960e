import { silentLogger } from '@intermix/kernel';
import { describe, expect, it } from 'vitest';
import { createDirectBotProgram } from './bots/direct-bot-program.js';
import { FlowPrograms } from './flow-programs.js';
import { flowIdOfUrl, flowPath } from './flow-url.js';
import { FakeCallControl } from './testing/fake-call-control.js';
import { FlowBench } from './testing/flow-bench.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a call that a bot has for itself', () => {
  const start = (more: object = {}) => {
    const bench = new FlowBench();
    const { control } = bench;
    const ends: unknown[] = [];
    const options = { streamUrl: 'wss://bot.example/', onEnded: (end: unknown) => ends.push(end), ...more };
    return { bench, control, ends, done: createDirectBotProgram(options, bench.deps()).run(control) };
  };

  it('is answered, recorded when asked, and ends when the bot closes', async () => {
    const { bench, control, ends, done } = start({ record: { channels: 'dual' }, timeLimitSec: 60 });
    await turn();
    expect(control.log).toEqual(['answer', 'record {"channels":"dual"}']);
    expect(bench.streams[0]?.request).toMatchObject({
      mode: 'bidirectional',
      url: 'wss://bot.example/',
      maxDurationSec: 60,
    });
    bench.streams[0]?.end();
    await done;
    expect(control.log.at(-1)).toBe('hangup');
    expect(ends).toMatchObject([{ status: 'completed', disconnectedBy: 'bot' }]);
  });

  it('ends when the stream fails, and its story says why', async () => {
    const { bench, control, done } = start();
    await turn();
    bench.streams[0]?.end({ status: 'failed', error: 'no handshake' });
    await done;
    expect(control.log.at(-1)).toBe('hangup');
    expect(control.notes).toMatchObject([{ result: 'failed', error: 'no handshake' }]);
  });

  it('notes nothing when the caller has gone first', async () => {
    const { bench, control, done } = start();
    await turn();
    control.leave();
    bench.streams[0]?.end({ disconnectedBy: 'user' });
    await done;
    expect([control.log.includes('hangup'), control.notes]).toEqual([false, []]);
  });
});

describe('the programs of an account', () => {
  const document = { name: 'Bye', app_id: 'app1', start: 'a', applets: { a: { type: 'hangup' } } };
  const at = new Date(0);
  const programs = new FlowPrograms({
    ...new FlowBench().deps(),
    logger: silentLogger,
    flows: {
      find: async (accountSid, id) => {
        const kept = { flw_1: document, flw_old: { name: 'Old' } }[id];
        if (accountSid !== 'acc' || !kept) return undefined;
        return { id, accountSid, name: 'Bye', version: 3, document: kept, createdAt: at, updatedAt: at };
      },
    },
  });

  it('are its flows, in the version of now', async () => {
    const program = await programs.find('acc', { type: 'flow', flowId: 'flw_1' });
    const control = new FakeCallControl();
    await program?.run(control);
    expect(control.notes[0]).toMatchObject({ type: 'flow-step', flow_id: 'flw_1', version: 3, result: 'started' });
    expect(control.log).toEqual(['hangup']);
  });

  it('are of the app that the document names: its backend is told, and its settings hold', async () => {
    const program = await programs.find('acc', { type: 'flow', flowId: 'flw_1' });
    expect(program?.appId).toBe('app1');
  });

  it.each([
    ['acc', 'flw_2'],
    ['other', 'flw_1'],
    ['acc', 'flw_old'],
  ])('%s has no %s', async (accountSid, flowId) => {
    expect(await programs.find(accountSid, { type: 'flow', flowId })).toBeUndefined();
  });
});

it.each([
  ['https://pbx.example/acc/exoml/start_voice/flw_1', 'flw_1'],
  ['http://my.exotel.com/acc/exoml/start/926', '926'],
  ['http://my.exotel.in/exoml/start/926', '926'],
  ['https://my.exotel.com/acc/exoml/start_voice/926/?x=1', '926'],
  ['https://my.exotel.com/other/exoml/start_voice/926', undefined],
  ['https://my.exotel.com/acc/exoml/start_voice/', undefined],
  ['https://my.exotel.com/acc/exoml/start_voice/9/2', undefined],
  ['https://crm.example/flow', undefined],
  ['ftp://my.exotel.com/acc/exoml/start_voice/926', undefined],
  ['https://my.exotel.com/%/exoml/start_voice/926', undefined],
  ['no URL', undefined],
])('%s names the flow %s', (url, flowId) => {
  expect(flowIdOfUrl(url, 'acc')).toBe(flowId);
});

it('names its flows in a way that it understands', () => {
  expect(flowIdOfUrl(`https://x.example${flowPath('a c', 'flw_1')}`, 'a c')).toBe('flw_1');
});
