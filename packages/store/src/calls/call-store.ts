import type {
  CallChange,
  CallEventRecord,
  CallQuery,
  CallRecord,
  CallStore as CallStorePort,
  LegRecord,
} from '@intermix/calls';
import { type Kysely, sql } from 'kysely';
import type pg from 'pg';
import type { Database } from '../database.js';
import { StoreConflictError, StoreError, sqlState, uniqueViolation } from '../store-error.js';
import { CallBatch, type CallWrite } from './call-batch.js';
import { batchParameters, batchSql } from './call-batch-sql.js';
import { decodeCursor, encodeCursor } from './call-cursor.js';
import { callOfRow, eventOfRow, legOfRow } from './call-rows.js';
import { GroupCommit } from './group-commit.js';

const maxGroup = 128;
const maxWaiting = 20_000;
const maxPage = 500;

/** Calls, their legs and events. Every write resolves after its commit; writes that queue up share one. */
export class CallStore implements CallStorePort {
  readonly #db: Kysely<Database>;
  readonly #pool: pg.Pool;
  readonly #writes: GroupCommit<CallWrite>;

  constructor(deps: { db: Kysely<Database>; pool: pg.Pool }) {
    this.#db = deps.db;
    this.#pool = deps.pool;
    this.#writes = new GroupCommit({
      commit: (writes) => this.#commit(writes),
      isOwnFault,
      uniqueKey: (write) => (write.kind === 'create' ? write.call.callSid : undefined),
      maxGroup,
      maxWaiting,
      overloaded: () => StoreError.failed('A call was not written', 'too many writes wait for the database'),
    });
  }

  /** Rejects with a conflict on `call_sid` when the sid exists. */
  create(call: CallRecord, legs: readonly LegRecord[], events: readonly CallEventRecord[]): Promise<void> {
    return this.#write({ kind: 'create', call, legs, events });
  }

  /**
   * Rejects with ERR_STORE_NOT_FOUND when the call, or a leg that is not a whole row, does not exist; then nothing of
   * the change is written. A field that is undefined stays as it was.
   */
  apply(change: CallChange): Promise<void> {
    return this.#write({ kind: 'apply', change });
  }

  addLegs(legs: readonly LegRecord[]): Promise<void> {
    return this.#write({ kind: 'addLegs', legs });
  }

  async find(
    accountSid: string,
    callSid: string,
  ): Promise<{ call: CallRecord; legs: LegRecord[]; events: CallEventRecord[] } | undefined> {
    const call = await this.#db
      .selectFrom('calls')
      .selectAll()
      .where('account_sid', '=', accountSid)
      .where('call_sid', '=', callSid)
      .executeTakeFirst();
    if (!call) return undefined;
    const [legs, events] = await Promise.all([
      this.#db.selectFrom('call_legs').selectAll().where('call_sid', '=', callSid).orderBy('position').execute(),
      this.#db.selectFrom('call_events').selectAll().where('call_sid', '=', callSid).orderBy('id').execute(),
    ]);
    return { call: callOfRow(call), legs: legs.map(legOfRow), events: events.map(eventOfRow) };
  }

  /** Newest first; at most 500 a page. Throws ERR_STORE_CURSOR for a cursor that no page returned. */
  async list(query: CallQuery): Promise<{ calls: CallRecord[]; nextCursor: string | undefined }> {
    const limit = Math.max(1, Math.min(query.limit, maxPage));
    let select = this.#db.selectFrom('calls').selectAll().where('account_sid', '=', query.accountSid);
    if (query.status !== undefined) select = select.where('status', '=', query.status);
    if (query.cursor !== undefined) {
      const { createdAt, callSid } = decodeCursor(query.cursor);
      select = select.where(sql<boolean>`(created_at, call_sid) < (${createdAt}::timestamptz, ${callSid}::text)`);
    }
    const rows = await select
      .orderBy('created_at', 'desc')
      .orderBy('call_sid', 'desc')
      .limit(limit + 1)
      .execute();
    const calls = rows.slice(0, limit).map(callOfRow);
    const last = calls.at(-1);
    return { calls, nextCursor: rows.length > limit && last ? encodeCursor(last) : undefined };
  }

  /**
   * The end is when we learnt of it; the duration counts to the last thing that was recorded of the call, so that a
   * night without a server is nobody's bill. For one node: it takes every open call for a dead one's.
   */
  async failOpenCalls(at: Date): Promise<number> {
    const { rows } = await this.#pool.query<{ closed: number }>(failOpenSql, [at, JSON.stringify(serverDied)]);
    return rows[0]?.closed ?? 0;
  }

  /** Resolves when no write waits any more. */
  drained(): Promise<void> {
    return this.#writes.drained();
  }

  async #write(write: CallWrite): Promise<void> {
    try {
      await this.#writes.submit(write);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      if (sqlState(error, uniqueViolation)?.constraint === 'calls_pkey')
        throw new StoreConflictError('call_sid', 'The call exists already.', { cause: error });
      if (isMissingRow(error)) throw StoreError.notFound('call or leg');
      throw StoreError.failed('A call was not written', error);
    }
  }

  async #commit(writes: readonly CallWrite[]): Promise<void> {
    await this.#pool.query({ name: 'call-batch', text: batchSql, values: batchParameters(CallBatch.of(writes)) });
  }
}

const serverDied = { by: 'platform', reason: 'server-died' };

const failOpenSql = `
  WITH open AS (SELECT call_sid, answered_at FROM calls WHERE ended_at IS NULL FOR UPDATE),
  closed AS (
    UPDATE calls c SET status = 'failed', ended_at = $1, termination = $2::jsonb, duration_sec = coalesce(
      ceil(extract(epoch FROM (SELECT max(e.at) FROM call_events e WHERE e.call_sid = c.call_sid) - c.answered_at)), 0)
    FROM open WHERE c.call_sid = open.call_sid RETURNING c.call_sid
  ), legs AS (
    UPDATE call_legs l SET status = 'failed', ended_at = $1, termination = $2::jsonb
    FROM open WHERE l.call_sid = open.call_sid AND l.ended_at IS NULL
  ), events AS (
    INSERT INTO call_events (call_sid, type, at, data) SELECT call_sid, 'server-died', $1, '{}' FROM open
  )
  SELECT count(*)::int AS closed FROM closed`;

/** Class 22 and 23: the data broke a rule; P0002: `expect_rows`. A lost connection is no write's fault. */
function isOwnFault(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(22|23|P0)...$/.test(String(error.code));
}

/** `expect_rows` found fewer than it should, or an event or leg names an unknown call. */
function isMissingRow(error: unknown): boolean {
  return sqlState(error, 'P0002', '23503') !== undefined;
}
