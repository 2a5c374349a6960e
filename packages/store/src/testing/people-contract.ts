import { describe, expect, it } from 'vitest';
import type { Store } from '../open-store.js';
import type { Admin } from '../people/admin-rows.js';
import type { NewAuditEntry } from '../people/audit-store.js';
import { makeTenant } from './tenant.js';

const dayMs = 24 * 3_600_000;

const entryFor = (accountSid: string, changes: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  ...{ accountSid, actor: { type: 'person', id: 'adm_1', name: 'op@example.com' }, action: 'updateCarrier' },
  ...{ resource: { type: 'carrier', id: 'car_1' }, changes: { name: { from: 'a', to: 'b' } } },
  ...{ source: '203.0.113.5', requestId: 'req_1' },
  ...changes,
});

/** What any store of people, their sessions and the audit log does. */
export function peopleContract(theStore: () => Store): void {
  async function person(changes: Partial<Admin> = {}) {
    const { accountSid } = await makeTenant(theStore());
    const admin = await theStore().admins.createAdmin({
      ...{ accountSid, email: `Op@${accountSid}.example`, name: 'Op', role: 'admin', passwordHash: '$x' },
      ...changes,
    });
    return { admin, accountSid, entry: entryFor(accountSid) };
  }
  const actionsOf = async (accountSid: string) =>
    (await theStore().audit.list({ accountSid, limit: 50 })).entries.map((entry) => entry.action);

  describe('people', () => {
    it('are found by e-mail whatever its case, and a second is refused', async () => {
      const { admins } = theStore();
      const { admin, accountSid, entry } = await person();
      expect(admin).toMatchObject({ isActive: true, lastLoginAt: undefined, createdAt: expect.any(Date) });
      expect(await admins.findAdminByEmail(admin.email.toUpperCase())).toStrictEqual(admin);
      expect(await admins.findAdminByEmail('a\0')).toBeUndefined();
      const again = { ...admin, email: admin.email.toLowerCase() };
      await expect(admins.createAdmin(again, () => entry)).rejects.toMatchObject({
        ...{ code: 'ERR_STORE_CONFLICT', field: 'email' },
      });
      expect(await actionsOf(accountSid)).toEqual([]);
    });

    it('are listed in pages, oldest first, each in its account', async () => {
      const { admins } = theStore();
      const { accountSid } = await person();
      for (const name of ['b', 'c']) {
        const input = {
          accountSid,
          email: `${name}@${accountSid}.example`,
          name,
          role: 'agent',
          passwordHash: '$',
        } as const;
        await admins.createAdmin(input);
      }
      await person();
      const first = await admins.listAdmins({ accountSid, limit: 2 });
      expect(first.admins.map(({ name }) => name)).toEqual(['Op', 'b']);
      const second = await admins.listAdmins({ accountSid, limit: 2, cursor: first.nextCursor });
      expect([second.admins.map(({ name }) => name), second.nextCursor]).toEqual([['c'], undefined]);
      await expect(admins.listAdmins({ accountSid, limit: 2, cursor: 'x' })).rejects.toMatchObject({
        code: 'ERR_STORE_CURSOR',
      });
    });

    it('are changed with their entry of the audit log, or not at all', async () => {
      const { admins } = theStore();
      const { admin, accountSid, entry } = await person();
      const other = await person();
      const change = { name: 'New', role: 'supervisor', isActive: false, passwordHash: '$y' } as const;
      expect(await admins.changeAdmin(other.accountSid, admin.id, () => ({ change, entry }))).toBeUndefined();
      const refused = admins.changeAdmin(accountSid, admin.id, (before) => {
        expect(before).toStrictEqual(admin);
        throw new Error('no');
      });
      await expect(refused).rejects.toThrow('no');
      const unwritable = { ...entry, accountSid: 'none' };
      await expect(admins.changeAdmin(accountSid, admin.id, () => ({ change, entry: unwritable }))).rejects.toThrow();
      expect(await admins.getAdmin(accountSid, admin.id)).toStrictEqual(admin);
      expect(await admins.changeAdmin(accountSid, admin.id, () => ({ change, entry }))).toStrictEqual({
        ...admin,
        ...change,
      });
      expect(await admins.getAdmin(accountSid, admin.id)).toMatchObject(change);
      expect(await admins.getAdmin(other.accountSid, admin.id)).toBeUndefined();
      expect(await actionsOf(accountSid)).toEqual(['updateCarrier']);
    });
  });

  describe('sessions', () => {
    async function signedIn() {
      const some = await person();
      const refreshToken = `token-1-${some.accountSid}`;
      const open = () =>
        theStore().adminSessions.open({ admin: some.admin, refreshToken, source: '203.0.113.5' }, () => some.entry);
      const session = await open();
      if (session === undefined) throw new Error('no session');
      return { ...some, refreshToken, sessionId: session.sessionId, open };
    }

    it('begin with a token that is kept as a hash, and tell of their person', async () => {
      const { adminSessions, db, admins } = theStore();
      const { admin, accountSid, sessionId } = await signedIn();
      expect(await adminSessions.find(sessionId)).toMatchObject({ sessionId, admin: { id: admin.id, name: 'Op' } });
      expect((await admins.getAdmin(accountSid, admin.id))?.lastLoginAt).toBeInstanceOf(Date);
      const rows = await db
        .selectFrom('admin_refresh_tokens')
        .selectAll()
        .where('session_id', '=', sessionId)
        .execute();
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).not.toContain('token-1-');
      expect(await adminSessions.find('ses_none')).toBeUndefined();
      expect(await adminSessions.find('a\0')).toBeUndefined();
    });

    it('do not begin with a password that was changed meanwhile', async () => {
      const { admins } = theStore();
      const { admin, accountSid, entry, open } = await signedIn();
      await admins.changeAdmin(accountSid, admin.id, () => ({ change: { passwordHash: '$new' }, entry }));
      expect(await open()).toBeUndefined();
    });

    it('take a refresh token once; the second time the session ends, and the log says so', async () => {
      const { adminSessions } = theStore();
      const { accountSid, sessionId, refreshToken, admin } = await signedIn();
      const reused = () => entryFor(accountSid, { action: 'refreshTokenReused' });
      const next = `token-2-${accountSid}`;
      expect(await adminSessions.rotate(refreshToken, next, reused)).toMatchObject({
        ...{ result: 'rotated', session: { sessionId, admin: { id: admin.id } }, expiresAt: expect.any(Date) },
      });
      expect(await adminSessions.find(sessionId)).toBeDefined();
      const again = await adminSessions.rotate(refreshToken, `token-3-${accountSid}`, reused);
      expect(again).toMatchObject({ result: 'reused', session: { sessionId } });
      expect(await adminSessions.find(sessionId)).toBeUndefined();
      for (const token of [next, `token-3-${accountSid}`, 'none'])
        expect(await adminSessions.rotate(token, `x-${token}-${accountSid}`, reused)).toEqual({ result: 'unknown' });
      expect(await actionsOf(accountSid)).toEqual(['refreshTokenReused', 'updateCarrier']);
    });

    it('give one of two who come with the same token at once no second one', async () => {
      const { adminSessions } = theStore();
      const { accountSid, refreshToken, entry } = await signedIn();
      const rotate = (next: string) => adminSessions.rotate(refreshToken, `${next}-${accountSid}`, () => entry);
      const results = (await Promise.all([rotate('a'), rotate('b')])).map(({ result }) => result);
      expect(results.sort()).toEqual(['reused', 'rotated']);
    });

    it('end by themselves, all at once, all but one, or by their person being switched off', async () => {
      const { adminSessions, admins } = theStore();
      const one = await signedIn();
      const { admin, accountSid, entry } = one;
      const open = async (n: number) => {
        const input = { admin, refreshToken: `more-${n}-${accountSid}`, source: '::1' };
        return (await adminSessions.open(input, () => entry))?.sessionId ?? '';
      };
      const [two, three] = [await open(2), await open(3)];
      const alive = async () =>
        (await Promise.all([one.sessionId, two, three].map((id) => adminSessions.find(id)))).map(Boolean);
      expect(await alive()).toEqual([true, true, true]);
      await adminSessions.end('another', three, { ...entry, accountSid });
      expect(await alive()).toEqual([true, true, true]);
      await adminSessions.end(accountSid, three, entry);
      expect(await alive()).toEqual([true, true, false]);
      const endSessions = { except: two };
      await admins.changeAdmin(accountSid, admin.id, () => ({ change: {}, endSessions, entry }));
      expect(await alive()).toEqual([false, true, false]);
      await admins.changeAdmin(accountSid, admin.id, () => ({ change: { isActive: false }, entry }));
      expect(await alive()).toEqual([false, false, false]);
      const off = await adminSessions.rotate(`more-2-${accountSid}`, `more-4-${accountSid}`, () => entry);
      expect(off).toEqual({ result: 'unknown' });
    });
  });

  describe('the audit log', () => {
    it('is read newest first, by person, action, resource and time, page by page, each account its own', async () => {
      const { audit } = theStore();
      const { accountSid } = await makeTenant(theStore());
      const { accountSid: other } = await makeTenant(theStore());
      const machine = { type: 'api-key', id: accountSid, name: 'API key' } as const;
      await audit.append(entryFor(accountSid));
      await audit.append(entryFor(accountSid, { action: 'deleteCarrier', actor: machine }));
      await audit.append(
        entryFor(accountSid, { resource: { type: 'flow', id: 'flw\0' }, changes: { a: { to: '\0' } } }),
      );
      await audit.append(entryFor(other));
      const { entries } = await audit.list({ accountSid, limit: 50 });
      expect(entries.map(({ resource, action }) => [resource.type, action])).toEqual([
        ['flow', 'updateCarrier'],
        ['carrier', 'deleteCarrier'],
        ['carrier', 'updateCarrier'],
      ]);
      expect(entries[2]).toEqual({ ...entryFor(accountSid), id: expect.stringMatching(/^aud_/), at: expect.any(Date) });
      const countOf = async (filter: object) => (await audit.list({ accountSid, limit: 50, ...filter })).entries.length;
      expect(await countOf({ actorId: accountSid })).toBe(1);
      expect(await countOf({ action: 'updateCarrier' })).toBe(2);
      expect(await countOf({ resourceType: 'carrier', resourceId: 'car_1' })).toBe(2);
      expect(await countOf({ resourceId: 'flw\0' })).toBe(1);
      expect(await countOf({ from: new Date(Date.now() - 60_000) })).toBe(3);
      expect(await countOf({ to: new Date(Date.now() - 60_000) })).toBe(0);
      const first = await audit.list({ accountSid, limit: 2 });
      const second = await audit.list({ accountSid, limit: 2, cursor: first.nextCursor });
      expect([...first.entries, ...second.entries]).toEqual(entries);
      expect(second.nextCursor).toBeUndefined();
      await expect(audit.list({ accountSid, limit: 2, cursor: 'eA' })).rejects.toMatchObject({
        code: 'ERR_STORE_CURSOR',
      });
    });

    it('loses what is older than it is kept for, and expired sessions go too', async () => {
      const { audit, db, adminSessions } = theStore();
      const { admin, accountSid, entry } = await person();
      await audit.append(entry, { ...entry, actor: { type: 'app', id: 'app_1', name: 'token of the app' } });
      expect((await audit.list({ accountSid, limit: 50 })).entries.map(({ actor }) => actor.type)).toEqual([
        'app',
        'person',
      ]);
      const oldest = (await audit.list({ accountSid, limit: 1 })).entries[0]?.id ?? '';
      await db
        .updateTable('audit_log')
        .set({ at: new Date(Date.now() - 400 * dayMs) })
        .where('id', '=', oldest)
        .execute();
      expect(await audit.prune(500)).toBe(1);
      expect(await actionsOf(accountSid)).toHaveLength(1);
      const input = { admin, refreshToken: `old-${accountSid}`, source: '::1' };
      const { sessionId = '' } = (await adminSessions.open(input, () => entry)) ?? {};
      const unused = { used_at: new Date(Date.now() - 8 * dayMs) };
      await db.updateTable('admin_sessions').set(unused).where('id', '=', sessionId).execute();
      expect(await adminSessions.deleteExpired(500)).toBe(1);
      expect(await adminSessions.find(sessionId)).toBeUndefined();
    });
  });
}
