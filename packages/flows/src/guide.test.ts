import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import { appletKinds } from './applets/applet-kinds.js';
import { checkFlow } from './check/check-flow.js';
import type { FlowDocument } from './document/flow-document.js';
import { simulateFlow } from './simulate/simulate-flow.js';
import type { SimulationInput } from './simulate/simulation.js';
import { testFacts } from './testing/flow-facts.js';

const page = readFileSync(join(repositoryRoot(), 'docs/guide/flows.md'), 'utf8');
const documents = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(
  ([, text = '']) => JSON.parse(text) as FlowDocument,
);
const facts = { ...testFacts, hasUser: async () => true };
const of = { accountSid: 'acc', flowId: 'flw_1', now: new Date('2026-01-01T00:00:00Z') };
const named = (name: string) => documents.find((document) => document.name === name);

describe('docs/guide/flows.md', () => {
  it.each(documents.map((document) => [document.name, document] as const))('%s is a flow', async (_, document) => {
    expect(await checkFlow(document, { accountSid: 'acc', facts })).toEqual([]);
    expect((await simulateFlow(document, {}, of)).end).toBe('finished');
  });

  it('has a section, and a document, for each type of applet', () => {
    const used = new Set(documents.flatMap(({ applets }) => Object.values(applets).map(({ type }) => type)));
    for (const { type } of appletKinds) {
      expect(page.toLowerCase()).toContain(`\n## ${type}\n`);
      expect([...used]).toContain(type);
    }
  });

  it.each<[string, SimulationInput, string[]]>([
    [
      'Main menu',
      { digits: { menu: ['1'] }, outcomes: { sales: ['busy'] } },
      ['hello', 'menu', 'sales', 'message', 'bye'],
    ],
    [
      'Main menu',
      { digits: { menu: ['9', '2'] }, replies: { report: [{ status: 302 }] } },
      ['hello', 'menu', 'assistant', 'report', 'sales', 'bye'],
    ],
    [
      'Main menu',
      { digits: { menu: ['2'] }, streams: { assistant: ['failed'] } },
      ['hello', 'menu', 'assistant', 'message', 'bye'],
    ],
    ['Main menu', {}, ['hello', 'menu', 'message', 'bye']],
    ['Main menu', { leaves_at: 'menu' }, ['hello', 'menu']],
    ['Gather', { digits: { order: ['9123'] } }, ['order', 'known', 'bye']],
    ['Gather', { digits: { order: ['12#', '0000'] } }, ['order', 'bye']],
    ['Connect', { outcomes: { dial: ['no-answer'] } }, ['dial', 'later', 'bye']],
    [
      'Dynamic',
      { replies: { dial: [{ status: 200, body: '{"destination":{"numbers":[]}}' }] } },
      ['dial', 'closed', 'bye'],
    ],
    [
      'Dynamic',
      { replies: { dial: [{ status: 200, body: '{"destination":{"numbers":["+911130000001"]}}' }] } },
      ['dial', 'bye'],
    ],
    ['Voicebot', { broken: ['bot'] }, ['bot', 'sorry', 'bye']],
    ['Stream', {}, ['on', 'dial', 'off', 'bye']],
    ['Passthru', { replies: { ask: [{ status: 302 }] } }, ['ask', 'tell', 'bye']],
    ['Transfer', { outcomes: { desk: ['busy'] } }, ['desk', 'bye']],
    ['Transfer', {}, ['desk']],
  ])('%s with %j', async (name, input, path) => {
    const result = await simulateFlow(named(name), input, of);
    expect(result.path).toEqual(path);
  });

  it('simulates the URLs that a call would open', async () => {
    const { requests } = await simulateFlow(named('Passthru'), { from: '+911130000100' }, of);
    expect(requests).toHaveLength(1);
    expect(new URL(requests[0] ?? '').searchParams.get('CallFrom')).toBe('+911130000100');
  });
});
