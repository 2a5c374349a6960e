import type {
  BotCall,
  BotCallFacts,
  BotCallFilter,
  BotCallReport,
  BotCallStatus,
  BotCallSummary,
  BotCallStore as Port,
  SessionReport,
} from '@intermix/bots';
import type { Clock } from '@intermix/kernel';
import { type Insertable, type Kysely, type Selectable, sql } from 'kysely';
import { encodeCursor } from '../calls/call-cursor.js';
import type { BotCallsTable, Database } from '../database.js';
import { isLeftOpen, type LeftBy } from '../servers/left-open.js';
import { isPossibleId, storableJson, storableText } from '../storable-json.js';
import { type BotCallRow, botCallPage } from './bot-call-page.js';

export interface BotCallStoreDeps {
  db: Kysely<Database>;
  clock: Clock;
  /** This server: of the calls that run on it. */
  owner: string | undefined;
  /** Days for which a call is kept. */
  keptDays: number;
}

const dayMs = 86_400_000;
/** Of calls that others run: how long after the longest that a call may last its results may come. */
const reportWithinSec = 600;
/** The longest, of a bot that is not there any more. */
const longestCallSec = 3_600;
/** Of what many reports of one call say besides; a report beyond it adds nothing there. */
const maxDetailBytes = 2_000_000;
/** How a reported call ends of which nobody tells. Results that come later take its place. */
const neverReported = 'Nobody reported its results in time.';

/** What became of bots' calls: of those that ran here, and of those that others reported. */
export class BotCallStore implements Port {
  readonly #db: Kysely<Database>;
  readonly #clock: Clock;
  readonly #owner: string | undefined;
  readonly #keptMs: number;

  constructor({ db, clock, owner, keptDays }: BotCallStoreDeps) {
    this.#db = db;
    this.#clock = clock;
    this.#owner = owner;
    this.#keptMs = keptDays * dayMs;
  }

