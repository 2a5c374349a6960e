import type { CallChange, CallEventRecord, CallQuery, CallRecord, LegRecord } from '@intermix/calls';
import { type Clock, systemClock } from '@intermix/kernel';
import type { ClosedCall, Notice, NotifiedCallStore } from '@intermix/webhooks';
import type pg from 'pg';
import type { LeftBy } from '../servers/left-open.js';
import { StoreConflictError, StoreError, sqlState, uniqueViolation } from '../store-error.js';
import { noticeClauses } from '../webhooks/notice-rows.js';
import { CallBatch, type CallWrite } from './call-batch.js';
import { batchStatement } from './call-batch-sql.js';
import type { AppCall, AppCallQuery } from './call-list-sql.js';
import { type CallDetail, CallReads } from './call-reads.js';
import { type ClosingRow, closedCalls, closingSql, failOpenSql, serverDied } from './dead-calls.js';
import { GroupCommit } from './group-commit.js';

const maxGroup = 128;
/** Little to a caller who waits for the record; under load it makes one transaction of several. */
const gapMs = 5;
const maxWaiting = 20_000;

/** Calls, their legs and events. Every write resolves after its commit; writes that queue up share one. */
export class CallStore implements NotifiedCallStore {
  readonly #pool: pg.Pool;
  readonly #owner: string | undefined;
  readonly #reads: CallReads;
  readonly #writes: GroupCommit<CallWrite>;

  /** `maxReads`: how many connections reads of single calls may use at once; `owner`: this server. */
  constructor(deps: { pool: pg.Pool; maxReads: number; owner?: string | undefined; clock?: Clock }) {
    this.#pool = deps.pool;
    this.#owner = deps.owner;
    this.#reads = new CallReads({ pool: deps.pool, maxRunning: deps.maxReads });
    this.#writes = new GroupCommit({
      commit: (writes) => this.#commit(writes),
      isOwnFault,
      uniqueKey: (write) => (write.kind === 'create' ? write.call.callSid : undefined),
      clock: deps.clock ?? systemClock,
      gapMs,
      maxGroup,
      maxWaiting,
      overloaded: () => StoreError.failed('A call was not written', 'too many writes wait for the database'),
    });
  }

  /** Rejects with a conflict on `call_sid` when the sid exists. */
  create(
    call: CallRecord,
    legs: readonly LegRecord[],
    events: readonly CallEventRecord[],
    notices: readonly Notice[] = [],
  ): Promise<void> {
    return this.#write({ kind: 'create', call, legs, events, notices });
  }

  /**
   * Rejects with ERR_STORE_NOT_FOUND when the call, or a leg that is not a whole row, does not exist; then nothing of
   * the change is written. A field that is undefined stays as it was.
   */
  apply(change: CallChange, notices: readonly Notice[] = []): Promise<void> {
    return this.#write({ kind: 'apply', change, notices });
  }

  addLegs(legs: readonly LegRecord[]): Promise<void> {
    return this.#write({ kind: 'addLegs', legs });
  }

  find(accountSid: string, callSid: string): Promise<CallDetail | undefined> {
    return this.#reads.find(accountSid, callSid);
  }

  /** Newest first; at most 500 a page. Throws ERR_STORE_CURSOR for a cursor that no page returned. */
  list(query: CallQuery): Promise<{ calls: CallRecord[]; nextCursor: string | undefined }> {
    return this.#reads.list(query);
  }

  /** The calls of an app that the filter finds, with what their durations need; else as `list`. */
  listOfApp(query: AppCallQuery): Promise<{ calls: AppCall[]; nextCursor: string | undefined }> {
    return this.#reads.listOfApp(query);
  }

  /**
   * The end is when we learnt of it; the duration counts to the last thing that was recorded of the call, so that a
   * night without a server is nobody's bill. Of two servers that close the same calls one does; both tell of them the same.
   */
  async failOpenCalls(
    at: Date,
    noticesOf: (closed: readonly ClosedCall[]) => Promise<readonly Notice[]> = async () => [],
    left: LeftBy = 'own',
  ): Promise<number> {
    const { rows } = await this.#pool.query<ClosingRow>(closingSql(left), [at, serverDied, this.#owner ?? null]);
    if (rows.length === 0) return 0;
    const closed = closedCalls(rows);
    const sids = closed.map(({ call }) => call.callSid);
    const { sql, values } = noticeClauses(await noticesOf(closed), 4);
    const text = failOpenSql.replace('WITH', () => `WITH ${sql},`);
    const { rows: counts } = await this.#pool.query<{ closed: number }>(text, [at, serverDied, sids, ...values]);
    return counts[0]?.closed ?? 0;
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
    const batch = CallBatch.of(writes, this.#owner);
    if (!batch.isEmpty) await this.#pool.query(batchStatement(batch));
  }
}

/** Class 22 and 23: the data broke a rule; P0002: `expect_rows`. A lost connection is no write's fault. */
function isOwnFault(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(22|23|P0)...$/.test(String(error.code));
}

/** `expect_rows` found fewer than it should, or an event or leg names an unknown call. */
function isMissingRow(error: unknown): boolean {
  return sqlState(error, 'P0002', '23503') !== undefined;
}
