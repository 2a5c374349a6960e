import { systemRandom } from '@intermix/kernel';
import { FakeClock } from '@intermix/testkit';
import { describe, expect, it } from 'vitest';
import type { SessionOrder } from '../host/session-order.js';
import type { BotAuth, StoredBot } from '../ports/bot-store.js';
import { BotGate } from './bot-gate.js';

const secret = 'a-secret-of-some-length';

function begin(auth: BotAuth = { type: 'token', token: secret }) {
  const clock = new FakeClock();
  const at = new Date(0);
  const stored: StoredBot = {
    ...{ id: 'known', accountSid: 'acc', name: 'Known', kind: 'echo', config: {}, version: 1, auth },
    ...{ activeHours: undefined, maxCallSec: 600, createdAt: at, updatedAt: at },
  };
  const bots = new Map([['known', stored]]);
  const orders: SessionOrder[] = [];
  const ended: string[] = [];
  let queries = 0;
  const gate = new BotGate({
    bots: {
      find: async (_, id) => bots.get(id),
      findAnywhere: async (id) => {
        queries++;
        return bots.get(id);
      },
    },
    worker: {
      admit: (order) => {
        orders.push(order);
        return { port: 1 };
      },
      end: (sessionId) => void ended.push(sessionId),
      endBot: (botId, why) => void ended.push(`${botId}: ${why}`),
    },
    ...{ clock, random: systemRandom },
  });
  const ask = async (botId: string, token?: string, source = '203.0.113.5', isGone = () => false) => {
    const verdict = await gate.admit({ botId, source, shown: { authorization: undefined, token }, hops: 0, isGone });
    if (verdict === undefined) return 'gone';
    return verdict.ok ? 101 : verdict.status;
  };
  const many = async (count: number, one: (index: number) => Promise<unknown>) => {
    const answers: unknown[] = [];
    for (let index = 0; index < count; index++) answers.push(await one(index));
    return answers;
  };
  return { clock, gate, bots, stored, orders, ended, ask, many, queries: () => queries };
}

describe('credentials', () => {
  it('that are empty open for nobody', async () => {
    const { ask, bots, stored } = begin({ type: 'token', token: '' });
    expect([await ask('known'), await ask('known', '')]).toEqual([401, 401]);
    bots.set('known', { ...stored, auth: { type: 'basic', username: '', password: '' } });
    expect([await ask('known'), await ask('known', '')]).toEqual([401, 401]);
  });

  it('that stand in the URL are told to the session, which hides them; who shows none is told apart', async () => {
    const { ask, orders, gate, bots, stored } = begin({ type: 'token', token: 'planted-token-0001' });
    expect(await ask('known', 'planted-token-0001')).toBe(101);
    bots.set('known', { ...stored, auth: { type: 'none' } });
    expect(await ask('known')).toBe(101);
    await gate.admitCall(stored.accountSid, 'known');
    expect(orders.map(({ shownToken, isAnonymous }) => [shownToken, isAnonymous])).toEqual([
      ['planted-token-0001', false],
      [undefined, true],
      [undefined, false],
    ]);
  });

  it('that are wrong ten times are not looked at any more, for a while', async () => {
    const { ask, many, clock } = begin();
    expect(await many(12, (index) => ask('known', `guess-${index}`))).toEqual([...new Array(10).fill(401), 429, 429]);
    expect(await ask('known', secret)).toBe(429);
    expect(await ask('known', secret, '203.0.113.6')).toBe(101);
    clock.advance(10_000);
    expect(await ask('known', secret)).toBe(101);
  });

  it('do no harm to a source that was let in within the hour', async () => {
    const { ask, many, clock } = begin();
    expect(await ask('known', secret)).toBe(101);
    await many(100, () => ask('known', 'guess'));
    expect(await ask('known', secret)).toBe(101);
    clock.advance(3_600_000);
    await many(20, () => ask('known', 'guess'));
    expect(await ask('known', secret)).toBe(429);
  });

  it('are looked at no oftener when many ask at once', async () => {
    const { ask } = begin();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask('known', 'guess')));
    expect(answers.filter((status) => status === 401)).toHaveLength(10);
  });
});

describe('an unknown bot', () => {
  it('is looked up once in five seconds', async () => {
    const { ask, clock, queries, bots, stored } = begin();
    expect([await ask('nobody'), await ask('nobody'), queries()]).toEqual([404, 404, 1]);
    clock.advance(5_000);
    expect([await ask('nobody'), queries()]).toEqual([404, 2]);
    bots.set('nobody', { ...stored, id: 'nobody', auth: { type: 'none' } });
    clock.advance(5_000);
    expect(await ask('nobody')).toBe(101);
  });

  it('may be asked for sixty times by one source, then once a second', async () => {
    const { ask, many, clock, queries } = begin();
    await many(60, (index) => ask(`guess-${index}`));
    expect([await ask('another'), await ask('known', secret), queries()]).toEqual([429, 429, 60]);
    expect(await ask('another', undefined, '203.0.113.6')).toBe(404);
    clock.advance(1_000);
    expect([await ask('third'), await ask('fourth')]).toEqual([404, 429]);
  });
});

it('keeps no place for a connection that has gone while the bot was looked up', async () => {
  const { ask, orders } = begin();
  expect(await ask('known', secret, '203.0.113.5', () => true)).toBe('gone');
  expect(orders).toEqual([]);
});

it('has the sessions of a bot ended, and a place given back', async () => {
  const { gate, ended } = begin();
  gate.endBot('known', 'The bot was deleted.');
  const admitted = await gate.admitCall('acc', 'known');
  if (admitted.ok) admitted.giveBack();
  expect(ended).toEqual(['known: The bot was deleted.', (admitted as { sessionId: string }).sessionId]);
});
