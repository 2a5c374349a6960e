import { emptyDocument } from '@intermix/bots';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import type { Store } from '../open-store.js';
import { makeTenant } from './tenant.js';

/** What any store of system documents does. */
export function systemDocumentsContract(theStore: () => Store): void {
  async function begin() {
    const store = theStore();
    const [{ accountSid }, theirs] = [await makeTenant(store), await makeTenant(store)];
    return { store, documents: store.systemDocuments, accountSid, theirs: theirs.accountSid };
  }

  it('keeps a document whole, one of each type, for its own account alone', async () => {
    const { documents, accountSid, theirs } = await begin();
    const whole = { values: { list: [1, { a: null }], text: 'x' }, secrets: { api_key: 'planted', token: 'two' } };
    expect(await documents.find(accountSid, 'exotel')).toBeUndefined();
    expect(await documents.change(accountSid, 'exotel', () => whole)).toEqual(whole);
    expect(await documents.find(accountSid, 'exotel')).toEqual(whole);
    expect(await documents.find(accountSid, 'system')).toBeUndefined();
    expect(await documents.find(theirs, 'exotel')).toBeUndefined();
    await documents.change(accountSid, 'exotel', (before) => ({ ...before, secrets: {} }));
    expect(await documents.find(accountSid, 'exotel')).toEqual({ ...whole, secrets: {} });
  });

  it('has secrets in the database encrypted only', async () => {
    const { store, documents, accountSid } = await begin();
    await documents.change(accountSid, 'exotel', () => ({ values: {}, secrets: { planted_name: 'planted-value' } }));
    const { rows } = await sql<{ row: string }>`
      SELECT row_to_json(d)::text AS row FROM system_documents d WHERE account_sid = ${accountSid}`.execute(store.db);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.row).not.toContain('planted');
  });

  it('writes nothing when the change throws', async () => {
    const { documents, accountSid } = await begin();
    const failing = () => {
      throw new Error('no');
    };
    await expect(documents.change(accountSid, 'exotel', failing)).rejects.toThrow('no');
    expect(await documents.find(accountSid, 'exotel')).toBeUndefined();
    const kept = await documents.change(accountSid, 'exotel', () => ({ values: { a: 1 }, secrets: {} }));
    await expect(documents.change(accountSid, 'exotel', failing)).rejects.toThrow('no');
    expect(await documents.find(accountSid, 'exotel')).toEqual(kept);
  });

  it('loses none of the changes that come at the same time', async () => {
    const { documents, accountSid } = await begin();
    const more = (at: number) =>
      documents.change(accountSid, 'exotel', ({ values, secrets }) => ({
        values: { all: [...((values.all as number[] | undefined) ?? []), at] },
        secrets: { ...secrets, [`s${at}`]: 'x' },
      }));
    await Promise.all(Array.from({ length: 12 }, (_, at) => more(at)));
    const { values, secrets } = (await documents.find(accountSid, 'exotel')) ?? emptyDocument;
    expect([...(values.all as number[])].sort((one, other) => one - other)).toEqual([...Array(12).keys()]);
    expect(Object.keys(secrets)).toHaveLength(12);
  });

  it('keeps texts that no text of the database can hold, as far as it can', async () => {
    const { documents, accountSid } = await begin();
    await documents.change(accountSid, 'system', () => ({ values: { a: 'x\0y\ud800' }, secrets: { b: 'x\0y' } }));
    expect(await documents.find(accountSid, 'system')).toEqual({
      values: { a: 'x\ufffdy\ufffd' },
      secrets: { b: 'x\0y' },
    });
  });

  it('keeps a bot while a number of the Exotel integration leads to it', async () => {
    const { store, documents, accountSid } = await begin();
    const bot = { name: 'B', kind: 'echo', config: {}, auth: { type: 'none' as const }, maxCallSec: 600 };
    const { id } = await store.bots.create(accountSid, { ...bot, activeHours: undefined });
    const dids = (bot_id: string) => () => ({ values: { dids: [{ bot_id: '' }, { bot_id }] }, secrets: {} });
    await documents.change(accountSid, 'exotel', dids(id));
    await expect(store.bots.delete(accountSid, id)).rejects.toMatchObject({ code: 'ERR_STORE_CONFLICT', field: 'bot' });
    await documents.change(accountSid, 'exotel', dids('bot_other'));
    expect(await store.bots.delete(accountSid, id)).toBe(true);
  });
}
