import type { Random } from '@intermix/kernel';
import type {
  Delivery,
  DeliveryDetail,
  DeliveryFilter,
  DeliveryLog,
  DeliveryQuery,
  ReplayAllOptions,
  ReplayedDeliveries,
  ReplayOptions,
} from '@intermix/webhooks';
import { type Kysely, type Selectable, sql } from 'kysely';
import type pg from 'pg';
import type { Database, WebhookDeliveriesTable } from '../database.js';
import { StoreConflictError, StoreError } from '../store-error.js';
import { DeliveriesOfCalls } from './deliveries-of-calls.js';
import { deliveryOfRow, detailOfRow } from './delivery-rows.js';
import { repeatDeliveries } from './repeated-deliveries.js';

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
    const nextCursor = rows.length > limit && last ? cursorOf(last) : undefined;
    return { deliveries: page.map(deliveryOfRow), nextCursor };
  }

  async find(accountSid: string, deliveryId: string): Promise<DeliveryDetail | undefined> {
    const row = await this.#row(accountSid, deliveryId);
    return row && (await this.#detailed([row]))[0];
  }

  ofCall(accountSid: string, callSid: string): Promise<DeliveryDetail[]> {
    return this.#ofCalls.find(accountSid, callSid);
  }

  async replay(accountSid: string, deliveryId: string, options: ReplayOptions = {}): Promise<Delivery | undefined> {
    const row = await this.#row(accountSid, deliveryId);
    if (row === undefined) return undefined;
    const [made] = await repeatDeliveries({ db: this.#db, random: this.#random }, [row], options);
    if (made) return made;
    const message = `The app ${row.app_id} was deleted: nothing can be delivered for it any more.`;
    throw new StoreConflictError('delivery_id', message);
  }

  async replayAll(filter: DeliveryFilter, options: ReplayAllOptions = {}): Promise<ReplayedDeliveries> {
    let select = this.#filtered(filter)
      .where('status', '!=', 'pending')
      .where('replay_of', 'is', null)
      .where(
        sql<boolean>`(content_type IS NOT NULL
          OR EXISTS (SELECT 1 FROM apps a WHERE a.id = app_id AND a.account_sid = ${filter.accountSid}))`,
      );
    if (options.cursor !== undefined) select = select.where('position', '>', positionOf(options.cursor));
    const rows = await select
      .orderBy('position')
      .limit(maxReplayed + 1)
      .execute();
    const chosen = rows.slice(0, maxReplayed);
    const last = chosen.at(-1);
    const hasMore = rows.length > maxReplayed;
    const repeated = await repeatDeliveries({ db: this.#db, random: this.#random }, chosen, options);
    return {
      replayed: repeated.length,
      hasMore,
      nextCursor: hasMore && last ? cursorOf(last) : undefined,
      lastDeliveryAt: last?.created_at,
    };
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
}

function cursorOf({ position }: DeliveryRow): string {
  return Buffer.from(position).toString('base64url');
}

function positionOf(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^\d{1,18}$/.test(text)) throw StoreError.badCursor();
  return text;
}

const isUnstorable = (text: string) => text.includes('\0');
