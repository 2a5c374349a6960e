import { expect, it } from 'vitest';
import type { Store } from '../open-store.js';
import { makeTenant } from './tenant.js';

/** What any store of tenants, admins and settings does. */
export function tenantContract(theStore: () => Store): void {
  it('knows machines by their secrets, and keeps only hashes of these', async () => {
    const store = theStore();
    const { accountSid, customerId, appId } = await makeTenant(store);
    const tag = accountSid.slice('acc-'.length);
    const { tenants, customers, apps } = store;
    expect(await tenants.isEmpty()).toBe(false);
    expect(await tenants.authenticateAccount(`key-${tag}`, `token-${tag}`)).toMatchObject({ sid: accountSid });
    expect(await tenants.authenticateAccount(`key-${tag}`, 'token-wrong')).toBeUndefined();
    expect(await tenants.authenticateAccount('key-wrong', `token-${tag}`)).toBeUndefined();
    expect(await customers.authenticate(customerId, `customer-${tag}`)).toMatchObject({ accountSid });
    expect(await customers.authenticate(customerId, `app-${tag}`)).toBeUndefined();
    expect(await apps.authenticate(appId, `app-${tag}`)).toMatchObject({ id: appId, customerId, accountSid });
    expect(await apps.authenticate(appId, `customer-${tag}`)).toBeUndefined();
    const rows = await Promise.all([
      store.db.selectFrom('accounts').selectAll().where('sid', '=', accountSid).execute(),
      store.db.selectFrom('customers').selectAll().where('id', '=', customerId).execute(),
      store.db.selectFrom('apps').selectAll().where('id', '=', appId).execute(),
    ]);
    for (const secret of ['token-', 'customer-', 'app-'])
      expect(JSON.stringify(rows).replaceAll(appId, '')).not.toContain(secret + tag);
  });

  it("does not make an app under another account's customer", async () => {
    const { apps } = theStore();
    const mine = await makeTenant(theStore());
    const theirs = await makeTenant(theStore());
    const app = { id: `${mine.appId}-2`, accountSid: mine.accountSid, name: 'x', secret: 's' };
    await expect(apps.create({ ...app, customerId: theirs.customerId })).rejects.toMatchObject({
      code: 'ERR_STORE_CONFLICT',
      field: 'customer_id',
    });
    expect((await apps.listOfAccount(mine.accountSid)).map((found) => found.id)).toEqual([mine.appId]);
  });

  it('keeps settings encrypted, and agrees on one that several make at once', async () => {
    const { settings, db } = theStore();
    await settings.set('colour', 'blue');
    await settings.set('colour', 'green');
    expect(await settings.get('colour')).toBe('green');
    expect(await settings.get('none')).toBeUndefined();
    const made = await Promise.all(['a', 'b', 'c'].map((value) => settings.getOrCreate('shared', () => value)));
    expect(new Set(made).size).toBe(1);
    const row = await db.selectFrom('settings').selectAll().where('key', '=', 'colour').executeTakeFirstOrThrow();
    expect(row.value_encrypted).not.toContain('green');
  });

  it('says that it is healthy', async () => {
    expect(await theStore().healthy()).toBe(true);
  });
}
