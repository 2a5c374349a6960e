import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { Store } from '../open-store.js';
import { makeTenant, newCall, newLeg } from './tenant.js';

/** What any store of an app's settings and contacts does, and how a customer's calls are counted. */
export function appDataContract(theStore: () => Store): void {
  async function begin() {
    const store = theStore();
    const [mine, theirs] = [await makeTenant(store), await makeTenant(store)];
    return { store, settings: store.appSettings, contacts: store.contacts, theirs, ...mine };
  }

  it('has defaults before the first write', async () => {
    const { settings, theirs, accountSid, appId } = await begin();
    expect(await settings.find(accountSid, appId)).toMatchObject({
      ...{ appId, accountSid, popupUrl: undefined, recordingEnabled: false, streamingEnabled: false, custom: {} },
      ...{ writtenGeneration: undefined, notificationFormat: undefined, createdAt: undefined },
    });
    expect(await settings.find(theirs.accountSid, appId)).toBeUndefined();
    expect(await settings.find(accountSid, 'none')).toBeUndefined();
  });

  it('changes the fields that a patch names, clears those that it names without a value, keeps the rest', async () => {
    const { settings, accountSid, appId } = await begin();
    await settings.find(accountSid, appId);
    const urls = {
      ...{ popupUrl: 'https://a.example/1', incomingCallHangupUrl: 'https://a.example/2' },
      ...{ missedCallUrl: 'https://a.example/3', callbackUrl: 'https://a.example/4' },
      ...{ recordingUrl: 'https://a.example/5', streamingUrl: 'wss://a.example/6', playbackUrl: 'https://a.example/7' },
    };
    const flags = { recordingEnabled: true, streamingEnabled: true, notificationFormat: 'camel' } as const;
    const first = await settings.update(accountSid, appId, { ...urls, ...flags }, 'snake');
    expect(first).toMatchObject({ ...urls, ...flags, writtenGeneration: 'snake', custom: {} });
    expect(await settings.find(accountSid, appId)).toStrictEqual(first);

    const patch = {
      popupUrl: undefined,
      recordingEnabled: false,
      streamingEnabled: undefined,
      playbackUrl: 'https://b/',
    };
    const second = await settings.update(accountSid, appId, { ...patch, notificationFormat: undefined }, 'camel');
    expect(second).toStrictEqual({
      ...{ ...first, ...patch, streamingEnabled: false, notificationFormat: undefined },
      ...{ writtenGeneration: 'camel', updatedAt: second.updatedAt },
    });
    expect(await settings.find(accountSid, appId)).toStrictEqual(second);
    const third = await settings.update(accountSid, appId, {}, 'camel');
    expect(third).toStrictEqual({ ...second, updatedAt: third.updatedAt });
  });

  it("keeps the customer's own keys: adds, replaces, removes; at most fifty of 2,000 characters", async () => {
    const { settings, accountSid, appId } = await begin();
    const custom = async (change: Record<string, string | undefined>) =>
      (await settings.update(accountSid, appId, { custom: change }, 'camel')).custom;
    expect(await custom({ WidgetPosition: 'left', 'a "b"': '1' })).toEqual({ WidgetPosition: 'left', 'a "b"': '1' });
    expect(await custom({ WidgetPosition: 'right', new: '2', 'a "b"': undefined, none: undefined })).toEqual({
      ...{ WidgetPosition: 'right', new: '2' },
    });
    const many = Object.fromEntries(Array.from({ length: 48 }, (_, n) => [`key${n}`, 'x'.repeat(2000)]));
    expect(Object.keys(await custom(many))).toHaveLength(50);
    const tooMuch = { code: 'ERR_STORE_CONFLICT', field: 'custom' };
    await expect(custom({ another: '1' })).rejects.toMatchObject(tooMuch);
    await expect(custom({ new: 'x'.repeat(2001) })).rejects.toMatchObject(tooMuch);
    expect(Object.keys(await custom({ another: '1', new: undefined }))).toHaveLength(50);
    expect((await settings.find(accountSid, appId))?.custom).toMatchObject({ another: '1', key47: 'x'.repeat(2000) });
    const { accountSid: sid, appId: fresh } = await begin();
    const first = settings.update(sid, fresh, { custom: { ...many, a: '', b: '', c: '' } }, 'camel');
    await expect(first).rejects.toMatchObject(tooMuch);
    expect((await settings.find(sid, fresh))?.createdAt).toBeUndefined();
  });

  it("writes no settings for another account's app, nor for one that is not there", async () => {
    const { settings, theirs, accountSid, appId } = await begin();
    const mine = await settings.update(accountSid, appId, { popupUrl: 'https://mine.example/' }, 'snake');
    for (const [sid, app] of [
      [theirs.accountSid, appId],
      [accountSid, 'none'],
    ] as const)
      await expect(settings.update(sid, app, { popupUrl: 'https://x.example/' }, 'snake')).rejects.toMatchObject({
        code: 'ERR_STORE_NOT_FOUND',
      });
    expect(await settings.find(accountSid, appId)).toStrictEqual(mine);
  });

  it('loses neither of two writes at once', async () => {
    const { settings, accountSid, appId } = await begin();
    const urls = { popupUrl: 'https://a.example/', callbackUrl: 'https://b.example/' };
    await Promise.all([
      settings.update(accountSid, appId, { popupUrl: urls.popupUrl, custom: { a: '1' } }, 'snake'),
      settings.update(accountSid, appId, { callbackUrl: urls.callbackUrl, custom: { b: '2' } }, 'snake'),
    ]);
    expect(await settings.find(accountSid, appId)).toMatchObject({ ...urls, custom: { a: '1', b: '2' } });
  });

  it('finds a contact the moment it is there, changed or gone, though it was asked for before', async () => {
    const { contacts, accountSid, appId } = await begin();
    const find = async () => (await contacts.find(accountSid, appId, '+911'))?.name;
    const put = (name: string, customField?: string) =>
      contacts.put(accountSid, appId, [{ number: '+911', name, customField }]);
    expect([await find(), await find()]).toEqual([undefined, undefined]);
    expect(await put('One', 'vip')).toBe(1);
    const found = await contacts.find(accountSid, appId, '+911');
    expect(found).toStrictEqual({ number: '+911', name: 'One', customField: 'vip', updatedAt: expect.any(Date) });
    await put('Other');
    expect(await contacts.find(accountSid, appId, '+911')).toMatchObject({ name: 'Other', customField: undefined });
    expect(await contacts.delete(accountSid, appId, '+911')).toBe(true);
    expect(await find()).toBeUndefined();
    expect(await contacts.delete(accountSid, appId, '+911')).toBe(false);
  });

  it('puts many contacts at once, the last of a number that comes twice, and lists them page by page', async () => {
    const { contacts, accountSid, appId } = await begin();
    const number = (n: number) => `+91${String(n).padStart(10, '0')}`;
    const many = Array.from({ length: 6000 }, (_, n) => ({ number: number(n), name: `n${n}`, customField: undefined }));
    const twice = { number: number(0), name: 'again', customField: undefined };
    expect(await contacts.put(accountSid, appId, [...many, twice])).toBe(6000);
    const page = async (limit: number, afterNumber?: string) =>
      (await contacts.list(accountSid, appId, { limit, afterNumber })).map(({ name }) => name);
    expect(await page(2)).toEqual(['again', 'n1']);
    expect(await page(2, number(1))).toEqual(['n2', 'n3']);
    expect(await page(2, number(5999))).toEqual([]);
  });

  it('refuses contacts beyond 100,000 an app, and then writes none of them', async () => {
    const { store, contacts, accountSid, appId } = await begin();
    await sql`INSERT INTO contacts (app_id, account_sid, number, name)
      SELECT ${appId}, ${accountSid}, n::text, 'x' FROM generate_series(1, 99999) AS n`.execute(store.db);
    const put = (...numbers: string[]) =>
      contacts.put(
        accountSid,
        appId,
        numbers.map((number) => ({ number, name: 'y', customField: undefined })),
      );
    await expect(put('+911', '+912')).rejects.toMatchObject({ code: 'ERR_STORE_CONFLICT', field: 'contacts' });
    expect(await contacts.find(accountSid, appId, '+911')).toBeUndefined();
    const atOnce = await Promise.allSettled([put('+911', '1'), put('+912', '1')]); // Room for one: each counts the other's.
    expect(atOnce.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(put('+913')).rejects.toMatchObject({ field: 'contacts' });
  });

  it("shows another account's contacts to nobody, and changes none", async () => {
    const { contacts, theirs, accountSid, appId } = await begin();
    const contact = { number: '+911', name: 'One', customField: undefined };
    await contacts.put(accountSid, appId, [contact]);
    const other = theirs.accountSid;
    await expect(contacts.put(other, appId, [{ ...contact, name: 'x' }])).rejects.toMatchObject({
      code: 'ERR_STORE_NOT_FOUND',
    });
    expect(await contacts.find(other, appId, '+911')).toBeUndefined();
    expect(await contacts.list(other, appId, { limit: 9, afterNumber: undefined })).toEqual([]);
    expect(await contacts.delete(other, appId, '+911')).toBe(false);
    expect(await contacts.find(accountSid, appId, '+911')).toMatchObject({ name: 'One' });
  });

  it("counts a customer's calls of a period", async () => {
    const { store, theirs, accountSid, customerId, appId } = await begin();
    const [from, to] = [new Date('2026-05-01T00:00:00Z'), new Date('2026-06-01T00:00:00Z')];
    const second = await store.apps.create({ accountSid, customerId, name: 'second', secret: 'x' });
    const answeredAt = new Date('2026-05-02T00:00:05Z');
    const call = async (changes: Parameters<typeof newCall>[1], device?: 'sip' | 'phone', answered = true) => {
      const record = newCall(accountSid, { appId, createdAt: from, status: 'completed', ...changes });
      const leg = newLeg(record.callSid, 'callee', { device, ...(answered && { answeredAt }) });
      await store.calls.create(record, [newLeg(record.callSid, 'caller', { answeredAt }), leg], []);
    };
    await call({ direction: 'inbound', durationSec: 61, userId: 'asha' }, 'sip');
    await call({ direction: 'outbound', durationSec: 9, userId: 'asha' }, 'phone');
    await call({ direction: 'outbound', appId: second.id, userId: 'asha' }, 'sip', false);
    await call({ direction: 'internal', createdAt: new Date(to.getTime() - 1) }, 'sip');
    await call({ createdAt: to, durationSec: 1000 }, 'sip');
    await call({ createdAt: new Date(from.getTime() - 1), durationSec: 1000 }, 'sip');
    await call({ appId: theirs.appId, durationSec: 1000 }, 'sip');
    await call({ appId: undefined, durationSec: 1000 }, 'sip');
    expect(await store.customers.usage(accountSid, customerId, from, to)).toEqual({
      ...{ totalCalls: 4, talkSeconds: 70, inboundCalls: 1, outboundCalls: 2 },
      ...{ sipCalls: 2, pstnCalls: 1, activeApps: 2, activeUsers: 2 },
    });
    const nothing = await store.customers.usage(theirs.accountSid, customerId, from, to);
    expect(Object.values(nothing)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
}
