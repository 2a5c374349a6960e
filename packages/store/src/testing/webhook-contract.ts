import { randomBytes } from 'node:crypto';
import {
  type AttemptResult,
  type ClaimedDelivery,
  type ClaimRequest,
  laneKey,
  laneOfAccount,
  type Notice,
} from '@intermix/webhooks';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Store } from '../open-store.js';
import { makeTenant, newCall, newEvent, newLeg, type TestTenant } from './tenant.js';

const tag = () => randomBytes(8).toString('hex');
const everyLane: ClaimRequest = {
  limit: 1_000,
  roomPerLane: 1_000,
  lanes: new Map(),
  roomPerHost: { well: 1_000, sick: 1_000 },
  hosts: new Map(),
  sickRoom: 1_000,
};

function newNotice(tenant: TestTenant, changes: Partial<Notice> & { host?: string } = {}): Notice {
  const { host = `${tag()}.example:443`, ...rest } = changes;
  const eventId = `evt_${tag()}`;
  return {
    eventId,
    accountSid: tenant.accountSid,
    appId: tenant.appId,
    callSid: tag(),
    type: 'call_ringing',
    at: new Date('2026-01-02T03:04:05.678Z'),
    payload: '{"event":"call_ringing","call_sid":"x","a":1}',
    delivery: { deliveryId: `dlv_${tag()}`, url: `https://${host}/hook`, host, body: '{"z":1,"a":"ü"}' },
    ...rest,
  };
}

function resultOf(claimed: ClaimedDelivery, delivered: boolean): AttemptResult {
  return {
    claimed,
    delivered,
    at: new Date('2026-01-02T03:04:06.000Z'),
    latencyMs: 12.4,
    httpStatus: delivered ? 200 : 503,
    error: delivered ? undefined : 'The answer was 503; only 200 acknowledges.',
    isFinal: false,
    responseBody: 'no\0pe',
  };
}

