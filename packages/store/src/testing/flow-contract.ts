import { checkFlow } from '@intermix/flows';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { Store } from '../open-store.js';
import { makeTenant, newCarrier, spareNumber } from './tenant.js';

const document = (text: string) => ({
  name: 'Menu',
  start: 'a',
  applets: { a: { type: 'greeting', prompt: { text }, next: 'b' }, b: { type: 'hangup' } },
});

/** What any store of flows does. */
export function flowContract(theStore: () => Store): void {
  it('keeps a flow and every version of it, and answers with the last', async () => {
    const { flows } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const made = await flows.create(accountSid, { name: 'Menu', document: document('one') });
    expect(made).toMatchObject({ accountSid, name: 'Menu', version: 1, document: document('one') });
    expect(await flows.find(accountSid, made.id)).toEqual(made);
    const changed = await flows.update(accountSid, made.id, { name: 'Night', document: document('two') });
    expect(changed).toMatchObject({ id: made.id, name: 'Night', version: 2, document: document('two') });
    expect(await flows.find(accountSid, made.id)).toEqual(changed);
    const versions = await flows.versions(accountSid, made.id);
    expect(versions?.map(({ version, document: kept }) => [version, kept])).toEqual([
      [2, document('two')],
      [1, document('one')],
    ]);
    expect((await flows.list(accountSid)).map(({ id, version }) => [id, version])).toEqual([[made.id, 2]]);
    expect(await flows.delete(accountSid, made.id)).toBe(true);
    expect(await flows.find(accountSid, made.id)).toBeUndefined();
    expect(await flows.versions(accountSid, made.id)).toBeUndefined();
    expect(await flows.delete(accountSid, made.id)).toBe(false);
  });

  it("shows and changes nothing of another account's", async () => {
    const { flows } = theStore();
    const mine = await makeTenant(theStore());
    const theirs = await makeTenant(theStore());
    const { id } = await flows.create(theirs.accountSid, { name: 'Theirs', document: document('x') });
    expect(await flows.find(theirs.accountSid, id)).toBeDefined(); // In the cache now.
    expect(await flows.find(mine.accountSid, id)).toBeUndefined();
    expect(await flows.list(mine.accountSid)).toEqual([]);
    expect(await flows.versions(mine.accountSid, id)).toBeUndefined();
    expect(await flows.update(mine.accountSid, id, { name: 'Mine', document: {} })).toBeUndefined();
    expect(await flows.delete(mine.accountSid, id)).toBe(false);
    expect(await flows.find(theirs.accountSid, id)).toMatchObject({ name: 'Theirs', version: 1 });
  });

  it('refuses a name twice in an account, not in two', async () => {
    const { flows } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const other = await makeTenant(theStore());
    await flows.create(accountSid, { name: 'Menu', document: document('x') });
    const second = await flows.create(accountSid, { name: 'Other', document: document('x') });
    await flows.create(other.accountSid, { name: 'Menu', document: document('x') });
    const conflict = { code: 'ERR_STORE_CONFLICT', field: 'name' };
    await expect(flows.create(accountSid, { name: 'Menu', document: document('x') })).rejects.toMatchObject(conflict);
    const renamed = flows.update(accountSid, second.id, { name: 'Menu', document: document('y') });
    await expect(renamed).rejects.toMatchObject(conflict);
    expect(await flows.find(accountSid, second.id)).toMatchObject({ version: 1, document: document('x') });
  });

  it('keeps the last hundred versions', async () => {
    const { flows, db } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const { id } = await flows.create(accountSid, { name: 'Menu', document: document('1') });
    const kept = async () => (await flows.versions(accountSid, id))?.map(({ version }) => version) ?? [];
    await sql`UPDATE flows SET version = 99 WHERE id = ${id}`.execute(db);
    await flows.update(accountSid, id, { name: 'Menu', document: document('100') });
    expect(await kept()).toEqual([100, 1]);
    await flows.update(accountSid, id, { name: 'Menu', document: document('101') });
    expect(await kept()).toEqual([101, 100]);
    const rows = await db.selectFrom('flow_versions').select('version').where('flow_id', '=', id).execute();
    expect(rows).toHaveLength(2);
  });

  it('takes a thousand flows of an account', async () => {
    const { flows, db } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const other = await makeTenant(theStore());
    await sql`
      INSERT INTO flows (id, account_sid, name, version, document)
      SELECT 'flw_' || ${accountSid}::text || n, ${accountSid}, 'flow ' || n, 1, '{}' FROM generate_series(1, 999) n`.execute(
      db,
    );
    await flows.create(accountSid, { name: 'The last', document: document('x') });
    const beyond = flows.create(accountSid, { name: 'One more', document: document('x') });
    await expect(beyond).rejects.toMatchObject({ code: 'ERR_STORE_CONFLICT', field: 'flows' });
    expect(await flows.create(other.accountSid, { name: 'One more', document: document('x') })).toBeDefined();
  });

  it('keeps every document that the check of documents lets pass, whatever texts are in it', async () => {
    const { flows } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const facts = {
      hasUser: async () => true,
      hasNumber: async () => true,
      hasPrompt: async () => true,
      hasBot: async () => true,
      whyRefused: () => undefined,
    };
    for (const text of ['\0', 'a\ud800', '\udfffb', '\u{1f600} Grüße', 'back\\u0000slash', '\u0001']) {
      const wanted = { ...document('Hello'), variables: { text } };
      const isRefused = (await checkFlow(wanted, { accountSid, facts })).length > 0;
      const name = `Text ${text.codePointAt(0)}`;
      if (isRefused) continue;
      const made = await flows.create(accountSid, { name, document: wanted });
      expect((await flows.find(accountSid, made.id))?.document).toEqual(wanted);
    }
    expect((await flows.list(accountSid)).map(({ name }) => name)).toEqual(['Text 128512', 'Text 98', 'Text 1']);
  });

  it('has no flow of an id that no text of the database can hold', async () => {
    const { flows } = theStore();
    const { accountSid } = await makeTenant(theStore());
    expect(await flows.find(accountSid, 'flw_\0')).toBeUndefined();
    expect(await flows.versions(accountSid, '\0')).toBeUndefined();
    expect(await flows.update(accountSid, '\0', { name: 'x', document: {} })).toBeUndefined();
    expect(await flows.delete(accountSid, '\0')).toBe(false);
  });

  it('does not delete a flow that a number leads to', async () => {
    const { flows, carriers, db } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const { id } = await flows.create(accountSid, { name: 'Menu', document: document('x') });
    const carrier = await carriers.createCarrier(newCarrier(accountSid));
    const number = spareNumber();
    const rest = { label: undefined, direction: 'both' as const, target: undefined, ringTimeoutSec: undefined };
    const did = await carriers.createDid({ carrierId: carrier.id, accountSid, number, ...rest });
    const target = JSON.stringify({ type: 'flow', flowId: id });
    await db.updateTable('dids').set({ target }).where('id', '=', did.id).execute();
    const conflict = { code: 'ERR_STORE_CONFLICT', field: 'flow', message: expect.stringContaining(number) };
    await expect(flows.delete(accountSid, id)).rejects.toMatchObject(conflict);
    expect(await carriers.deleteDid(accountSid, did.id)).toBe(true);
    expect(await flows.delete(accountSid, id)).toBe(true);
  });
}
