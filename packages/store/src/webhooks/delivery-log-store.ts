import { createId, type Random } from '@intermix/kernel';
import type { Delivery, DeliveryDetail, DeliveryFilter, DeliveryLog, DeliveryQuery } from '@intermix/webhooks';
import { type Kysely, type Selectable, sql } from 'kysely';
import type pg from 'pg';
import type { Database, WebhookDeliveriesTable } from '../database.js';
import { StoreError } from '../store-error.js';
import { DeliveriesOfCalls } from './deliveries-of-calls.js';
import { deliveryOfRow, detailOfRow } from './delivery-rows.js';

const maxPage = 500;
const maxReplayed = 1_000;

type DeliveryRow = Selectable<WebhookDeliveriesTable>;

/** What became of each delivery, and the order to make one again. */
export class DeliveryLogStore implements DeliveryLog {
  readonly #db: Kysely<Database>;
  readonly #random: Random;
  readonly #ofCalls: DeliveriesOfCalls;

  /** `maxReads`: how many connections reads of single calls' deliveries may use at once. */
  constructor(deps: { db: Kysely<Database>; pool: pg.Pool; random: Random; maxReads: number }) {
    this.#db = deps.db;
    this.#random = deps.random;
    this.#ofCalls = new DeliveriesOfCalls({ pool: deps.pool, maxRunning: deps.maxReads });
  }

  async list(query: DeliveryQuery): Promise<{ deliveries: Delivery[]; nextCursor: string | undefined }> {
    const limit = Math.max(1, Math.min(query.limit, maxPage));
    let select = this.#filtered(query);
    if (query.cursor !== undefined) select = select.where('position', '<', positionOf(query.cursor));
    const rows = await select
      .orderBy('position', 'desc')
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const nextCursor = rows.length > limit && last ? Buffer.from(last.position).toString('base64url') : undefined;
    return { deliveries: page.map(deliveryOfRow), nextCursor };
  }

  async find(accountSid: string, deliveryId: string): Promise<DeliveryDetail | undefined> {
    const row = await this.#row(accountSid, deliveryId);
    return row && (await this.#detailed([row]))[0];
  }

  ofCall(accountSid: string, callSid: string): Promise<DeliveryDetail[]> {
    return this.#ofCalls.find(accountSid, callSid);
  }

  async replay(accountSid: string, deliveryId: string): Promise<Delivery | undefined> {
    const row = await this.#row(accountSid, deliveryId);
    return row && (await this.#repeat([row]))[0];
  }

  async replayAll(
    filter: DeliveryFilter,
  ): Promise<{ replayed: number; hasMore: boolean; lastDeliveryAt: Date | undefined }> {
    const rows = await this.#filtered(filter)
      .where('status', '!=', 'pending')
      .where('replay_of', 'is', null)
      .orderBy('position')
      .limit(maxReplayed + 1)
      .execute();
    const chosen = rows.slice(0, maxReplayed);
    const repeated = await this.#repeat(chosen);
    const lastDeliveryAt = chosen.at(-1)?.created_at;
    return { replayed: repeated.length, hasMore: rows.length > maxReplayed, lastDeliveryAt };
  }

  #filtered(filter: DeliveryFilter) {
    let select = this.#db.selectFrom('webhook_deliveries').selectAll().where('account_sid', '=', filter.accountSid);
    const equal = [
      ['app_id', filter.appId],
      ['status', filter.status],
      ['call_sid', filter.callSid],
      ['event_type', filter.eventType],
      ['host', filter.host],
    ] as const;
    for (const [column, value] of equal) {
      if (value !== undefined) select = select.where(column, '=', value.replaceAll('\0', '\uFFFD'));
    }
    if (filter.from !== undefined) select = select.where('created_at', '>=', filter.from);
    if (filter.to !== undefined) select = select.where('created_at', '<', filter.to);
    return select;
  }

  async #row(accountSid: string, deliveryId: string): Promise<DeliveryRow | undefined> {
    if (isUnstorable(deliveryId)) return undefined;
    return this.#db
      .selectFrom('webhook_deliveries')
      .selectAll()
      .where('account_sid', '=', accountSid)
      .where('delivery_id', '=', deliveryId)
      .executeTakeFirst();
  }

  async #detailed(rows: readonly DeliveryRow[]): Promise<DeliveryDetail[]> {
    if (rows.length === 0) return [];
    const ids = rows.map((row) => row.delivery_id);
    const attempts = await this.#db
      .selectFrom('webhook_attempts')
      .selectAll()
      .where(sql<boolean>`delivery_id = ANY(${ids}::text[])`)
      .orderBy('delivery_id')
      .orderBy('number')
      .execute();
    return rows.map((row) => detailOfRow(row, attempts));
  }

  /** In the order given, in one statement. */
  async #repeat(rows: readonly DeliveryRow[]): Promise<Delivery[]> {
    if (rows.length === 0) return [];
    const positions = rows.map((row) => row.position);
    const ids = rows.map(() => createId('dlv_', 16, this.#random));
    const { rows: made } = await sql<DeliveryRow>`
      INSERT INTO webhook_deliveries
        (delivery_id, event_id, event_type, account_sid, app_id, call_sid, url, host, body, replay_of)
      SELECT g.id, d.event_id, d.event_type, d.account_sid, d.app_id, d.call_sid, d.url, d.host, d.body, d.delivery_id
      FROM unnest(${positions}::bigint[], ${ids}::text[]) WITH ORDINALITY g (position, id, ordinal)
      JOIN webhook_deliveries d ON d.position = g.position
      ORDER BY g.ordinal
      RETURNING *`.execute(this.#db);
    return made.map(deliveryOfRow);
  }
}

function positionOf(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^\d{1,18}$/.test(text)) throw StoreError.badCursor();
  return text;
}

const isUnstorable = (text: string) => text.includes('\0');
