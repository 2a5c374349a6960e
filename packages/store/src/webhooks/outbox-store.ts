import type {
  AttemptOutcome,
  AttemptResult,
  ClaimedDelivery,
  ClaimRequest,
  DeliveryManner,
  Notice,
  Outbox,
} from '@intermix/webhooks';
import type pg from 'pg';
import { GroupRead } from '../calls/group-read.js';
import { storableJson } from '../storable-json.js';
import { StoreError } from '../store-error.js';
import { noticeClauses } from './notice-rows.js';
import { backlogSql, claimSql, finishSql, pruneSql, releaseSql } from './outbox-sql.js';

/** Longer than any attempt takes: 10 s. */
const leaseSec = 60;
const maxFinishedAtOnce = 128;
const maxFinishing = 20_000;
const keptDays = 30;
/** Before the first, second and third retry, each after the failure before. */
const ladderMs = [5_000, 30_000, 300_000];

interface ClaimedRow {
  position: string;
  delivery_id: string;
  event_id: string;
  event_type: string;
  account_sid: string;
  app_id: string;
  call_sid: string;
  url: string;
  host: string;
  body: string;
  content_type: string | null;
  timeout_ms: number | null;
  retry_delays_ms: number[] | null;
  attempts: number;
  claims: number;
  late_ms: number;
}

/** The deliveries that are to be made, in the tables that hold their story too. */
export class OutboxStore implements Outbox {
  readonly #pool: pg.Pool;
  readonly #retryDelaysMs: readonly number[];
  readonly #finishing: GroupRead<AttemptResult, AttemptOutcome | undefined>;

  /** `retryDelaysMs`: for tests that cannot wait five minutes. */
  constructor(deps: { pool: pg.Pool; retryDelaysMs?: readonly number[] | undefined }) {
    this.#pool = deps.pool;
    this.#retryDelaysMs = deps.retryDelaysMs ?? ladderMs;
    this.#finishing = new GroupRead({
      read: (results) => this.#finishAll(results),
      maxGroup: maxFinishedAtOnce,
      maxRunning: 1,
      maxWaiting: maxFinishing,
      overloaded: () => StoreError.failed('An attempt was not written', 'too many wait for the database'),
    });
  }

  async enqueue(notices: readonly Notice[]): Promise<void> {
    if (notices.length === 0) return;
    const { sql, values } = noticeClauses(notices, 1);
    await this.#pool.query({ name: 'webhook-enqueue', text: `WITH ${sql} SELECT 1`, values });
  }

  async claim(request: ClaimRequest): Promise<ClaimedDelivery[]> {
    const { limit, roomPerLane, lanes, roomPerHost, hosts, sickRoom } = request;
    const laneRooms = [...lanes].map(([lane, { room, isSick, rank }]) => [lane, [room, isSick, rank]]);
    const hostRooms = [...hosts].map(([host, { well, sick }]) => [host, [well, sick]]);
    const json = (pairs: unknown[][]) => JSON.stringify(Object.fromEntries(pairs));
    const ofHosts = [roomPerHost.well, roomPerHost.sick, json(hostRooms)];
    const values = [limit, roomPerLane, json(laneRooms), ...ofHosts, sickRoom, leaseSec];
    const { rows } = await this.#pool.query<ClaimedRow>({ name: 'webhook-claim', text: claimSql, values });
    return rows.map((row) => ({
      position: row.position,
      deliveryId: row.delivery_id,
      eventId: row.event_id,
      eventType: row.event_type,
      accountSid: row.account_sid,
      appId: row.app_id,
      callSid: row.call_sid,
      url: row.url,
      host: row.host,
      body: row.body,
      manner: mannerOf(row),
      attempts: row.attempts,
      claim: row.claims,
      lateMs: row.late_ms,
    }));
  }

  finish(result: AttemptResult): Promise<AttemptOutcome | undefined> {
    return this.#finishing.get(result);
  }

  async release(claimed: readonly ClaimedDelivery[]): Promise<void> {
    const values = [claimed.map(({ position }) => position), claimed.map(({ claim }) => claim)];
    await this.#pool.query(releaseSql, values);
  }

  async releaseAll(): Promise<void> {
    await this.#pool.query(
      `UPDATE webhook_deliveries SET locked_until = NULL WHERE status = 'pending' AND locked_until IS NOT NULL`,
    );
  }

  async backlog(): Promise<{ due: number; oldestDueSec: number; waiting: number }> {
    const { rows } = await this.#pool.query<{ due: number; waiting: number; oldest: number }>(backlogSql);
    const { due = 0, waiting = 0, oldest = 0 } = rows[0] ?? {};
    return { due, waiting, oldestDueSec: oldest };
  }

  async prune(limit: number): Promise<number> {
    const { rows } = await this.#pool.query<{ deleted: number }>(pruneSql, [limit, keptDays]);
    return rows[0]?.deleted ?? 0;
  }

  async #finishAll(results: readonly AttemptResult[]): Promise<Array<AttemptOutcome | undefined>> {
    const attempts = results.map(({ claimed, ...result }) => ({
      position: claimed.position,
      claim: claimed.claim,
      delivered: result.delivered,
      is_final: result.isFinal,
      at: result.at,
      latency_ms: Math.round(result.latencyMs),
      http_status: result.httpStatus ?? null,
      error: result.error ?? null,
      response_body: result.responseBody ?? null,
    }));
    const { rows } = await this.#pool.query<{ position: string; status: string; next_in_ms: number | null }>({
      name: 'webhook-finish',
      text: finishSql,
      values: [storableJson(attempts), this.#retryDelaysMs],
    });
    const outcomes = new Map(
      rows.map((row) => [
        row.position,
        { status: row.status as AttemptOutcome['status'], nextInMs: row.next_in_ms ?? undefined },
      ]),
    );
    return results.map(({ claimed }) => outcomes.get(claimed.position));
  }
}

function mannerOf(row: ClaimedRow): DeliveryManner | undefined {
  const { content_type: contentType, timeout_ms: timeoutMs, retry_delays_ms: retryDelaysMs } = row;
  if (contentType === null || timeoutMs === null || retryDelaysMs === null) return undefined;
  return { contentType, timeoutMs, retryDelaysMs };
}
