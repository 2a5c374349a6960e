import type {
  BotCall,
  BotCallFacts,
  BotCallFilter,
  BotCallStatus,
  BotCallSummary,
  BotCallStore as Port,
  SessionReport,
} from '@intermix/bots';
import { type Kysely, type Selectable, sql } from 'kysely';
import { decodeCursor, encodeCursor } from '../calls/call-cursor.js';
import type { BotCallsTable, Database } from '../database.js';
import { isPossibleId, storableJson, storableText } from '../storable-json.js';

const summaryColumns = [
  ...(['session_id', 'account_sid', 'bot_id', 'stream_sid', 'call_sid', 'from_address', 'to_address'] as const),
  ...(['status', 'disconnected_by', 'detail', 'started_at', 'ended_at', 'duration_ms', 'source'] as const),
] as const;

type SummaryRow = Pick<Selectable<BotCallsTable>, (typeof summaryColumns)[number]>;

/** What became of bots' calls: of those that ran here, and of those that others reported. */
export class BotCallStore implements Port {
  readonly #db: Kysely<Database>;

  constructor(deps: { db: Kysely<Database> }) {
    this.#db = deps.db;
  }

  async begin(facts: BotCallFacts, at: Date): Promise<void> {
    const { sessionId, botId, botAccountSid, streamSid, callSid, from, to, customParameters } = facts;
    await this.#db
      .insertInto('bot_calls')
      .values({
        ...{ session_id: sessionId, account_sid: botAccountSid, bot_id: botId, status: 'in-progress', source: 'bot' },
        ...{ stream_sid: streamSid, call_sid: callSid, from_address: from, to_address: to, started_at: at },
        custom_parameters: json(customParameters),
      })
      .execute();
  }

  async finish({ sessionId, botAccountSid }: BotCallFacts, report: SessionReport, at: Date): Promise<void> {
    const { disconnectedBy, detail, durationMs, transcript, events, usage, latencySamples } = report;
    await this.#db
      .updateTable('bot_calls')
      .set({
        ...{ status: disconnectedBy === 'error' ? 'failed' : 'completed', disconnected_by: disconnectedBy },
        ...{ detail: detail ?? null, ended_at: at, duration_ms: Math.round(durationMs) },
        ...{ transcript: json(transcript), events: json(events), usage: json(usage) },
        latency_samples: json(latencySamples),
      })
      .where('account_sid', '=', botAccountSid)
      .where('session_id', '=', sessionId)
      .execute();
  }

  async failOpen(at: Date): Promise<number> {
    const result = await this.#db
      .updateTable('bot_calls')
      .set({ status: 'failed', disconnected_by: 'error', detail: 'The server died.', ended_at: at })
      .where('status', '=', 'in-progress')
      .executeTakeFirst();
    return Number(result.numUpdatedRows);
  }

  async list(filter: BotCallFilter): Promise<{ calls: BotCallSummary[]; nextCursor: string | undefined }> {
    const { accountSid, botId, callSid, status, disconnectedBy, from, to, limit, cursor } = filter;
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    let query = this.#db.selectFrom('bot_calls').select(summaryColumns).where('account_sid', '=', accountSid);
    if (botId !== undefined) query = query.where('bot_id', '=', storableText(botId));
    if (callSid !== undefined) query = query.where('call_sid', '=', storableText(callSid));
    if (status !== undefined) query = query.where('status', '=', status);
    if (disconnectedBy !== undefined) query = query.where('disconnected_by', '=', storableText(disconnectedBy));
    if (from !== undefined) query = query.where('started_at', '>=', from);
    if (to !== undefined) query = query.where('started_at', '<', to);
    if (after !== undefined)
      query = query.where(
        sql<boolean>`(date_trunc('milliseconds', started_at), session_id) < (${after.createdAt}::timestamptz, ${after.callSid})`,
      );
    const rows = await query
      .orderBy(sql`date_trunc('milliseconds', started_at)`, 'desc')
      .orderBy('session_id', 'desc')
      .limit(limit + 1)
      .execute();
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

  async report(call: BotCall): Promise<boolean> {
    const values = {
      ...{ session_id: storableText(call.sessionId), account_sid: call.accountSid, source: 'reported' },
      ...{ bot_id: storableText(call.botId), stream_sid: storableText(call.streamSid) },
      ...{ call_sid: storableText(call.callSid), from_address: storableText(call.from) },
      ...{ to_address: storableText(call.to), status: call.status },
      disconnected_by: call.disconnectedBy === undefined ? null : storableText(call.disconnectedBy),
      detail: call.detail === undefined ? null : storableText(call.detail),
      ...{ started_at: call.startedAt, ended_at: call.endedAt ?? null, duration_ms: Math.round(call.durationMs) },
      ...{ custom_parameters: json(call.customParameters), transcript: json(call.transcript) },
      ...{ events: json(call.events), usage: json(call.usage), latency_samples: json(call.latencySamples) },
      details: json(call.details),
    };
    const { session_id: _, account_sid: __, started_at: ___, ...changed } = values;
    const result = await this.#db
      .insertInto('bot_calls')
      .values(values)
      .onConflict((conflict) =>
        conflict.columns(['account_sid', 'session_id']).doUpdateSet(changed).where('bot_calls.source', '=', 'reported'),
      )
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }
}

function summaryOfRow(row: SummaryRow): BotCallSummary {
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
