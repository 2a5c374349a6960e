import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import type { NewMappedUser } from '../integrations/mapped-user-rows.js';
import type { Store } from '../open-store.js';
import { makeTenant, type TestTenant } from './tenant.js';

const inAnHour = () => new Date(Date.now() + 3_600_000);

export function newMappedUser(tenant: TestTenant, userId: string, changes: Partial<NewMappedUser> = {}): NewMappedUser {
  return {
    ...{ accountSid: tenant.accountSid, appId: tenant.appId, userId, name: `Person ${userId}` },
    ...{ email: `${userId}@example.com`, exotelUserName: 'Ravi Kumar', phone: '+919800000001' },
    ...{ virtualNumber: '+918047100000', role: 'agent', devices: { sip: true, phone: true } },
    ...{ sipUsername: `${userId}-sip`, sipPassword: `pw-${userId}` },
    ...changes,
  };
}

/** What any store of the integrations API does: tokens, customers, apps and their settings. */
export function integrationsContract(theStore: () => Store): void {
  async function begin() {
    const store = theStore();
    const [mine, theirs] = [await makeTenant(store), await makeTenant(store)];
    const newToken = async (appId: string | undefined, expiresAt = inAnHour()) => {
      const token = randomBytes(24).toString('hex');
      const { accountSid, customerId } = mine;
      await store.integrationTokens.create(token, { accountSid, customerId, appId, expiresAt });
      return token;
    };
    return { store, tokens: store.integrationTokens, mine, theirs, newToken };
  }

  const rowsOf = async (
    store: Store,
    table: 'integration_tokens' | 'users' | 'contacts' | 'app_settings',
    sid: string,
  ) => store.db.selectFrom(table).selectAll().where('account_sid', '=', sid).execute();

  it('finds whom a token speaks for, and keeps only its hash', async () => {
    const { store, tokens, mine, newToken } = await begin();
    const expiresAt = inAnHour();
    const [ofApp, ofCustomer] = [await newToken(mine.appId, expiresAt), await newToken(undefined, expiresAt)];
    const { accountSid, customerId, appId } = mine;
    expect(await tokens.find(ofApp)).toMatchObject({ accountSid, customerId, appId, expiresAt, lastUsedAt: undefined });
    expect(await tokens.find(ofCustomer)).toMatchObject({ customerId, appId: undefined });
    expect(await tokens.find(`${ofApp}x`)).toBeUndefined();
    const rows = JSON.stringify(await rowsOf(store, 'integration_tokens', accountSid));
    for (const token of [ofApp, ofCustomer]) expect(rows).not.toContain(token);
  });

  it("makes no token for another account's customer or app", async () => {
    const { store, tokens, mine, theirs } = await begin();
    const token = { ...mine, appId: undefined, expiresAt: inAnHour() };
    await expect(tokens.create('t1', { ...token, customerId: theirs.customerId })).rejects.toMatchObject({
      code: 'ERR_STORE_CONFLICT',
      field: 'customer_id',
    });
    await expect(tokens.create('t2', { ...token, appId: theirs.appId })).rejects.toMatchObject({ field: 'app_id' });
    expect(await rowsOf(store, 'integration_tokens', mine.accountSid)).toEqual([]);
  });

  it('forgets a revoked token at once, though it was just used', async () => {
    const { tokens, mine, newToken } = await begin();
    const token = await newToken(mine.appId);
    expect(await tokens.find(token)).toBeDefined();
    expect(await tokens.revoke(token)).toBe(true);
    expect(await tokens.find(token)).toBeUndefined();
    expect(await tokens.revoke(token)).toBe(false);
  });

  it('writes when a token was used, later; an expired one was not used', async () => {
    const { store, tokens, mine, newToken } = await begin();
    const before = Date.now();
    const [used, expired] = [await newToken(mine.appId), await newToken(mine.appId, new Date(Date.now() - 1000))];
    await tokens.find(used);
    expect((await tokens.find(expired))?.expiresAt.getTime()).toBeLessThan(Date.now());
    expect((await tokens.find(used))?.lastUsedAt?.getTime()).toBeGreaterThanOrEqual(before);
    const times = async () =>
      (await rowsOf(store, 'integration_tokens', mine.accountSid)).map((row) => row.last_used_at);
    expect(await times()).toEqual([null, null]);
    await tokens.flush();
    expect((await times()).filter((time) => time !== null)).toHaveLength(1);
    expect((await tokens.find(used))?.lastUsedAt?.getTime()).toBeGreaterThanOrEqual(before);
  });

  it('deletes tokens that expired more than a day ago, and no others', async () => {
    const { tokens, mine, newToken } = await begin();
    const day = 86_400_000;
    const old = await newToken(mine.appId, new Date(Date.now() - 1.1 * day));
    const recent = await newToken(mine.appId, new Date(Date.now() - 0.9 * day));
    expect(await tokens.find(old)).toBeDefined();
    expect(await tokens.deleteExpired()).toBe(1);
    expect(await tokens.find(old)).toBeUndefined();
    expect(await tokens.find(recent)).toBeDefined();
    expect(await tokens.deleteExpired()).toBe(0);
  });

  it('makes customers and apps with ids of their own, and finds them in their account only', async () => {
    const { store, mine, theirs } = await begin();
    const { accountSid } = mine;
    const customer = await store.customers.create({ accountSid, name: 'Bharat', email: undefined, secret: 'c-secret' });
    expect(customer).toMatchObject({ accountSid, name: 'Bharat', email: undefined });
    expect(customer.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await store.customers.find(accountSid, customer.id)).toStrictEqual(customer);
    expect(await store.customers.find(theirs.accountSid, customer.id)).toBeUndefined();
    expect(await store.customers.authenticate(customer.id, 'c-secret')).toStrictEqual(customer);
    expect(await store.customers.authenticate(customer.id, 'wrong')).toBeUndefined();

    const input = { accountSid, customerId: customer.id, name: 'crm', secret: 'a-secret', exotelDomain: 'Singapore' };
    const app = await store.apps.create({ ...input, isActive: true });
    expect(app).toMatchObject({ accountSid, customerId: customer.id, exotelDomain: 'Singapore', isActive: true });
    const off = await store.apps.create({ ...input, isActive: false });
    expect(await store.apps.find(accountSid, app.id)).toStrictEqual(app);
    expect(await store.apps.findById(app.id)).toStrictEqual(app);
    expect(await store.apps.find(theirs.accountSid, app.id)).toBeUndefined();
    // The store orders by microseconds, of which a Date knows the thousands: within one, either may be the first.
    const listed = await store.apps.list(accountSid, customer.id);
    const inOneMillisecond = app.createdAt.getTime() === off.createdAt.getTime();
    expect(inOneMillisecond && listed[0]?.id === off.id ? listed.toReversed() : listed).toStrictEqual([app, off]);
    expect(await store.apps.list(theirs.accountSid, customer.id)).toEqual([]);
    expect(await store.apps.authenticate(app.id, 'a-secret')).toStrictEqual(app);
    expect(await store.apps.authenticate(app.id, 'c-secret')).toBeUndefined();
    expect(await store.apps.authenticate(off.id, 'a-secret')).toBeUndefined();
    expect(await store.customers.counts(accountSid, customer.id)).toEqual({ apps: 2, users: 0 });
    expect(await store.customers.counts(accountSid, mine.customerId)).toEqual({ apps: 1, users: 1 });
    expect(await store.customers.counts(theirs.accountSid, mine.customerId)).toEqual({ apps: 0, users: 0 });
  });

  it('names what is missing or taken when a customer or an app is made', async () => {
    const { store, mine, theirs } = await begin();
    const customer = { name: 'x', secret: 'x' };
    await expect(store.customers.create({ ...customer, accountSid: 'none' })).rejects.toMatchObject({
      code: 'ERR_STORE_CONFLICT',
      field: 'account_sid',
    });
    const again = store.customers.create({ ...customer, id: mine.customerId, accountSid: mine.accountSid });
    await expect(again).rejects.toMatchObject({ field: 'id' });
    const app = { ...customer, accountSid: mine.accountSid };
    await expect(store.apps.create({ ...app, customerId: theirs.customerId })).rejects.toMatchObject({
      field: 'customer_id',
    });
    const sameId = store.apps.create({ ...app, id: mine.appId, customerId: mine.customerId });
    await expect(sameId).rejects.toMatchObject({ field: 'id' });
  });

  it("kills an inactive app's tokens and SIP accounts at once, and revives them", async () => {
    const { store, tokens, mine, theirs, newToken } = await begin();
    const [ofApp, ofCustomer] = [await newToken(mine.appId), await newToken(undefined)];
    const alive = async () => ({
      token: (await tokens.find(ofApp)) !== undefined,
      account: (await store.users.findSipAccount(mine.accountSid, 'asha-sip')) !== undefined,
      app: (await store.apps.find(mine.accountSid, mine.appId))?.isActive,
    });
    expect(await alive()).toEqual({ token: true, account: true, app: true });
    expect(await store.apps.setActive(theirs.accountSid, mine.appId, false)).toBeUndefined();
    expect(await alive()).toEqual({ token: true, account: true, app: true });
    expect(await store.apps.setActive(mine.accountSid, mine.appId, false)).toMatchObject({ isActive: false });
    expect(await alive()).toEqual({ token: false, account: false, app: false });
    expect(await tokens.find(ofCustomer)).toBeDefined();
    await store.apps.setActive(mine.accountSid, mine.appId, true);
    expect(await alive()).toEqual({ token: true, account: true, app: true });
  });

  /** An app with something in every table that hangs on it, all of it read once, so that it is cached. */
  async function fullApp() {
    const context = await begin();
    const { store, mine, newToken } = context;
    const { accountSid, appId } = mine;
    const [token, customerToken] = [await newToken(appId), await newToken(undefined)];
    await store.appSettings.update(accountSid, appId, { popupUrl: 'https://a.example/' }, 'snake');
    await store.contacts.put(accountSid, appId, [{ number: '+911', name: 'One', customField: undefined }]);
    const delivery = (tag: string, status: string, app = appId) => ({
      ...{ delivery_id: `dlv-${appId}-${tag}`, event_id: 'e', event_type: 'incoming_call', account_sid: accountSid },
      ...{ app_id: app, call_sid: 'c', url: 'https://a.example/', host: 'a.example', body: '{}', status },
    });
    const deliveries = [
      delivery('waits', 'pending'),
      delivery('done', 'delivered'),
      delivery('other', 'pending', `other-${appId}`),
    ];
    await store.db.insertInto('webhook_deliveries').values(deliveries).execute();
    const statuses = async () =>
      Object.fromEntries(
        (
          await store.db
            .selectFrom('webhook_deliveries')
            .select(['delivery_id', 'status', 'finished_at', 'last_error'])
            .where('account_sid', '=', accountSid)
            .execute()
        ).map((row) => [row.delivery_id.slice(`dlv-${appId}-`.length), row]),
      );
    const cached = () =>
      Promise.all([
        store.integrationTokens.find(token),
        store.appSettings.find(accountSid, appId),
        store.contacts.find(accountSid, appId, '+911'),
        store.apps.findById(appId),
        store.users.findSipAccount(accountSid, 'asha-sip'),
        store.users.findUser(appId, 'asha'),
        store.mappedUsers.find(accountSid, appId, 'asha'),
      ]);
    const left = async () =>
      (
        await Promise.all(
          (['users', 'contacts', 'app_settings'] as const).map((table) => rowsOf(store, table, accountSid)),
        )
      ).flat().length;
    for (const found of await cached()) expect(found).toBeDefined();
    return { ...context, ...mine, customerToken, statuses, cached, left };
  }

  it('deletes an app with all that hangs on it, drops its pending deliveries, and nobody remembers it', async () => {
    const { store, tokens, theirs, accountSid, appId, customerToken, statuses, cached, left } = await fullApp();
    expect(await store.apps.delete(theirs.accountSid, appId)).toBe(false);
    for (const found of await cached()) expect(found).toBeDefined();
    expect((await statuses()).waits).toMatchObject({ status: 'pending' });

    expect(await store.apps.delete(accountSid, appId)).toBe(true);
    for (const found of await cached()) expect(found).toBeUndefined();
    expect(await left()).toBe(0);
    const { waits, done, other } = await statuses();
    expect(waits).toMatchObject({
      status: 'dropped',
      last_error: 'the app was deleted',
      finished_at: expect.any(Date),
    });
    expect([done?.status, other?.status]).toEqual(['delivered', 'pending']);
    expect(await tokens.find(customerToken)).toBeDefined();
    expect(await store.apps.delete(accountSid, appId)).toBe(false);
  });

  it('deletes a customer with its apps the same way, tokens of its own too', async () => {
    const { store, tokens, theirs, accountSid, customerId, customerToken, statuses, cached, left } = await fullApp();
    expect(await tokens.find(customerToken)).toBeDefined();
    expect(await store.customers.delete(theirs.accountSid, customerId)).toBe(false);
    expect(await store.customers.delete(accountSid, customerId)).toBe(true);
    for (const found of await cached()) expect(found).toBeUndefined();
    expect(await tokens.find(customerToken)).toBeUndefined();
    expect(await left()).toBe(0);
    const { waits, done } = await statuses();
    expect(waits).toMatchObject({ status: 'dropped', last_error: 'the customer was deleted' });
    expect(done?.status).toBe('delivered');
    expect(await store.customers.find(accountSid, customerId)).toBeUndefined();
    expect(await store.customers.delete(accountSid, customerId)).toBe(false);
  });
}
