import { randomBytes } from 'node:crypto';
import type { CallRecord } from '@intermix/calls';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Store } from '../open-store.js';
import type { VoiceCallQuery } from '../voice/voice-call-query.js';
import type { VoiceOrder } from '../voice/voice-order-store.js';
import { makeTenant, newCall, newLeg } from './tenant.js';

const noon = Date.parse('2026-01-02T12:00:00Z');
const statusCallback = { url: 'https://a.example/', events: ['terminal'], contentType: 'application/json' } as const;

/** What the Voice v1 API reads and keeps, on either engine. */
export function voiceContract(theStore: () => Store): void {
  async function begin() {
    const store = theStore();
    const { accountSid } = await makeTenant(store);
    const add = async (minute: number, changes: Partial<CallRecord> = {}, order?: Partial<VoiceOrder>) => {
      const callSid = `${String(minute).padStart(4, '0')}${randomBytes(14).toString('hex')}`;
      const call = newCall(accountSid, { callSid, createdAt: new Date(noon + minute * 60_000), ...changes });
      const ordered = { mode: 'numbers', from: '+911', to: '+912', statusCallback, parentCallSid: undefined } as const;
      if (order) await store.voiceOrders.create({ callSid, accountSid, ...ordered, ...order });
      await store.calls.create(call, [newLeg(callSid, 'caller')], []);
      return callSid;
    };
    const list = (query: Partial<VoiceCallQuery> = {}) =>
      store.voiceCalls.listCalls({ accountSid, order: 'desc', limit: 50, ...query });
    const sids = async (query: Partial<VoiceCallQuery> = {}) =>
      (await list(query)).calls.map(({ call }) => call.callSid);
    return { store, accountSid, add, list, sids };
  }

  it('gives a call with its order, and none of another account', async () => {
    const { store, accountSid, add } = await begin();
    const parentCallSid = await add(1);
    const callSid = await add(2, {}, { mode: 'flow', from: 'asha', to: undefined, parentCallSid });
    const found = await store.voiceCalls.findCall(accountSid, callSid);
    expect(found).toMatchObject({ call: { callSid }, legs: [{ role: 'caller' }] });
    expect(found?.order).toEqual({ mode: 'flow', from: 'asha', to: undefined, parentCallSid });
    expect((await store.voiceCalls.findCall(accountSid, parentCallSid))?.order).toBeUndefined();
    const other = await makeTenant(store);
    expect(await store.voiceCalls.findCall(other.accountSid, callSid)).toBeUndefined();
    const theirs = { accountSid: other.accountSid, order: 'desc', limit: 50, callSids: [callSid] } as const;
    expect(await store.voiceCalls.listCalls(theirs)).toEqual({
      calls: [],
      total: 0,
      previous: undefined,
      next: undefined,
    });
  });

  it('keeps the callbacks of orders until their call was refused', async () => {
    const { store, accountSid, add } = await begin();
    const [told, silent, refused] = [
      await add(1, {}, {}),
      await add(2, {}, { statusCallback: undefined }),
      await add(3, {}, { to: undefined }),
    ];
    const all = () => store.voiceOrders.findStatusCallbacks([told, silent, refused, 'unknown']);
    expect([...(await all()).entries()].sort()).toEqual([
      [told, { callback: statusCallback, from: '+911', to: '+912' }],
      [refused, { callback: statusCallback, from: '+911', to: undefined }],
    ]);
    await store.voiceOrders.delete('somebody else', refused);
    expect((await all()).has(refused)).toBe(true);
    await store.voiceOrders.delete(accountSid, refused);
    expect([...(await all()).keys()]).toEqual([told]);
  });

  it('finds what a dead process was trying again, by its last call, until it is settled', async () => {
    const { store, accountSid, add, sids } = await begin();
    const first = await add(1, {}, { isRetrying: true });
    const last = await add(2, {}, { parentCallSid: first });
    // Kept, and never placed.
    const ids = { callSid: randomBytes(16).toString('hex'), accountSid, mode: 'numbers', from: '+911', to: '+912' };
    await store.voiceOrders.create({ ...ids, statusCallback, parentCallSid: first } as VoiceOrder);
    const unsettled = async () =>
      (await store.voiceOrders.findUnsettled('own', 1_000)).filter((one) => one.accountSid === accountSid);
    const order = { callback: statusCallback, from: '+911', to: '+912', firstCallSid: first };
    const found = { accountSid, firstCallSid: first, lastCallSid: last, callback: order };
    expect(await unsettled()).toEqual([{ ...found, waiting: undefined }]);
    expect((await store.voiceOrders.findStatusCallbacks([last])).get(last)).toEqual(order);
    expect(await sids({ parentCallSid: first })).toEqual([last]);
    await store.voiceOrders.settle('somebody else', first);
    expect(await unsettled()).toHaveLength(1);
    await store.voiceOrders.settle(accountSid, first);
    expect(await unsettled()).toEqual([]);
  });

  it('keeps a try that waits until it begins, with its order, which nobody reads in the database', async () => {
    const { store, accountSid, add } = await begin();
    const [one, two] = [
      await add(1, {}, { isRetrying: true, statusCallback: undefined }),
      await add(2, {}, { isRetrying: true }),
    ];
    const { voiceOrders } = store;
    const waiting = { at: new Date(noon), triesLeft: 2, order: '{"url":"wss://planted-secret@a.example"}' };
    await voiceOrders.setWaiting('somebody else', one, waiting);
    const found = async (after?: string) =>
      (await voiceOrders.findUnsettled('own', 1_000, after)).filter((order) => order.accountSid === accountSid);
    expect((await found()).map((order) => order.waiting)).toEqual([undefined, undefined]);
    await voiceOrders.setWaiting(accountSid, one, waiting);
    expect(await found()).toMatchObject([
      { firstCallSid: one, lastCallSid: one, callback: undefined, waiting },
      { firstCallSid: two, waiting: undefined },
    ]);
    expect((await found(one)).map(({ firstCallSid }) => firstCallSid)).toEqual([two]);
    const { rows } = await sql`SELECT o::text FROM voice_orders o WHERE call_sid = ${one}`.execute(store.db);
    expect(JSON.stringify(rows)).not.toContain('planted');
    await voiceOrders.setWaiting(accountSid, one, undefined);
    expect((await found())[0]?.waiting).toBeUndefined();
    await voiceOrders.setWaiting(accountSid, one, waiting);
    await voiceOrders.settle(accountSid, one);
    await voiceOrders.setWaiting(accountSid, one, waiting); // Late: it is settled.
    expect((await found()).map(({ firstCallSid }) => firstCallSid)).toEqual([two]);
  });

  it('finds calls by each filter, and by all together', async () => {
    const { add, sids } = await begin();
    const endedAt = new Date(noon);
    const one = await add(1, {
      direction: 'inbound',
      from: '+913',
      to: '+914',
      exophone: '+914',
      status: 'completed',
      endedAt,
      durationSec: 10,
    });
    const two = await add(2, { direction: 'outbound', from: '+915', to: '+916', status: 'in-progress' });
    const three = await add(
      3,
      { direction: 'outbound', exophone: '+914', status: 'busy', endedAt },
      { from: 'asha', to: '+916' },
    );
    const filters: Array<[Partial<VoiceCallQuery>, string[]]> = [
      [{}, [three, two, one]],
      [{ order: 'asc' }, [one, two, three]],
      [{ callSids: [one, three, 'x'] }, [three, one]],
      [{ from: new Date(noon + 120_000) }, [three, two]],
      [{ to: new Date(noon + 120_000) }, [two, one]],
      [{ fromParty: 'asha' }, [three]],
      [{ fromParty: '+913' }, [one]],
      [{ toParty: '+916' }, [three, two]],
      [{ exophones: ['+914', '+999'] }, [three, one]],
      [{ statuses: ['busy', 'completed'] }, [three, one]],
      [{ durationSec: { gte: 10 } }, [one]],
      [{ durationSec: { gt: 10 } }, []],
      [{ durationSec: { lt: 10 } }, [three]],
      [{ durationSec: { eq: 0, lte: 5 } }, [three]],
      [{ directions: ['inbound'] }, [one]],
      [{ directions: ['outbound-dial'] }, [two]],
      [{ directions: ['outbound-api', 'inbound'] }, [three, one]],
      [{ hasPrice: true }, []],
      [{ fromParty: '\0' }, []],
      [
        {
          directions: ['outbound-api'],
          statuses: ['busy'],
          toParty: '+916',
          exophones: ['+914'],
          from: new Date(noon),
        },
        [three],
      ],
    ];
    for (const [filter, expected] of filters) expect(await sids(filter), JSON.stringify(filter)).toEqual(expected);
  });

  describe.each(['desc', 'asc'] as const)('pages, %s', (order) => {
    it('go on behind a page and back in front of it, each call once, also of one time', async () => {
      const { add, list } = await begin();
      const made = [];
      for (const minute of [1, 2, 2, 2, 3, 4, 5]) made.push(await add(minute));
      const inOrder = (await list({ order })).calls.map(({ call }) => call.callSid);
      expect([...inOrder].sort()).toEqual([...made].sort());
      const pages: string[][] = [];
      const previous: Array<string | undefined> = [];
      let after: string | undefined;
      do {
        const page = await list({ order, limit: 3, after });
        expect(page.total).toBe(7);
        pages.push(page.calls.map(({ call }) => call.callSid));
        previous.push(page.previous);
        after = page.next;
      } while (after !== undefined);
      expect(pages.flat()).toEqual(inOrder);
      expect(pages.map(({ length }) => length)).toEqual([3, 3, 1]);
      expect(previous.map((cursor) => cursor !== undefined)).toEqual([false, true, true]);
      const back = await list({ order, limit: 3, before: previous[2] });
      expect(back.calls.map(({ call }) => call.callSid)).toEqual(pages[1]);
      expect(back.next).toBeDefined();
      const first = await list({ order, limit: 3, before: back.previous });
      expect(first.calls.map(({ call }) => call.callSid)).toEqual(pages[0]);
      expect(first.previous).toBeUndefined();
    });
  });

  it('refuses a cursor that no page gave', async () => {
    const { list } = await begin();
    for (const cursor of [{ after: 'x' }, { before: '' }])
      await expect(list(cursor)).rejects.toMatchObject({ code: 'ERR_STORE_CURSOR' });
  });

  it('finds a page of many calls by the index of the account', async () => {
    const { store, accountSid, list } = await begin();
    await sql`INSERT INTO calls (call_sid, account_sid, direction, from_address, to_address, status, created_at)
      SELECT ${accountSid} || n, ${accountSid}, 'inbound', '+91' || n, '+92', 'completed', ${new Date(noon)}::timestamptz + n * interval '1 s'
      FROM generate_series(1, 5000) n`.execute(store.db);
    const page = await list({ fromParty: '+914999', from: new Date(noon), to: new Date(noon + 86_400_000) });
    expect(page).toMatchObject({ total: 1, calls: [{ call: { from: '+914999' } }] });
    expect((await list({ limit: 2 })).total).toBe(5000);
  });

  it('finds a user by SIP user name or by the id of its backend, when that is one user alone', async () => {
    const { store } = await begin();
    const tenant = await makeTenant(store);
    const { accountSid, appId } = tenant;
    const find = (name: string) => store.voiceUsers.findByName(accountSid, name);
    expect(await find('asha-sip')).toMatchObject({ userId: 'asha', appId });
    expect(await find('asha')).toMatchObject({ sipUsername: 'asha-sip', appId });
    for (const name of ['nobody', '', '\0']) expect(await find(name)).toBeUndefined();
    const other = await makeTenant(store);
    expect(await store.voiceUsers.findByName(other.accountSid, 'asha')).toMatchObject({ appId: other.appId });
    const second = {
      customerId: tenant.customerId,
      accountSid,
      name: 'second',
      secret: randomBytes(9).toString('hex'),
    };
    const app = await store.apps.create({ id: `${appId}-2`, ...second });
    const user = { accountSid, appId: app.id, name: 'Asha', sipPassword: 'x', phone: undefined };
    await store.users.createUser({ ...user, userId: 'asha', sipUsername: 'asha-2' });
    expect(await find('asha')).toBeUndefined();
    expect(await find('asha-2')).toMatchObject({ appId: app.id });
  });
}
