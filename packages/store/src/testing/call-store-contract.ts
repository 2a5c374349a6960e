import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { Store } from '../open-store.js';
import { makeTenant, newCall, newEvent, newLeg } from './tenant.js';

/** What any store of calls does. */
export function callStoreContract(theStore: () => Store): void {
  async function begin() {
    const store = theStore();
    const { accountSid } = await makeTenant(store);
    const call = newCall(accountSid);
    const caller = newLeg(call.callSid, 'caller');
    const callee = newLeg(call.callSid, 'callee');
    const { callSid } = call;
    const found = async () => (await store.calls.find(accountSid, callSid)) ?? expect.fail('the call is gone');
    return { store, calls: store.calls, accountSid, call, callSid, caller, callee, found };
  }

  it('gives back a call with its legs and events, in their order', async () => {
    const { calls, call, callSid, caller, callee, found } = await begin();
    const events = ['received', 'routed', 'dialled'].map((type, n) =>
      newEvent(callSid, type, { legId: caller.legId, data: { n, nested: { list: [1, 'two', null] } } }),
    );
    await calls.create(call, [caller, callee], events);
    expect(await found()).toStrictEqual({ call, legs: [caller, callee], events });
  });

  it('keeps the custom field of a call that was placed, through every later change', async () => {
    const { calls, call, callSid, caller, accountSid, found } = await begin();
    const placed = { ...call, appId: 'app', customField: 'order-42 "Zoë" 😀' };
    await calls.create(placed, [caller], []);
    await calls.apply({ call: { callSid, status: 'busy' }, events: [newEvent(callSid, 'call-ended')] });
    expect((await found()).call).toStrictEqual({ ...placed, status: 'busy' });
    expect((await calls.list({ accountSid, limit: 1 })).calls).toStrictEqual([{ ...placed, status: 'busy' }]);
    const ofApp = await calls.listOfApp({ accountSid, appId: 'app', limit: 1 });
    expect(ofApp.calls[0]?.customField).toBe(placed.customField);
  });

  it('refuses a call whose sid exists, and leaves the first as it was', async () => {
    const { calls, call, callSid, caller, found } = await begin();
    await calls.create(call, [caller], []);
    const second = { ...call, from: '+910000000000' };
    await expect(calls.create(second, [newLeg(callSid, 'caller')], [])).rejects.toMatchObject({
      code: 'ERR_STORE_CONFLICT',
      field: 'call_sid',
    });
    expect(await found()).toStrictEqual({ call, legs: [caller], events: [] });
  });

  it('changes the fields that a change names, and no others', async () => {
    const { calls, call, callSid, caller, callee, found } = await begin();
    await calls.create(call, [caller, callee], []);
    const answeredAt = new Date('2026-01-02T03:04:10.001Z');
    const termination = { by: 'caller', reason: 'hangup', sipStatus: undefined } as const;
    const quality = {
      codec: 'PCMU',
      packetsSent: 5,
      packetsReceived: 4,
      packetsLost: 1,
      jitterMs: 0.5,
      roundTripMs: undefined,
    };
    await calls.apply({
      call: { callSid, status: 'in-progress', answeredAt, endedAt: undefined },
      legs: [{ legId: callee.legId, status: 'in-progress', answeredAt, termination, quality }],
      events: [newEvent(callSid, 'answered')],
    });
    expect(await found()).toStrictEqual({
      call: { ...call, status: 'in-progress', answeredAt },
      legs: [caller, { ...callee, status: 'in-progress', answeredAt, termination, quality }],
      events: [newEvent(callSid, 'answered')],
    });
  });

  it('takes a whole leg in a change as a new one, or as the new state of a known one', async () => {
    const { calls, call, callSid, caller, callee, found } = await begin();
    await calls.create(call, [caller], []);
    const ringing = { ...caller, status: 'ringing' } as const;
    await calls.apply({ call: { callSid }, legs: [ringing, callee], events: [] });
    expect((await found()).legs).toStrictEqual([ringing, callee]);
  });

  it('adds legs later', async () => {
    const { calls, call, caller, callee, found } = await begin();
    await calls.create(call, [caller], []);
    await calls.addLegs([callee]);
    expect((await found()).legs).toStrictEqual([caller, callee]);
  });

  it('writes nothing of a change to a call or a leg that does not exist', async () => {
    const { calls, accountSid, call, callSid, caller, found } = await begin();
    await calls.create(call, [caller], []);
    const noCall = { call: { callSid: 'no-such-call', status: 'ringing' as const }, events: [] };
    await expect(calls.apply(noCall)).rejects.toMatchObject({ code: 'ERR_STORE_NOT_FOUND' });
    const noLeg = { legId: 'leg_none', status: 'ringing' as const };
    const change = { call: { callSid, status: 'ringing' as const }, legs: [noLeg], events: [newEvent(callSid, 'x')] };
    await expect(calls.apply(change)).rejects.toMatchObject({ code: 'ERR_STORE_NOT_FOUND' });
    await expect(calls.addLegs([newLeg('no-such-call', 'callee')])).rejects.toMatchObject({
      code: 'ERR_STORE_NOT_FOUND',
    });
    expect(await found()).toStrictEqual({ call, legs: [caller], events: [] });
    expect(await calls.find(accountSid, 'no-such-call')).toBeUndefined();
  });

  it('does not move a leg from one call to another', async () => {
    const { calls, accountSid, call, caller, found } = await begin();
    const other = newCall(accountSid);
    await calls.create(call, [caller], []);
    await calls.create(other, [], []);
    const steal = { call: { callSid: other.callSid }, events: [] };
    const part = { legId: caller.legId, status: 'failed' as const };
    await expect(calls.apply({ ...steal, legs: [part] })).rejects.toMatchObject({ code: 'ERR_STORE_NOT_FOUND' });
    await expect(calls.apply({ ...steal, legs: [{ ...caller, status: 'failed' }] })).rejects.toMatchObject({
      code: 'ERR_STORE_NOT_FOUND',
    });
    expect((await found()).legs).toStrictEqual([caller]);
  });

  it('keeps the order of writes that nobody waited for', async () => {
    const { calls, call, callSid, caller, callee, found } = await begin();
    const endedAt = new Date('2026-01-02T03:05:00.000Z');
    await Promise.all([
      calls.create(call, [caller], [newEvent(callSid, 'one')]),
      calls.apply({ call: { callSid, status: 'ringing' }, events: [newEvent(callSid, 'two')] }),
      calls.addLegs([callee]),
      calls.apply({ call: { callSid }, legs: [{ legId: callee.legId, status: 'ringing' }], events: [] }),
      calls.apply({ call: { callSid, status: 'canceled' }, events: [newEvent(callSid, 'three')] }),
      calls.apply({ call: { callSid, endedAt }, legs: [{ legId: callee.legId, status: 'canceled' }], events: [] }),
    ]);
    const { call: stored, legs, events } = await found();
    expect(stored).toStrictEqual({ ...call, status: 'canceled', endedAt });
    expect(legs.map((leg) => leg.status)).toEqual(['queued', 'canceled']);
    expect(events.map((event) => event.type)).toEqual(['one', 'two', 'three']);
  });

  it('lets one bad write among many fail alone', async () => {
    const { store, calls, accountSid, call, callSid } = await begin();
    const others = Array.from({ length: 30 }, () => newCall(accountSid));
    const writes = others.map((other) => calls.create(other, [], [newEvent(other.callSid, 'made')]));
    writes.splice(10, 0, calls.apply({ call: { callSid: 'no-such-call', status: 'failed' }, events: [] }));
    writes.splice(20, 0, calls.create(call, [], []), calls.create(call, [], []));
    const failed = (await Promise.allSettled(writes)).flatMap((result, n) => (result.status === 'rejected' ? [n] : []));
    expect(failed).toEqual([10, 21]);
    for (const other of others) expect(await store.calls.find(accountSid, other.callSid)).toBeDefined();
    expect(await store.calls.find(accountSid, callSid)).toBeDefined();
  });

  it('stores text that JSON allows and PostgreSQL does not', async () => {
    const { calls, call, callSid, found } = await begin();
    const data = { header: 'a\0b', half: 'x\uD800y', literal: '\\u0000', emoji: '😀' };
    await calls.create({ ...call, from: 'sip:\0@x' }, [], [newEvent(callSid, 'odd', { data })]);
    const stored = await found();
    expect(stored.call.from).toBe('sip:\uFFFD@x');
    expect(stored.events[0]?.data).toEqual({ ...data, header: 'a\uFFFDb', half: 'x\uFFFDy' });
  });

  it("shows an account its own calls only, whatever another's sid or cursor it brings", async () => {
    const { store, calls, accountSid, call, callSid } = await begin();
    const { accountSid: other } = await makeTenant(store);
    await calls.create(call, [newLeg(callSid, 'caller')], [newEvent(callSid, 'received')]);
    const olderCall = newCall(accountSid, { createdAt: new Date('2025-01-01T00:00:00.000Z') });
    await calls.create(olderCall, [], []);
    expect(await calls.find(other, callSid)).toBeUndefined();
    const { nextCursor } = await calls.list({ accountSid, limit: 1 });
    expect(await calls.list({ accountSid: other, limit: 10 })).toEqual({ calls: [], nextCursor: undefined });
    const stolen = await calls.list({ accountSid: other, limit: 10, cursor: nextCursor ?? expect.fail('no cursor') });
    expect(stolen).toEqual({ calls: [], nextCursor: undefined });
  });

  it('gives each of many readers the call that it asked for, its own account only', async () => {
    const { store, calls, accountSid } = await begin();
    const { accountSid: other } = await makeTenant(store);
    const made = Array.from({ length: 70 }, (_, n) => newCall(n % 2 ? accountSid : other));
    const stories = made.map((call) => ({ call, legs: [newLeg(call.callSid, 'caller')], events: [] }));
    await Promise.all(stories.map(({ call, legs }) => calls.create(call, legs, [])));
    const reads = [...made, ...made].map((call) => calls.find(accountSid, call.callSid));
    const found = await Promise.all([...reads, calls.find(accountSid, 'none'), calls.find(accountSid, 'a\0b')]);
    const mine = stories.map((story) => (story.call.accountSid === accountSid ? story : undefined));
    expect(found).toStrictEqual([...mine, ...mine, undefined, undefined]);
  });

  it('looks a call up by index, however small the table is when the statement is prepared', async () => {
    const { store } = await begin();
    await sql`ANALYZE calls`.execute(store.db);
    const plan = await sql<object>`EXPLAIN SELECT * FROM calls WHERE call_sid = 'x'`.execute(store.db);
    expect(JSON.stringify(plan.rows)).toMatch(/Index Scan/);
  });

  it('lists the newest first, page by page, each call once', async () => {
    const { calls, accountSid } = await begin();
    const made = Array.from({ length: 7 }, (_, n) =>
      newCall(accountSid, { createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, Math.floor(n / 3), 1)) }),
    );
    await Promise.all(made.map((call) => calls.create(call, [], [])));
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await calls.list({ accountSid, limit: 3, ...(cursor !== undefined && { cursor }) });
      pages.push(page.calls.map((call) => call.callSid));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(new Set(pages.flat())).toEqual(new Set(made.map((call) => call.callSid)));
    const times = pages.flat().map((sid) => made.find((call) => call.callSid === sid)?.createdAt.getTime() ?? 0);
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it('lists by status', async () => {
    const { calls, accountSid } = await begin();
    const busy = newCall(accountSid, { status: 'busy' });
    await Promise.all([calls.create(busy, [], []), calls.create(newCall(accountSid), [], [])]);
    expect((await calls.list({ accountSid, limit: 10, status: 'busy' })).calls).toStrictEqual([busy]);
  });

  it('lists the calls of an app that a filter finds, with when the called party first rang', async () => {
    const { store, calls, accountSid } = await begin();
    const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));
    const number = '+918000000099';
    const made = [
      newCall(accountSid, { appId: 'app', createdAt: at(1), userId: 'asha', from: number }),
      newCall(accountSid, { appId: 'app', createdAt: at(2), userId: 'asha', direction: 'outbound', to: number }),
      newCall(accountSid, { appId: 'app', createdAt: at(3), userId: 'bilal', status: 'busy', exophone: number }),
      newCall(accountSid, { appId: 'app', createdAt: at(4) }),
      newCall(accountSid, { appId: 'other', createdAt: at(5), from: number }),
      newCall(accountSid, { createdAt: at(6), from: number }),
    ] as const;
    const called = [at(12), at(11), undefined].map((ringingAt) => newLeg(made[0].callSid, 'callee', { ringingAt }));
    const legs = [newLeg(made[0].callSid, 'caller', { ringingAt: at(10) }), ...called]; // A user rung before the other party.
    await Promise.all(made.map((call) => calls.create(call, call === made[0] ? legs : [], [])));
    const list = async (filter: object, limit = 10) => {
      const page = await calls.listOfApp({ accountSid, appId: 'app', limit, ...filter });
      return page.calls.map((call) => made.findIndex(({ callSid }) => callSid === call.callSid) + 1);
    };
    const whole = await calls.listOfApp({ accountSid, appId: 'app', limit: 10 });
    expect(whole.calls[3]).toStrictEqual({ ...made[0], firstRangAt: at(11), lastSeenAt: undefined });
    expect(whole.calls[0]).toStrictEqual({ ...made[3], firstRangAt: undefined, lastSeenAt: undefined });
    expect(await list({})).toEqual([4, 3, 2, 1]);
    expect(await list({ userId: 'asha' })).toEqual([2, 1]);
    expect(await list({ userId: 'a\0b' })).toEqual([]);
    expect(await list({ direction: 'outbound' })).toEqual([2]);
    expect(await list({ status: 'busy', userId: 'bilal' })).toEqual([3]);
    expect(await list({ number })).toEqual([3, 2, 1]);
    expect(await list({ from: at(2), to: at(4) })).toEqual([3, 2]);
    const { nextCursor } = await calls.listOfApp({ accountSid, appId: 'app', limit: 2 });
    expect(await list({ cursor: nextCursor })).toEqual([2, 1]);
    expect(await list({ cursor: nextCursor, number, from: at(2) })).toEqual([2]);
    const { accountSid: stranger } = await makeTenant(store);
    expect(await list({ accountSid: stranger })).toEqual([]);
    const page = calls.listOfApp({ accountSid, appId: 'app', limit: 1, cursor: 'nonsense' });
    await expect(page).rejects.toMatchObject({ code: 'ERR_STORE_CURSOR' });
  });

  it.each(['', 'nonsense', 'MTIzNDU2', Buffer.from('1.\0').toString('base64url')])(
    'refuses the cursor %j',
    async (cursor) => {
      const { calls, accountSid } = await begin();
      await expect(calls.list({ accountSid, limit: 1, cursor })).rejects.toMatchObject({ code: 'ERR_STORE_CURSOR' });
    },
  );

  it('closes the calls that a dead process left open, once, and no others', async () => {
    const { calls, accountSid, call, callSid, caller, callee, found } = await begin();
    await calls.failOpenCalls(new Date()); // What other tests left.
    const answeredAt = new Date('2026-01-02T03:04:10.000Z');
    const ended = newCall(accountSid, { status: 'completed', endedAt: answeredAt });
    await calls.create(ended, [], []);
    const closedLeg = { ...callee, status: 'canceled', endedAt: answeredAt } as const;
    const lastSeen = newEvent(callSid, 'hold', { at: new Date('2026-01-02T03:04:30.500Z') });
    await calls.create({ ...call, status: 'in-progress', answeredAt }, [caller, closedLeg], [lastSeen]);
    const at = new Date('2026-01-03T00:00:00.000Z');
    expect(await calls.failOpenCalls(at)).toBe(1);
    expect(await calls.failOpenCalls(at)).toBe(0);
    const termination = { by: 'platform', reason: 'server-died', sipStatus: undefined };
    const stored = await found();
    expect(stored.call).toStrictEqual({
      ...{ ...call, status: 'failed', answeredAt, endedAt: at, termination },
      durationSec: 21, // To the last thing recorded, not through the night.
    });
    expect(stored.legs).toStrictEqual([{ ...caller, status: 'failed', endedAt: at, termination }, closedLeg]);
    expect(stored.events).toStrictEqual([lastSeen, newEvent(callSid, 'server-died', { at })]);
    expect((await calls.find(accountSid, ended.callSid))?.call).toStrictEqual(ended);
  });

  it('says when the calls that a dead process left open were last seen: to who tells of them, and in the list', async () => {
    const { calls, accountSid } = await begin();
    await calls.failOpenCalls(new Date()); // What other tests left.
    const createdAt = new Date('2026-01-02T03:04:00.000Z');
    const rang = new Date('2026-01-02T03:04:20.250Z');
    const rung = newCall(accountSid, { appId: 'app', createdAt });
    const silent = newCall(accountSid, { appId: 'app', createdAt });
    await calls.create(rung, [newLeg(rung.callSid, 'callee', { ringingAt: rang })], []);
    await calls.apply({
      call: { callSid: rung.callSid },
      events: [newEvent(rung.callSid, 'leg-ringing', { at: rang })],
    });
    await calls.create(silent, [], []);
    const seen = new Map<string, Date>();
    await calls.failOpenCalls(new Date('2026-01-03T00:00:00.000Z'), async (closed) => {
      for (const { call, lastSeenAt } of closed) seen.set(call.callSid, lastSeenAt);
      return [];
    });
    const expected = new Map([
      [rung.callSid, rang],
      [silent.callSid, createdAt],
    ]);
    expect(seen).toEqual(expected);
    const { calls: listed } = await calls.listOfApp({ accountSid, appId: 'app', limit: 10 });
    expect(new Map(listed.map(({ callSid, lastSeenAt }) => [callSid, lastSeenAt]))).toEqual(expected);
  });

  it('gives an unanswered call that died no duration', async () => {
    const { calls, call, callSid, found } = await begin();
    await calls.create(call, [], [newEvent(callSid, 'received')]);
    await calls.failOpenCalls(new Date());
    expect((await found()).call.durationSec).toBe(0);
  });
}
