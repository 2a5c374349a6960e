import { expect, it } from 'vitest';
import type { Store } from '../open-store.js';
import { newMappedUser } from './integrations-contract.js';
import { makeTenant } from './tenant.js';

/** What any store of mapped users does. */
export function mappedUsersContract(theStore: () => Store): void {
  async function begin() {
    const store = theStore();
    const [mine, theirs] = [await makeTenant(store), await makeTenant(store)];
    const { accountSid, appId } = mine;
    const make = (userId: string, changes = {}) =>
      store.mappedUsers
        .create([newMappedUser(mine, userId, changes)])
        .then(([user]) => user ?? expect.fail('not made'));
    const ids = async () =>
      (await store.mappedUsers.list(accountSid, appId, { limit: 500, offset: 0 })).users.map(({ userId }) => userId);
    return { store, mapped: store.mappedUsers, mine, theirs, accountSid, appId, make, ids };
  }

  it('makes users that can register at once, and gives them back as they were made', async () => {
    const { store, mapped, mine, accountSid, appId } = await begin();
    const input = newMappedUser(mine, 'ravi', { devices: { sip: false, phone: true }, email: undefined });
    const [ravi] = await mapped.create([input]);
    const { sipPassword, ...given } = input;
    expect(ravi).toMatchObject({ ...given, isActive: true, outboundActive: true, lastEnabledDevice: 'phone' });
    expect(ravi?.sipLastSeenAt).toBeUndefined();
    expect(new Set([ravi?.sipDeviceId, ravi?.phoneDeviceId, ravi?.exotelUserId]).size).toBe(3);
    expect(await mapped.find(accountSid, appId, 'ravi')).toStrictEqual(ravi);
    expect(await mapped.sipPassword(accountSid, appId, 'ravi')).toBe(sipPassword);
    const account = await store.users.findSipAccount(accountSid, 'ravi-sip');
    expect(account).toMatchObject({ user: { userId: 'ravi' }, credentials: { password: sipPassword } });
    const row = await store.db.selectFrom('users').selectAll().where('app_id', '=', appId).execute();
    expect(JSON.stringify(row)).not.toContain(sipPassword);
  });

  it('makes a hundred users or none of them', async () => {
    const { store, mapped, mine, accountSid, ids } = await begin();
    const hundred = Array.from({ length: 100 }, (_, n) => newMappedUser(mine, `user-${n}`));
    for (const [field, wrong] of [
      ['user_id', newMappedUser(mine, 'user-7', { sipUsername: 'else' })],
      ['sip_username', newMappedUser(mine, 'else', { sipUsername: 'asha-sip' })],
      ['devices', newMappedUser(mine, 'else', { devices: { sip: false, phone: false } })],
      ['app_id', newMappedUser({ ...mine, appId: 'none' }, 'else')],
    ] as const) {
      await expect(mapped.create([...hundred, wrong])).rejects.toMatchObject({ code: 'ERR_STORE_CONFLICT', field });
      expect(await ids()).toEqual(['asha']);
    }
    const made = await mapped.create(hundred);
    expect(made.map(({ userId }) => userId)).toEqual(hundred.map(({ userId }) => userId));
    expect(await ids()).toEqual(['asha', ...hundred.map(({ userId }) => userId)]);
    expect(await store.users.findSipAccount(accountSid, 'user-99-sip')).toBeDefined();
    expect(await mapped.create([])).toEqual([]);
  });

  it('lists users in the order in which they were made, page by page, with how many there are', async () => {
    const { mapped, theirs, accountSid, appId, make } = await begin();
    for (const userId of ['zoya', 'bina', 'meera']) await make(userId);
    const page = async (limit: number, offset: number) => {
      const { users, total } = await mapped.list(accountSid, appId, { limit, offset });
      return [users.map(({ userId }) => userId), total];
    };
    expect(await page(2, 0)).toEqual([['asha', 'zoya'], 4]);
    expect(await page(2, 2)).toEqual([['bina', 'meera'], 4]);
    expect(await page(2, 4)).toEqual([[], 4]);
    expect(await mapped.list(theirs.accountSid, appId, { limit: 9, offset: 0 })).toEqual({ users: [], total: 0 });
  });

  it('changes and clears what a patch names; every reader sees it at once', async () => {
    const { store, mapped, accountSid, appId, make } = await begin();
    const ravi = await make('ravi');
    await mapped.find(accountSid, appId, 'ravi');
    await store.users.findUser(appId, 'ravi');
    const patch = { virtualNumber: '+911140000000', phone: undefined };
    const changed = await mapped.update(accountSid, appId, 'ravi', patch);
    expect(changed).toStrictEqual({ ...ravi, ...patch, updatedAt: changed?.updatedAt });
    expect(await mapped.find(accountSid, appId, 'ravi')).toStrictEqual(changed);
    expect(await store.users.findUser(appId, 'ravi')).toMatchObject(patch);
    await store.users.updateUser(accountSid, appId, 'ravi', { name: 'By the other store', sipPassword: 'new' });
    expect(await mapped.find(accountSid, appId, 'ravi')).toMatchObject({ name: 'By the other store' });
    expect(await mapped.sipPassword(accountSid, appId, 'ravi')).toBe('new');
    expect(await mapped.update(accountSid, appId, 'nobody', patch)).toBeUndefined();
  });

  it('switches devices on and off, and knows which was switched on last', async () => {
    const { store, mapped, accountSid, appId, make } = await begin();
    await make('ravi', { devices: { sip: true, phone: false } });
    await store.users.findSipAccount(accountSid, 'ravi-sip');
    const set = async (devices: { sip?: boolean; phone?: boolean }) => {
      const user = await mapped.setDevices(accountSid, appId, 'ravi', devices);
      expect(await mapped.find(accountSid, appId, 'ravi')).toStrictEqual(user);
      expect((await store.users.findUser(appId, 'ravi'))?.devices).toEqual(user?.devices);
      expect((await store.users.findSipAccount(accountSid, 'ravi-sip'))?.user.devices).toEqual(user?.devices);
      return [user?.devices.sip, user?.devices.phone, user?.lastEnabledDevice];
    };
    expect(await set({ phone: true })).toEqual([true, true, 'phone']);
    expect(await set({ sip: true })).toEqual([true, true, 'sip']);
    expect(await set({ sip: false })).toEqual([false, true, 'phone']);
    expect(await set({ sip: true, phone: true })).toEqual([true, true, 'sip']);
    expect(await set({ sip: true, phone: false })).toEqual([true, false, 'sip']);
    expect(await set({ sip: false, phone: true })).toEqual([false, true, 'phone']);
    for (const devices of [{ phone: false }, { sip: false, phone: false }])
      await expect(mapped.setDevices(accountSid, appId, 'ravi', devices)).rejects.toMatchObject({
        code: 'ERR_STORE_CONFLICT',
        field: 'devices',
      });
    expect(await set({})).toEqual([false, true, 'phone']);
    expect(await mapped.setDevices(accountSid, appId, 'nobody', { sip: true })).toBeUndefined();
  });

  it('leaves one device on when two requests switch off one each', async () => {
    const { mapped, accountSid, appId, make } = await begin();
    for (let round = 0; round < 10; round += 1) {
      const userId = `user-${round}`;
      await make(userId);
      const outcomes = await Promise.allSettled([
        mapped.setDevices(accountSid, appId, userId, { sip: false }),
        mapped.setDevices(accountSid, appId, userId, { phone: false }),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const devices = (await mapped.find(accountSid, appId, userId))?.devices;
      expect([devices?.sip, devices?.phone].filter(Boolean)).toHaveLength(1);
    }
  });

  it('deletes those named, or all, and gives them back; none can register any more', async () => {
    const { store, mapped, accountSid, appId, make, ids } = await begin();
    const [ravi] = [await make('ravi'), await make('meera')];
    await store.users.findSipAccount(accountSid, 'ravi-sip');
    await mapped.find(accountSid, appId, 'ravi');
    expect(await mapped.delete(accountSid, appId, ['ravi', 'nobody'])).toStrictEqual([ravi]);
    expect(await store.users.findSipAccount(accountSid, 'ravi-sip')).toBeUndefined();
    expect(await mapped.find(accountSid, appId, 'ravi')).toBeUndefined();
    expect(await mapped.sipPassword(accountSid, appId, 'ravi')).toBeUndefined();
    expect(await ids()).toEqual(['asha', 'meera']);
    expect(await mapped.delete(accountSid, appId, [])).toEqual([]);
    expect((await mapped.deleteAll(accountSid, appId)).map(({ userId }) => userId).sort()).toEqual(['asha', 'meera']);
    expect(await store.users.findSipAccount(accountSid, 'asha-sip')).toBeUndefined();
    expect(await mapped.deleteAll(accountSid, appId)).toEqual([]);
  });

  it('tells when a user was last seen at once, and writes it later; an older time changes nothing', async () => {
    const { store, mapped, theirs, accountSid, appId } = await begin();
    const at = new Date('2026-03-04T05:06:07.089Z');
    const seen = async () => (await mapped.find(accountSid, appId, 'asha'))?.sipLastSeenAt;
    const row = async () =>
      (await store.db.selectFrom('users').select('sip_last_seen_at').where('app_id', '=', appId).executeTakeFirst())
        ?.sip_last_seen_at;
    mapped.recordSipSeen(accountSid, 'asha-sip', at);
    mapped.recordSipSeen(accountSid, 'nobody', at);
    expect(await seen()).toEqual(at);
    const { users } = await mapped.list(accountSid, appId, { limit: 1, offset: 0 });
    expect(users[0]?.sipLastSeenAt).toEqual(at);
    expect(await row()).toBeNull();
    await mapped.flush();
    expect([await row(), await seen()]).toEqual([at, at]);
    mapped.recordSipSeen(accountSid, 'asha-sip', new Date(at.getTime() - 1000));
    await mapped.flush();
    expect([await row(), await seen()]).toEqual([at, at]);
    expect((await mapped.find(theirs.accountSid, theirs.appId, 'asha'))?.sipLastSeenAt).toBeUndefined();
  });

  it("shows another account's user to nobody, and changes none", async () => {
    const { mapped, theirs, accountSid, appId, ids } = await begin();
    const asha = await mapped.find(accountSid, appId, 'asha');
    const other = theirs.accountSid;
    expect(await mapped.find(other, appId, 'asha')).toBeUndefined();
    expect(await mapped.sipPassword(other, appId, 'asha')).toBeUndefined();
    expect(await mapped.update(other, appId, 'asha', { name: 'mine' })).toBeUndefined();
    expect(await mapped.setDevices(other, appId, 'asha', { phone: true })).toBeUndefined();
    expect(await mapped.delete(other, appId, ['asha'])).toEqual([]);
    expect(await mapped.deleteAll(other, appId)).toEqual([]);
    await expect(mapped.create([newMappedUser({ ...theirs, appId }, 'intruder')])).rejects.toMatchObject({
      field: 'app_id',
    });
    expect(await ids()).toEqual(['asha']);
    expect(await mapped.find(accountSid, appId, 'asha')).toStrictEqual(asha);
  });
}