  /** Kept before, it stays as it is. */
  async begin(facts: BotCallFacts, at: Date): Promise<void> {
    await this.#db
      .insertInto('bot_calls')
      .values({ ...this.#rowOf(facts, at), status: 'in-progress' })
      .onConflict((conflict) => conflict.columns(['account_sid', 'session_id']).doNothing())
      .execute();
  }

  async finish(facts: BotCallFacts, report: SessionReport, at: Date): Promise<void> {
    const { disconnectedBy, detail, durationMs, transcript, events, usage, latencySamples } = report;
    const results = {
      ...{ status: disconnectedBy === 'error' ? 'failed' : 'completed', disconnected_by: disconnectedBy },
      ...{ detail: detail ?? null, ended_at: at, duration_ms: Math.round(durationMs) },
      ...{ transcript: json(transcript), events: json(events), usage: json(usage) },
      latency_samples: json(latencySamples),
    };
    await this.#db
      .insertInto('bot_calls')
      .values({ ...this.#rowOf(facts, new Date(at.getTime() - results.duration_ms)), ...results })
      .onConflict((conflict) =>
        conflict.columns(['account_sid', 'session_id']).doUpdateSet(results).where('bot_calls.source', '=', 'bot'),
      )
      .execute();
  }

  async failOpen(at: Date, left: LeftBy): Promise<number> {
    const result = await this.#db
      .updateTable('bot_calls')
      .set({ status: 'failed', disconnected_by: 'error', detail: 'The server died.', ended_at: at })
      .where('status', '=', 'in-progress')
      .where('source', '=', 'bot')
      .where(isLeftOpen(left, 'bot_calls.owner', this.#owner))
      .executeTakeFirst();
    return Number(result.numUpdatedRows);
  }

  /** Fails calls of other orchestrators that must be over and of which nobody told, at most so many. Gives how many. */
  async failUnreported(atOnce: number): Promise<number> {
    const now = new Date(this.#clock.now());
    const { numAffectedRows } = await sql`
      UPDATE bot_calls SET status = 'failed', detail = ${neverReported}, ended_at = ${now}::timestamptz
      WHERE (account_sid, session_id) IN (
        SELECT c.account_sid, c.session_id FROM bot_calls c
        LEFT JOIN bots b ON b.id = c.bot_id AND b.account_sid = c.account_sid
        WHERE c.status = 'in-progress' AND c.source = 'reported' AND c.started_at <
          ${now}::timestamptz - make_interval(secs => coalesce(b.max_call_sec, ${longestCallSec}) + ${reportWithinSec})
        ORDER BY c.started_at LIMIT ${atOnce})`.execute(this.#db);
    return Number(numAffectedRows ?? 0);
  }

  /** Deletes calls that are older than they are kept, at most so many. Gives how many. */
  async prune(atOnce: number): Promise<number> {
    const before = new Date(this.#clock.now() - this.#keptMs);
    const { numAffectedRows } = await sql`
      DELETE FROM bot_calls WHERE (account_sid, session_id) IN (
        SELECT account_sid, session_id FROM bot_calls WHERE started_at < ${before} ORDER BY started_at LIMIT ${atOnce})`.execute(
      this.#db,
    );
    return Number(numAffectedRows ?? 0);
  }

  async list(filter: BotCallFilter): Promise<{ calls: BotCallSummary[]; nextCursor: string | undefined }> {
    const { limit } = filter;
    const rows = await botCallPage(this.#db, filter).execute();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const hasMore = rows.length > limit && last !== undefined;
    return {
      calls: page.map(summaryOfRow),
      nextCursor: hasMore ? encodeCursor({ createdAt: last.started_at, callSid: last.session_id }) : undefined,
    };
  }

  async find(accountSid: string, sessionId: string): Promise<BotCall | undefined> {
    if (!isPossibleId(sessionId)) return undefined;
    const row = await this.#db
      .selectFrom('bot_calls')
      .selectAll()
      .where('account_sid', '=', accountSid)
      .where('session_id', '=', sessionId)
      .executeTakeFirst();
    return row && callOfRow(row);
  }

  async ownerOf(sessionId: string): Promise<{ accountSid: string; botId: string; startedAt: Date } | undefined> {
    if (!isPossibleId(sessionId)) return undefined;
    const row = await this.#db
      .selectFrom('bot_calls')
      .select(['account_sid', 'bot_id', 'started_at'])
      .where('session_id', '=', sessionId)
      .limit(1)
      .executeTakeFirst();
    return row && { accountSid: row.account_sid, botId: row.bot_id, startedAt: row.started_at };
  }

  async report(report: BotCallReport): Promise<BotCallStatus | undefined> {
    const { sessionId, accountSid, botId, startedAt, status, details } = report;
    const told = toldColumns(report);
    const identity = { session_id: storableText(sessionId), account_sid: accountSid, bot_id: storableText(botId) };
    const unknown = { stream_sid: '', call_sid: '', from_address: '', to_address: '', source: 'reported' };
    const isOpen = sql`bot_calls.status = 'in-progress' OR bot_calls.detail IS NOT NULL`;
    const row = await this.#db
      .insertInto('bot_calls')
      .values({
        ...{ ...identity, ...unknown, started_at: startedAt, status: status ?? 'completed' },
        ...{ ended_at: report.endedAt ?? null, details: json(details), ...told },
      })
      .onConflict((conflict) =>
        conflict
          .columns(['account_sid', 'session_id'])
          .doUpdateSet({
            ...told,
            status: status ?? sql<string>`CASE WHEN ${isOpen} THEN 'completed' ELSE bot_calls.status END`,
            ended_at: sql<Date>`CASE WHEN ${isOpen} THEN excluded.ended_at ELSE bot_calls.ended_at END`,
            details: sql<string>`CASE WHEN octet_length((bot_calls.details || excluded.details)::text) > ${maxDetailBytes}
              THEN bot_calls.details ELSE bot_calls.details || excluded.details END`,
            detail: null,
          })
          .where('bot_calls.source', '=', 'reported'),
      )
      .returning('status')
      .executeTakeFirst();
    return row?.status as BotCallStatus | undefined;
  }

  #rowOf(facts: BotCallFacts, startedAt: Date) {
    const { sessionId, botId, botAccountSid, streamSid, callSid, from, to, customParameters } = facts;
    return {
      ...{
        session_id: sessionId,
        account_sid: botAccountSid,
        bot_id: botId,
        source: 'bot',
        owner: this.#owner ?? null,
      },
      ...{ stream_sid: streamSid, call_sid: callSid, from_address: from, to_address: to, started_at: startedAt },
      custom_parameters: json(customParameters),
    };
  }
}

/** The columns that a report says something of. */
function toldColumns(report: BotCallReport): Partial<Insertable<BotCallsTable>> {
  const text = (value: string | undefined) => (value === undefined ? undefined : storableText(value));
  const document = (value: unknown) => (value === undefined ? undefined : json(value));
  const columns = {
    ...{ stream_sid: text(report.streamSid), call_sid: text(report.callSid), from_address: text(report.from) },
    disconnected_by: text(report.disconnectedBy),
    duration_ms: report.durationMs === undefined ? undefined : Math.round(report.durationMs),
    ...{ transcript: document(report.transcript), events: document(report.events), usage: document(report.usage) },
    latency_samples: document(report.latencySamples),
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

function summaryOfRow(row: BotCallRow): BotCallSummary {
  return {
    ...{ sessionId: row.session_id, accountSid: row.account_sid, botId: row.bot_id, streamSid: row.stream_sid },
    ...{ callSid: row.call_sid, from: row.from_address, to: row.to_address, status: row.status as BotCallStatus },
    ...{ disconnectedBy: row.disconnected_by ?? undefined, detail: row.detail ?? undefined },
    ...{ startedAt: row.started_at, endedAt: row.ended_at ?? undefined, durationMs: row.duration_ms },
    source: row.source as BotCallSummary['source'],
  };
}

function callOfRow(row: Selectable<BotCallsTable>): BotCall {
  return {
    ...summaryOfRow(row),
    customParameters: row.custom_parameters as Record<string, string>,
    ...{ transcript: row.transcript, events: row.events, usage: row.usage, latencySamples: row.latency_samples },
    details: row.details as Record<string, unknown>,
  };
}

/** What jsonb takes. */
function json(value: unknown): string {
  return storableJson([value as object]).slice(1, -1);
}
