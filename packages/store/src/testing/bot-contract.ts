import type { BotCallFacts, BotCallReport, BotInput, SessionReport } from '@intermix/bots';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { botCallPage } from '../bots/bot-call-page.js';
import type { Store } from '../open-store.js';
import { makeTenant, newCarrier, spareNumber } from './tenant.js';

const input = (more: Partial<BotInput> = {}): BotInput => ({
  ...{ name: 'Echo', kind: 'echo', config: { delay_ms: 0, key: 'planted-secret' }, maxCallSec: 600 },
  ...{ auth: { type: 'basic', username: 'u', password: 'planted-password' }, activeHours: undefined, ...more },
});
const hours = { timeZone: 'Asia/Kolkata', windows: [{ days: ['mon' as const], from: '09:00', to: '18:00' }] };

/** With what `botCallRetentionDays` the store under test is opened: nothing of these tests is older. */
export const keptDays = 3_650;

/** What any store of bots and their calls does. */
export function botContract(theStore: () => Store): void {
  it('keeps a bot and its versions, and answers with the last', async () => {
    const { bots } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const made = await bots.create(accountSid, input());
    expect(made).toMatchObject({ ...input(), accountSid, version: 1 });
    expect(await bots.find(accountSid, made.id)).toEqual(made);
    const changed = await bots.update(accountSid, made.id, input({ name: 'Late', activeHours: hours }));
    expect(changed).toMatchObject({ name: 'Late', version: 2, activeHours: hours });
    expect(await bots.findAnywhere(made.id)).toEqual(changed);
    const versions = await bots.versions(accountSid, made.id);
    expect(versions?.map(({ version, name, activeHours }) => [version, name, activeHours])).toEqual([
      [2, 'Late', hours],
      [1, 'Echo', undefined],
    ]);
    expect((await bots.list(accountSid)).map(({ id }) => id)).toEqual([made.id]);
    expect(await bots.delete(accountSid, made.id)).toBe(true);
    expect([await bots.find(accountSid, made.id), await bots.versions(accountSid, made.id)]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('makes the next version of the one that is named, and of no other', async () => {
    const { bots } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const { id } = await bots.create(accountSid, input());
    expect(await bots.update(accountSid, id, input({ name: 'Two' }), 1)).toMatchObject({ version: 2 });
    expect(await bots.update(accountSid, id, input({ name: 'Late' }), 1)).toBeUndefined();
    expect(await bots.latest(accountSid, id)).toMatchObject({ name: 'Two', version: 2 });
    expect((await bots.versions(accountSid, id))?.map(({ version }) => version)).toEqual([2, 1]);
    const { accountSid: other } = await makeTenant(theStore());
    expect([await bots.latest(other, id), await bots.latest(accountSid, 'bot_none')]).toEqual([undefined, undefined]);
  });

  it('writes down no secret of a bot in clear', async () => {
    const { bots, db } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const { id } = await bots.create(accountSid, input());
    const rows =
      await sql`SELECT b::text AS t, v::text AS u FROM bots b JOIN bot_versions v ON v.bot_id = b.id WHERE b.id = ${id}`.execute(
        db,
      );
    expect(rows.rows).toHaveLength(1);
    expect(JSON.stringify(rows.rows)).not.toContain('planted');
  });

  it("shows and changes nothing of another account's, and takes a name once in each", async () => {
    const { bots } = theStore();
    const [mine, theirs] = [await makeTenant(theStore()), await makeTenant(theStore())];
    const { id } = await bots.create(theirs.accountSid, input());
    await bots.create(mine.accountSid, input());
    expect(await bots.find(mine.accountSid, id)).toBeUndefined();
    expect(await bots.update(mine.accountSid, id, input({ name: 'x' }))).toBeUndefined();
    expect(await bots.versions(mine.accountSid, id)).toBeUndefined();
    expect(await bots.delete(mine.accountSid, id)).toBe(false);
    expect(await bots.find(mine.accountSid, 'bot_\0')).toBeUndefined();
    const twice = bots.create(mine.accountSid, input());
    await expect(twice).rejects.toMatchObject({ code: 'ERR_STORE_CONFLICT', field: 'name' });
  });

  it('keeps the last hundred versions', async () => {
    const { bots, db } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const { id } = await bots.create(accountSid, input());
    await sql`UPDATE bots SET version = 100 WHERE id = ${id}`.execute(db);
    await bots.update(accountSid, id, input());
    expect((await bots.versions(accountSid, id))?.map(({ version }) => version)).toEqual([101]);
  });

  it('does not delete a bot that a number, a flow or the Exotel integration leads to; a number leads to bots that are there', async () => {
    const { bots, carriers, flows, systemDocuments } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const { id } = await bots.create(accountSid, input());
    const carrier = await carriers.createCarrier(newCarrier(accountSid));
    const rest = { label: undefined, direction: 'both' as const, ringTimeoutSec: undefined };
    const did = { carrierId: carrier.id, accountSid, number: spareNumber(), ...rest };
    const toNobody = carriers.createDid({ ...did, target: { type: 'bot', botId: 'bot_none' } });
    await expect(toNobody).rejects.toMatchObject({ field: 'target' });
    const made = await carriers.createDid({ ...did, target: { type: 'bot', botId: id } });
    expect((await carriers.findDid(made.number))?.target).toEqual({ type: 'bot', botId: id });
    const named = { code: 'ERR_STORE_CONFLICT', field: 'bot' };
    await expect(bots.delete(accountSid, id)).rejects.toMatchObject(named);
    await carriers.deleteDid(accountSid, made.id);
    const document = { name: 'F', start: 'a', applets: { a: { type: 'voicebot', bot_id: id } } };
    const flow = await flows.create(accountSid, { name: 'F', document });
    await expect(bots.delete(accountSid, id)).rejects.toMatchObject({
      ...named,
      message: expect.stringContaining('"F"'),
    });
    await flows.delete(accountSid, flow.id);
    const integrate = (bot_id: string) =>
      systemDocuments.change(accountSid, 'exotel', () => ({
        values: {
          dids: [
            { did_id: 'a', number: '+912', bot_id: '' },
            { did_id: 'b', number: '+919876543210', bot_id },
          ],
        },
        secrets: {},
      }));
    await integrate(id);
    await expect(bots.delete(accountSid, id)).rejects.toMatchObject({
      ...named,
      message: expect.stringContaining('+919876543210 of the Exotel integration'),
    });
    await integrate('');
    expect(await bots.delete(accountSid, id)).toBe(true);
  });

  const facts = (accountSid: string, sessionId: string, more: Partial<BotCallFacts> = {}): BotCallFacts => ({
    ...{ sessionId, botId: 'bot_1', botAccountSid: accountSid, streamSid: 's', callSid: 'c', accountSid: 'far' },
    ...{ from: '+911', to: '+912', customParameters: { lang: 'hi' }, sampleRate: 8000, ...more },
  });
  const report: SessionReport = {
    ...{ disconnectedBy: 'bot', detail: 'done', durationMs: 1234, usage: { n: 1 } },
    transcript: [{ role: 'user', text: 'hello', at_ms: 3 }],
    events: [{ type: 'menu', at_ms: 1 }],
    latencySamples: [{ name: 'reply', ms: 5.5, at_ms: 2 }],
  };
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

  it("keeps a bot's call from its start to its results", async () => {
    const { botCalls } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const call = facts(accountSid, 'bcl_a');
    await botCalls.begin(call, at(1));
    expect(await botCalls.find(accountSid, 'bcl_a')).toMatchObject({ status: 'in-progress', startedAt: at(1) });
    await botCalls.finish(call, report, at(3));
    expect(await botCalls.find(accountSid, 'bcl_a')).toMatchObject({
      ...{
        status: 'completed',
        disconnectedBy: 'bot',
        detail: 'done',
        durationMs: 1234,
        endedAt: at(3),
        source: 'bot',
      },
      ...{ transcript: report.transcript, events: report.events, usage: { n: 1 }, customParameters: { lang: 'hi' } },
      latencySamples: report.latencySamples,
    });
    const other = await makeTenant(theStore());
    expect(await botCalls.find(other.accountSid, 'bcl_a')).toBeUndefined();
    await botCalls.begin(facts(accountSid, 'bcl_e'), at(4));
    await botCalls.finish(facts(accountSid, 'bcl_e'), { ...report, disconnectedBy: 'error' }, at(5));
    expect((await botCalls.find(accountSid, 'bcl_e'))?.status).toBe('failed');
  });

  it('fails what was in progress when the server died, and nothing else', async () => {
    const { botCalls } = theStore();
    const { accountSid } = await makeTenant(theStore());
    await botCalls.begin(facts(accountSid, 'bcl_1'), at(1));
    await botCalls.begin(facts(accountSid, 'bcl_2'), at(1));
    await botCalls.finish(facts(accountSid, 'bcl_2'), report, at(2));
    const reported = { ...reportOf(accountSid, 'ext-open'), status: 'in-progress' } as const;
    await botCalls.report(reported);
    expect(await botCalls.failOpen(at(9), 'own')).toBeGreaterThanOrEqual(1);
    expect(await botCalls.find(accountSid, 'bcl_1')).toMatchObject({
      status: 'failed',
      disconnectedBy: 'error',
      endedAt: at(9),
    });
    expect((await botCalls.find(accountSid, 'bcl_2'))?.status).toBe('completed');
    expect((await botCalls.find(accountSid, 'ext-open'))?.status).toBe('in-progress'); // It runs elsewhere.
  });

  it('keeps the results of a call whose beginning could not be kept, and a beginning that comes twice', async () => {
    const { botCalls } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const call = facts(accountSid, 'bcl_late');
    await botCalls.finish(call, report, at(10));
    const whole = await botCalls.find(accountSid, 'bcl_late');
    expect(whole).toMatchObject({
      ...{ status: 'completed', botId: 'bot_1', callSid: 'c', from: '+911', customParameters: { lang: 'hi' } },
      ...{
        transcript: report.transcript,
        startedAt: new Date(at(10).getTime() - 1234),
        endedAt: at(10),
        source: 'bot',
      },
    });
    await botCalls.begin(call, at(11));
    expect(await botCalls.find(accountSid, 'bcl_late')).toEqual(whole);
  });

  it('fails reported calls of which nobody tells, once they must be over; results that come later count', async () => {
    const { bots, botCalls } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const short = (await bots.create(accountSid, input({ maxCallSec: 60 }))).id;
    const long = (await bots.create(accountSid, input({ name: 'Long', maxCallSec: 3_600 }))).id;
    const begin = (sessionId: string, botId: string, minutesAgo: number) =>
      botCalls.report({
        ...{ ...reportOf(accountSid, sessionId), botId, status: 'in-progress' },
        startedAt: new Date(Date.now() - minutesAgo * 60_000),
      });
    await begin('short-over', short, 12);
    await begin('short', short, 10);
    await begin('long', long, 69);
    await begin('of-nobody', 'bot_gone', 71);
    await botCalls.begin(facts(accountSid, 'bcl_own'), new Date(Date.now() - 86_400_000));
    let failed: number;
    do {
      failed = await botCalls.failUnreported(1);
      expect(failed).toBeLessThanOrEqual(1);
    } while (failed > 0);
    const { calls } = await botCalls.list({ accountSid, status: 'in-progress', limit: 9 });
    expect(calls.map(({ sessionId }) => sessionId)).toEqual(['short', 'long', 'bcl_own']);
    const over = await botCalls.find(accountSid, 'short-over');
    expect(over).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('results'),
      endedAt: expect.any(Date),
    });
    const told = { ...reportOf(accountSid, 'short-over'), status: undefined, endedAt: at(50), transcript: 'late' };
    expect(await botCalls.report(told)).toBe('completed');
    expect(await botCalls.find(accountSid, 'short-over')).toMatchObject({
      ...{ status: 'completed', detail: undefined, endedAt: at(50), transcript: 'late' },
    });
  });

  it('deletes calls that are kept no longer, in portions', async () => {
    const { botCalls } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
    for (const index of [1, 2, 3])
      await botCalls.begin(facts(accountSid, `bcl_old${index}`), daysAgo(keptDays + index));
    await botCalls.begin(facts(accountSid, 'bcl_young'), daysAgo(keptDays - 1));
    expect(await botCalls.prune(2)).toBe(2);
    while ((await botCalls.prune(2)) > 0);
    const { calls } = await botCalls.list({ accountSid, limit: 9 });
    expect(calls.map(({ sessionId }) => sessionId)).toEqual(['bcl_young']);
  });

  it('lists calls, newest first, by filters and in pages that miss none', async () => {
    const { botCalls } = theStore();
    const { accountSid } = await makeTenant(theStore());
    for (let index = 0; index < 7; index++) {
      const call = facts(accountSid, `bcl_p${index}`, { botId: `bot_${index % 2}`, callSid: `c${index}` });
      await botCalls.begin(call, at(index >> 1));
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await botCalls.list({ accountSid, limit: 2, cursor });
      seen.push(...page.calls.map(({ sessionId }) => sessionId));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((index) => `bcl_p${index}`));
    const of = async (filter: object) => (await botCalls.list({ accountSid, limit: 9, ...filter })).calls.length;
    expect(
      await Promise.all([
        of({ botId: 'bot_1' }),
        of({ callSid: 'c3' }),
        of({ status: 'completed' }),
        of({ from: at(2) }),
        of({ to: at(1) }),
      ]),
    ).toEqual([3, 1, 0, 3, 2]);
    await expect(botCalls.list({ accountSid, limit: 1, cursor: 'x' })).rejects.toMatchObject({
      code: 'ERR_STORE_CURSOR',
    });
  });

  it('reads a page of calls from an index, without sorting all that the account has', async () => {
    const { db } = theStore();
    const cursor = Buffer.from(`${at(1).getTime()}.bcl_p1`).toString('base64url');
    await db.transaction().execute(async (trx) => {
      await sql`SET LOCAL enable_sort = off`.execute(trx); // In a small table it costs nothing; one that must sort still does.
      for (const filter of [{}, { cursor }, { botId: 'bot_1', cursor }]) {
        const plan = await botCallPage(trx, { accountSid: 'acc', limit: 2, ...filter }).explain('json');
        expect(JSON.stringify(plan)).toMatch(/"Index Name":"bot_calls_by_(account|bot)"/);
        expect(JSON.stringify(plan)).not.toContain('Sort');
      }
    });
  });

  const reportOf = (accountSid: string, sessionId: string): BotCallReport => ({
    ...{ sessionId, accountSid, botId: 'bot_1', startedAt: at(1), status: 'completed', details: {} },
  });

  it('lays what is told of a reported call later over what was told before, and takes nothing away', async () => {
    const { botCalls } = theStore();
    const { accountSid } = await makeTenant(theStore());
    const begun = { ...reportOf(accountSid, 'ext-1'), status: 'in-progress', from: '+911', streamSid: 's' } as const;
    expect(await botCalls.report({ ...begun, details: { connected_event: { a: 1 } } })).toBe('in-progress');
    const first: BotCallReport = {
      ...{
        ...reportOf(accountSid, 'ext-1'),
        status: 'failed',
        disconnectedBy: 'error',
        startedAt: at(5),
        endedAt: at(6),
      },
      ...{
        durationMs: 4_000.4,
        transcript: 'hello\0\ud800',
        events: [{ a: 1 }],
        usage: { n: 1 },
        latencySamples: [{}],
      },
      details: { intents: ['a'], qc: 1 },
    };
    expect(await botCalls.report(first)).toBe('failed');
    const later = { ...reportOf(accountSid, 'ext-1'), status: undefined, callSid: 'c9', endedAt: at(99) };
    expect(await botCalls.report({ ...later, details: { qc: 2 } })).toBe('failed');
    expect(await botCalls.find(accountSid, 'ext-1')).toMatchObject({
      ...{ status: 'failed', disconnectedBy: 'error', startedAt: at(1), endedAt: at(6), durationMs: 4_000 },
      ...{ from: '+911', streamSid: 's', callSid: 'c9', transcript: 'hello\uFFFD\uFFFD', events: [{ a: 1 }] },
      ...{ usage: { n: 1 }, latencySamples: [{}], source: 'reported' },
      details: { connected_event: { a: 1 }, intents: ['a'], qc: 2 },
    });
    const large = { more: 'x'.repeat(1_999_990) }; // With what is there, too much.
    await botCalls.report({ ...reportOf(accountSid, 'ext-1'), status: undefined, details: large });
    expect((await botCalls.find(accountSid, 'ext-1'))?.details).toMatchObject({ qc: 2 });
    expect((await botCalls.find(accountSid, 'ext-1'))?.details).not.toHaveProperty('more');
    const again = { ...reportOf(accountSid, 'ext-1'), status: 'voicemail', disconnectedBy: 'voicemail' } as const;
    expect(await botCalls.report({ ...again, transcript: [] })).toBe('voicemail');
    expect(await botCalls.find(accountSid, 'ext-1')).toMatchObject({ disconnectedBy: 'voicemail', transcript: [] });
  });

  it('takes a reported call that nobody announced, and lets none replace what a bot of ours left', async () => {
    const { botCalls } = theStore();
    const { accountSid } = await makeTenant(theStore());
    expect(await botCalls.report({ ...reportOf(accountSid, 'ext-2'), status: undefined })).toBe('completed');
    expect(await botCalls.find(accountSid, 'ext-2')).toMatchObject({
      ...{ status: 'completed', callSid: '', from: '', transcript: [], events: [], usage: {}, durationMs: 0 },
    });
    await botCalls.begin(facts(accountSid, 'bcl_own'), at(1));
    const { startedAt } = (await botCalls.find(accountSid, 'bcl_own')) ?? {};
    expect(await botCalls.report({ ...reportOf(accountSid, 'bcl_own'), transcript: 'x' })).toBeUndefined();
    expect(await botCalls.find(accountSid, 'bcl_own')).toMatchObject({ source: 'bot', transcript: [], startedAt });
  });
}
