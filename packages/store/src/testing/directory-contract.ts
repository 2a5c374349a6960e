import type { DidTarget } from '@intermix/calls';
import { expect, it } from 'vitest';
import type { Store } from '../open-store.js';
import { makeTenant, newCarrier, spareNumber } from './tenant.js';

async function makeFlow(store: Store, accountSid: string): Promise<string> {
  const id = `flow_${accountSid}`;
  const document = JSON.stringify({ start: 'end', applets: { end: { type: 'hangup' } } });
  await store.db.insertInto('flows').values({ id, account_sid: accountSid, name: 'f', version: 1, document }).execute();
  return id;
}

/** What any directory of carriers, numbers and users does. */
export function directoryContract(theStore: () => Store): void {
  async function begin() {
    const store = theStore();
    const tenant = await makeTenant(store);
    const carrier = await store.carriers.createCarrier(newCarrier(tenant.accountSid));
    const target: DidTarget = { type: 'user', appId: tenant.appId, userId: tenant.userId };
    const newDid = {
      carrierId: carrier.id,
      accountSid: tenant.accountSid,
      direction: 'both' as const,
      target,
      ringTimeoutSec: 12,
    };
    const makeDid = (number = spareNumber()) => store.carriers.createDid({ ...newDid, number, label: undefined });
    return { store, carriers: store.carriers, users: store.users, ...tenant, carrier, newDid, makeDid };
  }

  it('gives back a carrier as it was made, with its passwords', async () => {
    const { store, carriers, accountSid, carrier } = await begin();
    expect(carrier).toStrictEqual({ ...newCarrier(accountSid), id: carrier.id });
    expect(await carriers.getCarrier(accountSid, carrier.id)).toStrictEqual(carrier);
    expect(await carriers.listCarriers()).toContainEqual(carrier);
    const row = await store.db.selectFrom('carriers').selectAll().where('id', '=', carrier.id).executeTakeFirst();
    expect(JSON.stringify(row)).not.toContain('out-s3cret');
  });

  it('changes and clears the fields of a carrier that a patch names; the next read sees it', async () => {
    const { carriers, accountSid, carrier } = await begin();
    await carriers.listCarriers();
    const patch = { name: 'Other', outboundAuthPassword: undefined, inboundAuthPassword: 'in-s3cret', outboundCps: 2 };
    const changed = await carriers.updateCarrier(accountSid, carrier.id, patch);
    expect(changed).toStrictEqual({ ...carrier, ...patch });
    expect(await carriers.listCarriers()).toContainEqual(changed);
  });

  it('refuses a second carrier of the same name, in one account only', async () => {
    const { store, carriers, accountSid } = await begin();
    const second = carriers.createCarrier(newCarrier(accountSid));
    await expect(second).rejects.toMatchObject({ code: 'ERR_STORE_CONFLICT', field: 'name' });
    const { accountSid: other } = await makeTenant(store);
    await carriers.createCarrier(newCarrier(other));
  });

  it('deletes a carrier once its numbers are gone', async () => {
    const { carriers, accountSid, carrier, makeDid } = await begin();
    const did = await makeDid();
    await expect(carriers.deleteCarrier(accountSid, carrier.id)).rejects.toMatchObject({ field: 'dids' });
    expect(await carriers.deleteDid(accountSid, did.id)).toBe(true);
    expect(await carriers.findDid(did.number)).toBeUndefined();
    expect(await carriers.deleteCarrier(accountSid, carrier.id)).toBe(true);
    expect(await carriers.deleteCarrier(accountSid, carrier.id)).toBe(false);
    expect(await carriers.listCarriersOf(accountSid)).toEqual([]);
  });

  it('finds a number the moment it is made, and lists the oldest first', async () => {
    const { carriers, accountSid, carrier, makeDid } = await begin();
    const number = spareNumber();
    expect(await carriers.findDid(number)).toBeUndefined();
    const first = await makeDid(number);
    expect(await carriers.findDid(number)).toStrictEqual(first);
    const second = await makeDid();
    expect(await carriers.listDids(accountSid)).toStrictEqual([first, second]);
    expect(await carriers.listDidsOfCarrier(accountSid, carrier.id)).toStrictEqual([first, second]);
  });

  it('changes a number; the old one is not found any more', async () => {
    const { carriers, accountSid, appId, userId, makeDid } = await begin();
    const did = await makeDid();
    await carriers.findDid(did.number);
    const patch = { number: spareNumber(), target: { type: 'users', appId, userIds: [userId] } as const };
    expect(await carriers.updateDid(accountSid, did.id, patch)).toStrictEqual({ ...did, ...patch });
    expect(await carriers.findDid(did.number)).toBeUndefined();
    expect(await carriers.findDid(patch.number)).toStrictEqual({ ...did, ...patch });
    expect(await carriers.updateDid(accountSid, did.id, { target: undefined })).toMatchObject({ target: undefined });
  });

  it("names the field of a number that conflicts: taken, another's carrier, another's user", async () => {
    const { store, carriers, makeDid, newDid, appId } = await begin();
    const did = await makeDid();
    await expect(makeDid(did.number)).rejects.toMatchObject({ code: 'ERR_STORE_CONFLICT', field: 'number' });
    const other = await makeTenant(store);
    const theirs = {
      ...newDid,
      accountSid: other.accountSid,
      number: spareNumber(),
      label: undefined,
      target: undefined,
    };
    await expect(carriers.createDid(theirs)).rejects.toMatchObject({ field: 'carrier_id' });
    for (const target of [
      { type: 'user', appId: other.appId, userId: other.userId } as const,
      { type: 'users', appId, userIds: ['asha', 'nobody'] } as const,
      { type: 'flow', flowId: await makeFlow(store, other.accountSid) } as const,
    ]) {
      const make = carriers.createDid({ ...newDid, number: spareNumber(), label: undefined, target });
      await expect(make).rejects.toMatchObject({ code: 'ERR_STORE_CONFLICT', field: 'target' });
      await expect(carriers.updateDid(newDid.accountSid, did.id, { target })).rejects.toMatchObject({
        field: 'target',
      });
    }
  });

  it('takes a flow of the account as target', async () => {
    const { store, carriers, accountSid, makeDid } = await begin();
    const did = await makeDid();
    const target = { type: 'flow', flowId: await makeFlow(store, accountSid) } as const;
    expect(await carriers.updateDid(accountSid, did.id, { target })).toMatchObject({ target });
    expect(await carriers.findDid(did.number)).toMatchObject({ target });
  });

  it("gives another account's carrier and number to nobody", async () => {
    const { store, carriers, carrier, makeDid } = await begin();
    const did = await makeDid();
    const { accountSid: other } = await makeTenant(store);
    expect(await carriers.getCarrier(other, carrier.id)).toBeUndefined();
    expect(await carriers.updateCarrier(other, carrier.id, { name: 'mine' })).toBeUndefined();
    expect(await carriers.deleteCarrier(other, carrier.id)).toBe(false);
    expect(await carriers.listCarriersOf(other)).toEqual([]);
    expect(await carriers.getDid(other, did.id)).toBeUndefined();
    expect(await carriers.updateDid(other, did.id, { label: 'mine' })).toBeUndefined();
    expect(await carriers.deleteDid(other, did.id)).toBe(false);
    expect(await carriers.listDids(other)).toEqual([]);
    expect(await carriers.listDidsOfCarrier(other, carrier.id)).toEqual([]);
    expect(await carriers.findDid(did.number)).toStrictEqual(did);
  });

  it('finds a SIP account with its password, which the table does not show', async () => {
    const { store, users, accountSid, appId, userId } = await begin();
    const user = {
      ...{ accountSid, appId, userId, name: 'Asha Rao', sipUsername: 'asha-sip', phone: '+919876543210' },
      ...{ devices: { sip: true, phone: false }, virtualNumber: undefined },
    };
    expect(await users.findSipAccount(accountSid, 'asha-sip')).toStrictEqual({
      user,
      credentials: { password: 's3cret' },
    });
    expect(await users.findUser(appId, userId)).toStrictEqual(user);
    const row = await store.db.selectFrom('users').selectAll().where('app_id', '=', appId).executeTakeFirst();
    expect(JSON.stringify(row)).not.toContain('s3cret');
  });

  it('sees a new password, a deactivated user and a deleted one at the next read', async () => {
    const { users, accountSid, appId, userId } = await begin();
    const password = async () => (await users.findSipAccount(accountSid, 'asha-sip'))?.credentials.password;
    expect(await password()).toBe('s3cret');
    await users.updateUser(accountSid, appId, userId, { sipPassword: 'changed', phone: undefined });
    expect(await password()).toBe('changed');
    expect(await users.findUser(appId, userId)).toMatchObject({ phone: undefined, name: 'Asha Rao' });
    await users.updateUser(accountSid, appId, userId, { isActive: false });
    expect(await password()).toBeUndefined();
    expect(await users.findUser(appId, userId)).toBeUndefined();
    await users.updateUser(accountSid, appId, userId, { isActive: true });
    expect(await password()).toBe('changed');
    expect(await users.deleteUser(accountSid, appId, userId)).toBe(true);
    expect(await password()).toBeUndefined();
    expect(await users.deleteUser(accountSid, appId, userId)).toBe(false);
  });

  it('names the field of a user that conflicts', async () => {
    const { store, users, accountSid, appId } = await begin();
    const user = { accountSid, appId, name: 'Ravi', sipPassword: 'x' };
    const same = (userId: string, sipUsername: string) => users.createUser({ ...user, userId, sipUsername });
    await expect(same('ravi', 'asha-sip')).rejects.toMatchObject({ field: 'sip_username' });
    await expect(same('asha', 'ravi-sip')).rejects.toMatchObject({ field: 'user_id' });
    const { accountSid: other } = await makeTenant(store);
    const foreign = users.createUser({ ...user, accountSid: other, userId: 'ravi', sipUsername: 'ravi-sip' });
    await expect(foreign).rejects.toMatchObject({ code: 'ERR_STORE_CONFLICT', field: 'app_id' });
  });

  it("gives another account's user to nobody", async () => {
    const { store, users, accountSid, appId, userId } = await begin();
    const { accountSid: other } = await makeTenant(store);
    await store.users.createUser({
      ...{ accountSid, appId, userId: 'ravi', name: 'Ravi', sipUsername: 'ravi-sip', sipPassword: 'x' },
    });
    expect(await users.findSipAccount(other, 'ravi-sip')).toBeUndefined();
    expect(await users.getUser(other, appId, userId)).toBeUndefined();
    expect(await users.listUsers({ accountSid: other, appId, limit: 10 })).toEqual([]);
    expect(await users.updateUser(other, appId, userId, { name: 'mine' })).toBeUndefined();
    expect(await users.deleteUser(other, appId, userId)).toBe(false);
    expect(await users.findUser(appId, userId)).toMatchObject({ name: 'Asha Rao' });
  });

  it('lists the users of an app, page by page', async () => {
    const { users, accountSid, appId } = await begin();
    for (const userId of ['ravi', 'meera'])
      await users.createUser({ accountSid, appId, userId, name: userId, sipUsername: userId, sipPassword: 'x' });
    const ids = async (afterUserId?: string) =>
      (await users.listUsers({ accountSid, appId, limit: 2, ...(afterUserId !== undefined && { afterUserId }) })).map(
        (user) => user.userId,
      );
    expect(await ids()).toEqual(['asha', 'meera']);
    expect(await ids('meera')).toEqual(['ravi']);
  });
}
