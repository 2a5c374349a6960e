import { randomBytes } from 'node:crypto';
import type { PromptRecord } from '@intermix/speech';
import { expect, it } from 'vitest';
import type { Store } from '../open-store.js';
import { makeTenant } from './tenant.js';

/** What any store of prompts does. */
export function promptContract(theStore: () => Store): void {
  const newPrompt = (accountSid: string, changes: Partial<PromptRecord> = {}): PromptRecord => ({
    id: `prm_${randomBytes(16).toString('hex')}`,
    accountSid,
    name: 'greeting',
    sha256: 'a'.repeat(64),
    durationMs: 1_500,
    bytes: 24_044,
    createdAt: new Date('2026-01-02T03:04:05.678Z'),
    ...changes,
  });

  it('keeps what it is given, each account for itself', async () => {
    const { prompts } = theStore();
    const mine = await makeTenant(theStore());
    const theirs = await makeTenant(theStore());
    const prompt = newPrompt(mine.accountSid);
    const later = newPrompt(mine.accountSid, { name: 'hours', createdAt: new Date('2026-01-03T00:00:00Z') });
    await prompts.create(later);
    await prompts.create(prompt);
    await prompts.create(newPrompt(theirs.accountSid, { sha256: 'b'.repeat(64) }));
    expect(await prompts.find(mine.accountSid, prompt.id)).toStrictEqual(prompt);
    expect(await prompts.find(theirs.accountSid, prompt.id)).toBeUndefined();
    expect(await prompts.list(mine.accountSid)).toStrictEqual([prompt, later]);
    expect(await prompts.count(mine.accountSid)).toBe(2);
    expect(await prompts.hasAudio(mine.accountSid, 'a'.repeat(64))).toBe(true);
    expect(await prompts.hasAudio(mine.accountSid, 'b'.repeat(64))).toBe(false);
  });

  it('has no prompt of an id that no text of the database can hold', async () => {
    const { prompts } = theStore();
    const { accountSid } = await makeTenant(theStore());
    expect(await prompts.find(accountSid, 'prm_\0')).toBeUndefined();
    expect(await prompts.delete(accountSid, '\0')).toBeUndefined();
  });

  it('has a name once in an account', async () => {
    const { prompts } = theStore();
    const { accountSid } = await makeTenant(theStore());
    await prompts.create(newPrompt(accountSid));
    await expect(prompts.create(newPrompt(accountSid))).rejects.toMatchObject({
      code: 'ERR_STORE_CONFLICT',
      field: 'name',
    });
    expect(await prompts.count(accountSid)).toBe(1);
  });

  it('deletes a prompt that no flow plays, and names the flows that do', async () => {
    const { prompts, db } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const other = await makeTenant(theStore());
    const prompt = newPrompt(accountSid);
    await prompts.create(prompt);
    const document = { start: 'hello', applets: { hello: { type: 'greeting', prompt: { prompt_id: prompt.id } } } };
    const flow = { account_sid: accountSid, version: 1, document: JSON.stringify(document) };
    await db
      .insertInto('flows')
      .values({ ...flow, id: `flow-${accountSid}`, name: 'Office hours' })
      .execute();

    const refused = { code: 'ERR_STORE_CONFLICT', field: 'id', message: expect.stringContaining('"Office hours"') };
    await expect(prompts.delete(accountSid, prompt.id)).rejects.toMatchObject(refused);
    expect(await prompts.delete(other.accountSid, prompt.id)).toBeUndefined();
    await db.deleteFrom('flows').where('account_sid', '=', accountSid).execute();
    expect(await prompts.delete(accountSid, prompt.id)).toStrictEqual(prompt);
    expect(await prompts.delete(accountSid, prompt.id)).toBeUndefined();
    expect(await prompts.list(accountSid)).toEqual([]);
  });
}
