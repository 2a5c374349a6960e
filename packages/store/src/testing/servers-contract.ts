import { randomBytes } from 'node:crypto';
import type { BotCallFacts } from '@intermix/bots';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Store } from '../open-store.js';
import type { LeftBy } from '../servers/left-open.js';
import { makeTenant, newCall, newLeg } from './tenant.js';

/** What the store under test is opened with as its `owner`. */
export const thisServer = 'server-1';

interface Work {
  table: 'calls' | 'bot_calls' | 'voice_orders';
  /** Begins something of the account's. */
  begin(store: Store, accountSid: string): Promise<void>;
  /** What a server does that looks for work of this kind. True when it found the account's. */
  takes(store: Store, left: LeftBy, accountSid: string): Promise<boolean>;
}

const calls: Work = {
  table: 'calls',
  async begin({ calls }, accountSid) {
    const call = newCall(accountSid);
    await calls.create(call, [newLeg(call.callSid, 'caller')], []);
  },
  async takes({ calls }, left, accountSid) {
    let told = false;
    const closing = calls.failOpenCalls(
      new Date(),
      async (closed) => {
        told = closed.some(({ call }) => call.accountSid === accountSid);
        return [];
      },
      left,
    );
    await closing;
    const [found] = (await calls.list({ accountSid, limit: 1 })).calls;
    expect(found?.status).toBe(told ? 'failed' : 'queued');
    return told;
  },
};

const botCalls: Work = {
  table: 'bot_calls',
  async begin({ botCalls }, accountSid) {
    const ids = { sessionId: 'bcl_1', botId: 'bot_1', botAccountSid: accountSid, streamSid: '', callSid: '' };
    const facts: BotCallFacts = { ...ids, accountSid, from: '', to: '', customParameters: {}, sampleRate: 8_000 };
    await botCalls.begin(facts, new Date());
  },
  async takes({ botCalls }, left, accountSid) {
    await botCalls.failOpen(new Date(), left);
    return (await botCalls.find(accountSid, 'bcl_1'))?.status === 'failed';
  },
};

const voiceOrders: Work = {
  table: 'voice_orders',
  async begin({ voiceOrders }, accountSid) {
    const parties = { mode: 'numbers', from: '+911', to: '+912', statusCallback: undefined } as const;
    const callSid = randomBytes(16).toString('hex');
    await voiceOrders.create({ callSid, accountSid, ...parties, parentCallSid: undefined, isRetrying: true });
  },
  async takes({ voiceOrders }, left, accountSid) {
    return (await voiceOrders.findUnsettled(left, 1_000)).some((one) => one.accountSid === accountSid);
  },
};

/** What several servers on one database leave to each other. */
export function serversContract(theStore: () => Store): void {
  async function begin() {
    const store = theStore();
    const { accountSid } = await makeTenant(store);
    const other = `server-${randomBytes(6).toString('hex')}`;
    /** When the other server said last that it is there. */
    const seen = (minutesAgo: number) =>
      sql`INSERT INTO servers (id, seen_at) VALUES (${other}, now() - make_interval(mins => ${minutesAgo}))
        ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`.execute(store.db);
    return { store, accountSid, other, seen };
  }

  it('says for how long a server had not been there, and forgets those that have been away for days', async () => {
    const { store, other, seen } = await begin();
    await store.servers.stillHere();
    const awayMs = await store.servers.stillHere();
    expect(awayMs).toBeGreaterThanOrEqual(0);
    expect(awayMs).toBeLessThan(60_000);
    await sql`UPDATE servers SET seen_at = now() - interval '3 days' WHERE id = ${thisServer}`.execute(store.db);
    await seen(2 * 24 * 60);
    expect(await store.servers.stillHere()).toBeGreaterThan(2 * 86_400_000);
    const { rows } = await sql<{ id: string }>`SELECT id FROM servers`.execute(store.db);
    const ids = rows.map(({ id }) => id);
    expect([ids.includes(thisServer), ids.includes(other)]).toEqual([true, false]);
  });

  describe.each([calls, botCalls, voiceOrders])('of $table', (work) => {
    const beginOf = async (owner?: 'other' | null) => {
      const parts = await begin();
      const { store, accountSid, other } = parts;
      await work.begin(store, accountSid);
      if (owner !== undefined)
        await sql`UPDATE ${sql.table(work.table)} SET owner = ${owner && other} WHERE account_sid = ${accountSid}`.execute(
          store.db,
        );
      return { ...parts, takes: (left: LeftBy) => work.takes(store, left, accountSid) };
    };

    it('a server takes its own at a start, and never while it runs', async () => {
      const { takes } = await beginOf();
      expect([await takes('gone'), await takes('own')]).toEqual([false, true]);
    });

    it('a server takes at a start what an older release left, which named none', async () => {
      const { takes } = await beginOf(null);
      expect([await takes('gone'), await takes('own')]).toEqual([false, true]);
    });

    it("another server's are left to it while it is there, and taken once it has been away for ten minutes", async () => {
      const { takes, seen } = await beginOf('other');
      await seen(9);
      expect([await takes('own'), await takes('gone')]).toEqual([false, false]);
      await seen(11);
      expect([await takes('own'), await takes('gone')]).toEqual([false, true]);
    });

    it('those of a server that nobody remembers are taken', async () => {
      const { takes } = await beginOf('other');
      expect([await takes('own'), await takes('gone')]).toEqual([false, true]);
    });
  });
}