/** What the outbox, its log, the feed and the secrets must do, on either engine. */
export function webhookContract(theStore: () => Store): void {
  async function begin() {
    const store = theStore();
    const tenant = await makeTenant(store);
    const { outbox, deliveries, feed, secrets } = store.webhooks;
    /** Only this tenant's: other tests' rows are let be. */
    const claim = async (request: Partial<ClaimRequest> = {}) => {
      const rows = await outbox.claim({ ...everyLane, ...request });
      await outbox.release(rows.filter((row) => row.accountSid !== tenant.accountSid));
      return rows.filter((row) => row.accountSid === tenant.accountSid);
    };
    const makeDue = () =>
      sql`UPDATE webhook_deliveries SET due_at = now() - interval '1 ms' WHERE account_sid = ${tenant.accountSid}
        AND status = 'pending'`.execute(store.db);
    const ids = (rows: readonly ClaimedDelivery[]) => rows.map((row) => row.deliveryId).sort();
    return { store, tenant, outbox, deliveries, feed, secrets, claim, makeDue, ids };
  }
  const deliveryId = (notice: Notice) => notice.delivery?.deliveryId ?? '';

  describe('the outbox', () => {
    it('has what was written with the call, and nothing of a write that failed', async () => {
      const { store, tenant, claim } = await begin();
      const call = newCall(tenant.accountSid, { appId: tenant.appId });
      const told = newNotice(tenant, { callSid: call.callSid });
      const failed = newNotice(tenant, { callSid: 'no-such-call' });
      await store.calls.create(
        call,
        [newLeg(call.callSid, 'caller')],
        [newEvent(call.callSid, 'call-created')],
        [told],
      );
      const change = { call: { callSid: 'no-such-call' }, events: [] };
      await expect(store.calls.apply(change, [failed])).rejects.toMatchObject({ code: 'ERR_STORE_NOT_FOUND' });
      const rows = await claim();
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ ...told.delivery, eventId: told.eventId, callSid: call.callSid, attempts: 0 });
    });

    it('takes an event once, however often it is written', async () => {
      const { tenant, outbox, claim, feed } = await begin();
      const notice = newNotice(tenant);
      await outbox.enqueue([notice, notice]);
      await outbox.enqueue([notice]);
      expect(await claim()).toHaveLength(1);
      const { events } = await feed.read({ ...tenant, limit: 10 });
      expect(events).toHaveLength(1);
    });

    it('adds the delivery of an event that is known already, once, and leaves the event where it is', async () => {
      const { tenant, outbox, claim, feed, deliveries } = await begin();
      const [late, next] = [newNotice(tenant), newNotice(tenant)];
      await outbox.enqueue([{ ...late, delivery: undefined }, next]);
      const before = await feed.read({ ...tenant, limit: 10 });
      await outbox.enqueue([late]);
      const rows = await claim();
      expect(rows.find((row) => row.eventId === late.eventId)).toMatchObject({
        ...late.delivery,
        callSid: late.callSid,
      });
      for (const row of rows) await outbox.finish(resultOf(row, true));
      await outbox.enqueue([late, { ...late, delivery: undefined }]);
      expect(await claim()).toEqual([]);
      expect((await deliveries.find(tenant.accountSid, deliveryId(late)))?.status).toBe('delivered');
      expect(await feed.read({ ...tenant, limit: 10 })).toEqual(before);
    });

    it('drops a delivery at once when no other attempt can go better', async () => {
      const { tenant, outbox, claim, deliveries } = await begin();
      const notice = newNotice(tenant);
      await outbox.enqueue([notice]);
      const [row] = await claim();
      const error = 'The app does not exist any more.';
      const outcome = await outbox.finish({ ...resultOf(row!, false), httpStatus: undefined, error, isFinal: true });
      expect(outcome).toEqual({ status: 'dropped', nextInMs: undefined });
      const detail = await deliveries.find(tenant.accountSid, deliveryId(notice));
      expect(detail).toMatchObject({ status: 'dropped', attempts: 1, lastError: error, dueAt: undefined });
      expect(detail?.finishedAt).toBeInstanceOf(Date);
      expect(await claim()).toEqual([]);
    });

    it('gives a row to one claimer, and again when it was given back', async () => {
      const { tenant, outbox, claim } = await begin();
      await outbox.enqueue([newNotice(tenant)]);
      const [first] = await claim();
      expect(await claim()).toEqual([]);
      await outbox.release([first!]);
      const [second] = await claim();
      expect(second).toMatchObject({ deliveryId: first!.deliveryId, attempts: 0, claim: first!.claim + 1 });
      expect(await outbox.finish(resultOf(first!, true))).toBeUndefined(); // The lease had passed on.
      expect(await outbox.finish(resultOf(second!, true))).toEqual({ status: 'delivered', nextInMs: undefined });
    });

    it('takes a row again when its lease has run out, or all leases are freed', async () => {
      const { store, tenant, outbox, claim } = await begin();
      await outbox.enqueue([newNotice(tenant)]);
      const lease = async () => {
        const [row] = await claim();
        const { rows } = await sql<{ left: number }>`
          SELECT extract(epoch FROM locked_until - now())::float8 AS left FROM webhook_deliveries
          WHERE delivery_id = ${row?.deliveryId}`.execute(store.db);
        return rows[0]?.left;
      };
      expect(await lease()).toBeGreaterThan(50);
      expect(await claim()).toEqual([]);
      await sql`UPDATE webhook_deliveries SET locked_until = now() - interval '1 s'
        WHERE account_sid = ${tenant.accountSid}`.execute(store.db);
      expect(await lease()).toBeGreaterThan(50);
      await outbox.releaseAll();
      expect(await lease()).toBeGreaterThan(50);
    });

    it('retries 5 s, 30 s and 5 min after the failure before, by the database clock, then drops', async () => {
      const { store, tenant, outbox, claim, makeDue, deliveries } = await begin();
      const notice = newNotice(tenant);
      await outbox.enqueue([notice]);
      const waits: number[] = [];
      for (let attempt = 1; attempt <= 4; attempt++) {
        const [row] = await claim();
        expect(row).toMatchObject({ attempts: attempt - 1 });
        const outcome = await outbox.finish(resultOf(row!, false));
        expect(outcome?.status).toBe(attempt < 4 ? 'pending' : 'dropped');
        const { rows } = await sql<{ wait: number }>`
          SELECT extract(epoch FROM due_at - clock_timestamp())::float8 AS wait FROM webhook_deliveries
          WHERE delivery_id = ${deliveryId(notice)}`.execute(store.db);
        if (outcome?.nextInMs !== undefined) {
          expect(outcome.nextInMs / 1000).toBeCloseTo(rows[0]!.wait, 0);
          waits.push(rows[0]!.wait);
          expect(await claim()).toEqual([]); // Not due yet.
        }
        await makeDue();
      }
      for (const [index, seconds] of [5, 30, 300].entries()) {
        expect(waits[index]).toBeGreaterThan(seconds - 1);
        expect(waits[index]).toBeLessThanOrEqual(seconds);
      }
      expect(await claim()).toEqual([]);
      const detail = await deliveries.find(tenant.accountSid, deliveryId(notice));
      expect(detail).toMatchObject({ status: 'dropped', attempts: 4, lastHttpStatus: 503, dueAt: undefined });
      expect(detail?.finishedAt).toBeInstanceOf(Date);
      expect(detail?.history.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
      expect(detail?.history[0]).toEqual({
        number: 1,
        at: new Date('2026-01-02T03:04:06.000Z'),
        latencyMs: 12,
        httpStatus: 503,
        error: 'The answer was 503; only 200 acknowledges.',
        responseBody: 'no\uFFFDpe',
      });
    });

    it('makes a delivery that is no app’s webhook in its own manner: its ladder, no feed, and again by order', async () => {
      const { tenant, outbox, claim, makeDue, feed, deliveries } = await begin();
      const manner = {
        contentType: 'multipart/form-data; boundary=x',
        timeoutMs: 15_000,
        retryDelaysMs: [60_000, 90_000],
      };
      const base = newNotice(tenant, { appId: laneOfAccount(tenant.accountSid), payload: undefined });
      const notice = { ...base, delivery: { ...base.delivery!, manner } };
      await outbox.enqueue([notice, notice]);
      expect((await feed.read({ ...tenant, limit: 10 })).events).toEqual([]);
      const waits: Array<number | undefined> = [];
      for (let attempt = 1; attempt <= 3; attempt++) {
        const rows = await claim();
        expect(rows).toHaveLength(1);
        expect(rows[0]).toMatchObject({ manner, attempts: attempt - 1, body: base.delivery?.body });
        const outcome = await outbox.finish(resultOf(rows[0]!, false));
        expect(outcome?.status).toBe(attempt < 3 ? 'pending' : 'dropped');
        waits.push(outcome?.nextInMs);
        await makeDue();
      }
      expect(waits.map((wait) => wait && Math.round(wait / 1_000))).toEqual([60, 90, undefined]);
      const again = await deliveries.replay(tenant.accountSid, deliveryId(notice), { toCurrentUrl: true });
      expect(again).toMatchObject({ replayOf: deliveryId(notice), url: base.delivery?.url });
      expect(await claim()).toEqual([expect.objectContaining({ deliveryId: again?.deliveryId, manner })]);
      expect(await deliveries.replayAll({ accountSid: tenant.accountSid })).toMatchObject({ replayed: 1 });
    });

    it('keeps the order of a call’s first attempts; one that failed holds up nobody', async () => {
      const { tenant, outbox, claim, ids } = await begin();
      const callSid = tag();
      const host = `${tag()}.example:443`;
      const [first, second, third] = [1, 2, 3].map(() => newNotice(tenant, { callSid, host }));
      const elsewhere = newNotice(tenant, { callSid });
      const otherCall = newNotice(tenant, { host });
      await outbox.enqueue([first!, second!, third!, elsewhere, otherCall]);
      const begun = await claim();
      expect(ids(begun)).toEqual([first!, elsewhere, otherCall].map(deliveryId).sort());
      expect(await claim()).toEqual([]); // The first is under way: the second waits.
      await outbox.finish(resultOf(begun.find((row) => row.deliveryId === deliveryId(first!))!, false));
      const next = await claim();
      expect(ids(next)).toEqual([deliveryId(second!)]);
      await outbox.finish(resultOf(next[0]!, true));
      expect(ids(await claim())).toEqual([deliveryId(third!)]);
    });

    it('says that a delivery was dropped with its app during the attempt', async () => {
      const { store, tenant, outbox, claim, deliveries } = await begin();
      const notice = newNotice(tenant);
      await outbox.enqueue([notice]);
      const [row] = await claim();
      expect(await store.apps.delete(tenant.accountSid, tenant.appId)).toBe(true);
      expect(await outbox.finish(resultOf(row!, true))).toEqual({ status: 'over', nextInMs: undefined });
      const detail = await deliveries.find(tenant.accountSid, deliveryId(notice));
      expect(detail).toMatchObject({ status: 'dropped', lastError: expect.stringMatching(/deleted/) });
    });

    it('leaves lanes out that have no room, and gives none more than its room', async () => {
      const { tenant, outbox, claim } = await begin();
      const [full, narrow, wide] = [1, 2, 3].map(() => `${tag()}.example:443`);
      const many = (host: string, count: number, appId: string = tenant.appId) =>
        Array.from({ length: count }, () => newNotice(tenant, { host, appId }));
      const other = tag();
      await outbox.enqueue([...many(full!, 30), ...many(full!, 1, other), ...many(narrow!, 5), ...many(wide!, 5)]);
      const lane = (host: string, room: number) =>
        [laneKey(host, tenant.appId), { room, isSick: room < 2, rank: 7 }] as const;
      const rows = await claim({ roomPerLane: 3, lanes: new Map([lane(full!, 0), lane(narrow!, 1)]) });
      const count = (host: string, appId = tenant.appId) =>
        rows.filter((row) => row.host === host && row.appId === appId).length;
      expect([count(full!), count(full!, other), count(narrow!), count(wide!)]).toEqual([0, 1, 1, 3]);
    });

    it('gives a host’s lanes a row each in turn, well and sick ones out of rooms of their own', async () => {
      const { tenant, outbox, claim } = await begin();
      const host = `${tag()}.example:443`;
      const [crowd, late, busy, sick, sicker] = [1, 2, 3, 4, 5].map(() => tag());
      for (const [appId, count] of [
        ...[crowd, busy, sick, sicker].map((app) => [app!, 5] as const),
        [late!, 1],
      ] as const)
        await outbox.enqueue(Array.from({ length: count }, () => newNotice(tenant, { host, appId })));
      const lanes = new Map([
        [laneKey(host, busy!), { room: 5, isSick: false, rank: 3 }],
        [laneKey(host, sick!), { room: 1, isSick: true, rank: 9 }],
        [laneKey(host, sicker!), { room: 1, isSick: true, rank: 8 }],
      ]);
      const ask = async (changes: Partial<ClaimRequest>) => {
        const rows = await claim({ lanes, hosts: new Map([[host, { well: 4, sick: 1 }]]), ...changes });
        await outbox.release(rows);
        return [crowd, late, busy, sick, sicker].map((app) => rows.filter((row) => row.appId === app).length);
      };
      expect(await ask({})).toEqual([3, 1, 0, 0, 1]);
      expect(await ask({ hosts: new Map(), roomPerHost: { well: 6, sick: 2 } })).toEqual([4, 1, 1, 1, 1]);
      expect(await ask({ hosts: new Map(), sickRoom: 1 })).toEqual([5, 1, 5, 0, 1]);
    });

    it('tells how much is due, and since when', async () => {
      const { store, tenant, outbox } = await begin();
      const before = await outbox.backlog();
      await outbox.enqueue([newNotice(tenant), newNotice(tenant)]);
      await sql`UPDATE webhook_deliveries SET due_at = now() - interval '100 s'
        WHERE account_sid = ${tenant.accountSid}`.execute(store.db);
      const after = await outbox.backlog();
      expect(after.due).toBe(before.due + 2);
      expect(after.oldestDueSec).toBeGreaterThanOrEqual(100);
    });

    it('throws away what is older than 30 days, a portion at a time, and nothing that is pending', async () => {
      const { store, tenant, outbox, claim, deliveries, feed } = await begin();
      const [old, young, pending] = [1, 2, 3].map(() => newNotice(tenant, { at: new Date() }));
      await outbox.enqueue([old!, young!, pending!]);
      const rows = await claim();
      const finish = (notice: Notice) =>
        outbox.finish(resultOf(rows.find((row) => row.deliveryId === deliveryId(notice))!, true));
      await Promise.all([finish(old!), finish(young!)]);
      const age = sql`now() - interval '31 days'`;
      await sql`UPDATE webhook_deliveries SET finished_at = ${age}, created_at = ${age}
        WHERE delivery_id = ${deliveryId(old!)}`.execute(store.db);
      await sql`UPDATE webhook_deliveries SET created_at = ${age} WHERE delivery_id = ${deliveryId(pending!)}`.execute(
        store.db,
      );
      await sql`UPDATE webhook_events SET at = ${age} WHERE event_id = ${old!.eventId}`.execute(store.db);
      while ((await outbox.prune(1)) > 0);
      const left = await deliveries.list({ accountSid: tenant.accountSid, limit: 10 });
      expect(left.deliveries.map((one) => one.deliveryId).sort()).toEqual([young!, pending!].map(deliveryId).sort());
      const { events } = await feed.read({ ...tenant, limit: 10 });
      expect(events.map((event) => event.eventId).sort()).toEqual([young!.eventId, pending!.eventId].sort());
      const { rows: attempts } = await sql`
        SELECT 1 FROM webhook_attempts WHERE delivery_id = ${deliveryId(old!)}`.execute(store.db);
      expect(attempts).toEqual([]);
    });
  });

  describe('the log', () => {
    it('finds by each filter, newest first, page by page, of its own account only', async () => {
      const { store, tenant, outbox, deliveries } = await begin();
      const other = await makeTenant(store);
      const made = Array.from({ length: 5 }, (_, n) =>
        newNotice(tenant, { type: n % 2 ? 'missed_call' : 'call_ringing' }),
      );
      await outbox.enqueue([...made, newNotice(other)]);
      const { accountSid } = tenant;
      const idsOf = async (filter: object) =>
        (await deliveries.list({ accountSid, limit: 100, ...filter })).deliveries.map((one) => one.deliveryId);
      const all = made.map(deliveryId).reverse();
      expect(await idsOf({})).toEqual(all);
      expect(await idsOf({ eventType: 'missed_call' })).toEqual([all[1], all[3]]);
      expect(await idsOf({ callSid: made[2]!.callSid })).toEqual([all[2]]);
      expect(await idsOf({ host: made[2]!.delivery!.host })).toEqual([all[2]]);
      expect(await idsOf({ appId: tenant.appId, status: 'pending' })).toEqual(all);
      expect(await idsOf({ status: 'dropped' })).toEqual([]);
      expect(await idsOf({ from: new Date(Date.now() + 60_000) })).toEqual([]);
      expect(await idsOf({ to: new Date(Date.now() + 60_000) })).toEqual(all);
      expect(await idsOf({ appId: other.appId })).toEqual([]);
      expect(await idsOf({ callSid: 'a\0b' })).toEqual([]);
      const paged: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await deliveries.list({ accountSid, limit: 2, cursor });
        paged.push(...page.deliveries.map((one) => one.deliveryId));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(paged).toEqual(all);
      await expect(deliveries.list({ accountSid, limit: 2, cursor: 'x' })).rejects.toMatchObject({
        code: 'ERR_STORE_CURSOR',
      });
      expect(await deliveries.find(other.accountSid, all[0]!)).toBeUndefined();
      expect(await deliveries.ofCall(other.accountSid, made[0]!.callSid)).toEqual([]);
      expect((await deliveries.ofCall(accountSid, made[0]!.callSid)).map((one) => one.deliveryId)).toEqual([all[4]]);
    });

    it('gives each of many readers the deliveries of its call with their attempts, oldest first', async () => {
      const { store, tenant, outbox, claim, deliveries, makeDue } = await begin();
      const { accountSid } = tenant;
      const other = await makeTenant(store);
      const first = newNotice(tenant, { type: 'call_ringing' });
      const second = newNotice(tenant, { type: 'call_answered', callSid: first.callSid });
      const alone = newNotice(tenant);
      await outbox.enqueue([first, second, alone]);
      for (const wasTaken of [false, true]) {
        for (const row of await claim()) await outbox.finish(resultOf(row, wasTaken));
        await makeDue();
      }
      const found = await Promise.all(
        [first, alone, first, alone].map(({ callSid }) => deliveries.ofCall(accountSid, callSid)),
      );
      const whole = await Promise.all(
        [first, second, alone].map((notice) => deliveries.find(accountSid, deliveryId(notice))),
      );
      expect(found[0]).toStrictEqual(whole.slice(0, 2));
      expect(found[1]).toStrictEqual(whole.slice(2));
      expect(found.slice(2)).toStrictEqual(found.slice(0, 2));
      expect(found[0]?.[0]?.history.map(({ httpStatus }) => httpStatus)).toEqual([503, 200]);
      expect(await deliveries.ofCall(other.accountSid, first.callSid)).toEqual([]);
      expect(await deliveries.ofCall(accountSid, 'a\0b')).toEqual([]);
      expect(await deliveries.ofCall(accountSid, 'none')).toEqual([]);
    });

    it('replays one: a delivery of its own, due at once, of the same event with the same text', async () => {
      const { store, tenant, outbox, claim, deliveries } = await begin();
      const other = await makeTenant(store);
      const notice = newNotice(tenant);
      await outbox.enqueue([notice]);
      await outbox.finish(resultOf((await claim())[0]!, true));
      expect(await deliveries.replay(other.accountSid, deliveryId(notice))).toBeUndefined();
      const replay = await deliveries.replay(tenant.accountSid, deliveryId(notice));
      expect(replay).toMatchObject({ eventId: notice.eventId, replayOf: deliveryId(notice), status: 'pending' });
      const [row] = await claim();
      expect(row).toMatchObject({ deliveryId: replay?.deliveryId, body: notice.delivery?.body, attempts: 0 });
      expect(row?.deliveryId).not.toBe(deliveryId(notice));
    });

    it('replays all that a filter finds, oldest first, but neither replays nor what is pending', async () => {
      const { tenant, outbox, claim, deliveries } = await begin();
      const host = `${tag()}.example:443`;
      const made = [1, 2, 3].map(() => newNotice(tenant, { host }));
      await outbox.enqueue(made);
      for (const row of await claim()) await outbox.finish(resultOf(row, true));
      await outbox.enqueue([newNotice(tenant, { host })]);
      const { accountSid } = tenant;
      const result = await deliveries.replayAll({ accountSid, host });
      expect(result).toMatchObject({ replayed: 3, hasMore: false });
      expect(result.lastDeliveryAt).toBeInstanceOf(Date);
      expect(await deliveries.replayAll({ accountSid, host, status: 'dropped' })).toMatchObject({ replayed: 0 });
      const rows = await claim();
      expect(rows).toHaveLength(4);
      for (const row of rows) await outbox.finish(resultOf(row, true));
      expect(await deliveries.replayAll({ accountSid, host })).toMatchObject({ replayed: 4 });
    });

    it('replays more than fit at once by a cursor, each once, though all were made at one time', async () => {
      const { store, tenant, outbox, deliveries } = await begin();
      const { accountSid } = tenant;
      await outbox.enqueue(Array.from({ length: 1_003 }, () => newNotice(tenant)));
      await sql`UPDATE webhook_deliveries SET status = 'delivered', finished_at = now(), created_at = now()
        WHERE account_sid = ${accountSid}`.execute(store.db);
      const filter = { accountSid, status: 'delivered' } as const;
      const first = await deliveries.replayAll(filter);
      expect(first).toMatchObject({ replayed: 1_000, hasMore: true, nextCursor: expect.any(String) });
      const second = await deliveries.replayAll(filter, { cursor: first.nextCursor });
      expect(second).toMatchObject({ replayed: 3, hasMore: false, nextCursor: undefined });
      const { rows } = await sql<{ count: number }>`
        SELECT count(DISTINCT replay_of)::int AS count FROM webhook_deliveries
        WHERE account_sid = ${accountSid} AND replay_of IS NOT NULL`.execute(store.db);
      expect(rows[0]?.count).toBe(1_003);
      await expect(deliveries.replayAll(filter, { cursor: 'x' })).rejects.toMatchObject({ code: 'ERR_STORE_CURSOR' });
      await sql`DELETE FROM webhook_deliveries WHERE account_sid = ${accountSid}`.execute(store.db); // Others claim too.
    });

    it('replays to the URL before, or to the one that is set today where there is one', async () => {
      const { store, tenant, outbox, claim, deliveries } = await begin();
      const { accountSid, appId } = tenant;
      const host = `${tag()}.example:443`;
      const camel = (direction: string) => ({ body: JSON.stringify({ CallSid: 'x', Direction: direction }) });
      const types = ['call_ringing', 'missed_call', 'call_completed', 'call_completed'];
      const made = types.map((type) => newNotice(tenant, { type, host }));
      Object.assign(made[2]!.delivery!, camel('inbound'));
      Object.assign(made[3]!.delivery!, camel('outbound'));
      await outbox.enqueue(made);
      for (const row of await claim()) await outbox.finish(resultOf(row, true));
      const patch = { callbackUrl: 'https://new.example/callback', incomingCallHangupUrl: 'http://new.example/hangup' };
      await store.appSettings.update(accountSid, appId, patch, 'snake');
      const places = async (toCurrentUrl: boolean) => {
        const all = await Promise.all(
          made.map((one) => deliveries.replay(accountSid, deliveryId(one), { toCurrentUrl })),
        );
        return all.map((one) => [one?.url, one?.host]);
      };
      const before = [`https://${host}/hook`, host];
      expect(await places(false)).toEqual([before, before, before, before]);
      const callback = ['https://new.example/callback', 'new.example:443'];
      expect(await places(true)).toEqual([callback, before, ['http://new.example/hangup', 'new.example:80'], callback]);
      for (const row of await claim()) await outbox.finish(resultOf(row, true));
      await deliveries.replayAll({ accountSid, eventType: 'call_ringing' }, { toCurrentUrl: true });
      const ringing = (await claim()).filter((row) => row.eventType === 'call_ringing');
      expect(ringing.map((row) => [row.url, row.host])).toEqual([callback]);
    });

    it('refuses to replay what belongs to a deleted app', async () => {
      const { store, tenant, outbox, claim, deliveries } = await begin();
      const notice = newNotice(tenant);
      await outbox.enqueue([notice]);
      await outbox.finish(resultOf((await claim())[0]!, true));
      expect(await store.apps.delete(tenant.accountSid, tenant.appId)).toBe(true);
      const { accountSid } = tenant;
      await expect(deliveries.replay(accountSid, deliveryId(notice))).rejects.toMatchObject({
        code: 'ERR_STORE_CONFLICT',
        message: expect.stringContaining('deleted'),
      });
      expect(await deliveries.replayAll({ accountSid, status: 'delivered' })).toMatchObject({ replayed: 0 });
      expect(await claim()).toEqual([]);
    });
  });

  describe('the feed', () => {
    it('gives an app its events in order, with the fields in their order, and goes on from a cursor', async () => {
      const { store, tenant, outbox, feed } = await begin();
      const other = await makeTenant(store);
      const made = Array.from({ length: 5 }, () => newNotice(tenant));
      for (const notice of made) await outbox.enqueue([notice]);
      const silent = newNotice(tenant, { delivery: undefined, type: 'missed_call' });
      await outbox.enqueue([silent]);
      const all = [...made, silent].map(({ eventId }) => eventId);
      const seen: string[] = [];
      let after: string | undefined;
      for (let turn = 0; turn < 4; turn++) {
        const page = await feed.read({ ...tenant, after, limit: 2 });
        seen.push(...page.events.map((event) => event.eventId));
        expect(page.hasMore).toBe(turn < 2);
        after = page.cursor;
      }
      expect(seen).toEqual(all);
      const late = newNotice(tenant);
      await outbox.enqueue([late]);
      const next = await feed.read({ ...tenant, after, limit: 10 });
      expect(next.events).toEqual([
        { eventId: late.eventId, type: late.type, callSid: late.callSid, at: late.at, payload: expect.anything() },
      ]);
      expect(Object.keys(next.events[0]!.payload)).toEqual(['event', 'call_sid', 'a']);
      expect((await feed.read({ ...tenant, limit: 10, type: 'missed_call' })).events).toHaveLength(1);
      expect((await feed.read({ ...tenant, limit: 10, callSid: made[0]!.callSid })).events).toHaveLength(1);
      expect((await feed.read({ ...other, appId: tenant.appId, limit: 10 })).events).toEqual([]);
      await expect(feed.read({ ...tenant, limit: 1, after: 'nonsense' })).rejects.toMatchObject({
        code: 'ERR_STORE_CURSOR',
      });
    });
  });

  describe('the secrets', () => {
    it('makes one on first need, the same for all who ask at once, and none for a stranger', async () => {
      const { store, tenant, secrets } = await begin();
      const { accountSid, appId } = tenant;
      const other = await makeTenant(store);
      const [one, two] = await Promise.all([secrets.inForce(accountSid, appId), secrets.inForce(accountSid, appId)]);
      expect(one).toHaveLength(1);
      expect(one?.[0]?.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      expect(two).toEqual(one);
      expect(await secrets.inForce(other.accountSid, appId)).toBeUndefined();
      expect(await secrets.inForce(accountSid, 'no-such-app')).toBeUndefined();
      expect(await secrets.rotate(other.accountSid, appId, 1)).toBeUndefined();
      const { rows } = await sql<{ secret_encrypted: string }>`
        SELECT secret_encrypted FROM webhook_secrets WHERE app_id = ${appId}`.execute(store.db);
      expect(rows).toHaveLength(1);
      expect(rows[0]?.secret_encrypted).not.toContain(one![0]!.secret.slice(6));
    });

    it('rotates: the new one first, the old one beside it for as long as wanted', async () => {
      const { tenant, secrets } = await begin();
      const { accountSid, appId } = tenant;
      const [old] = (await secrets.inForce(accountSid, appId))!;
      const made = await secrets.rotate(accountSid, appId, 24);
      const both = (await secrets.inForce(accountSid, appId))!;
      expect(both.map(({ secret }) => secret)).toEqual([made!.secret, old!.secret]);
      expect(both[1]!.expiresAt!.getTime() - Date.now()).toBeGreaterThan(23.9 * 3_600_000);
      const alone = await secrets.rotate(accountSid, appId, 0);
      const secretsNow = (await secrets.inForce(accountSid, appId))!.map(({ secret }) => secret);
      expect(secretsNow).toEqual([alone!.secret]); // The one whose overlap still ran has ended too.
      for (let turn = 0; turn < 8; turn++) await secrets.rotate(accountSid, appId, 24);
      expect(await secrets.inForce(accountSid, appId)).toHaveLength(5);
    });
  });
}
