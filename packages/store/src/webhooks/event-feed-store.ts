import type { EventFeed, FeedEvent, FeedQuery } from '@intermix/webhooks';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';
import { StoreError } from '../store-error.js';

const maxPage = 500;

interface Place {
  tx: string;
  position: string;
}

interface FeedRow extends Place {
  event_id: string;
  type: string;
  call_sid: string;
  at: Date;
  payload: Record<string, unknown>;
}

/**
 * The feed runs in the order of transactions, and within one in the order of its rows. A row's position alone would not
 * do: a transaction that is still open may hold a lower one, and commit it behind a reader's back. So only rows of
 * transactions are shown that are older than every open one.
 */
export class EventFeedStore implements EventFeed {
  readonly #db: Kysely<Database>;

  constructor(deps: { db: Kysely<Database> }) {
    this.#db = deps.db;
  }

  async read(query: FeedQuery): Promise<{ events: FeedEvent[]; cursor: string | undefined; hasMore: boolean }> {
    const limit = Math.max(1, Math.min(query.limit, maxPage));
    const after = query.after === undefined ? { tx: '0', position: '0' } : placeOf(query.after);
    const { rows } = await sql<FeedRow>`
      SELECT tx::text AS tx, position::text AS position, event_id, type, call_sid, at, payload
      FROM webhook_events
      WHERE app_id = ${query.appId} AND account_sid = ${query.accountSid}
        AND (tx, position) > (${after.tx}::xid8, ${after.position}::bigint)
        AND tx < pg_snapshot_xmin(pg_current_snapshot())
        ${equals('call_sid', query.callSid)} ${equals('type', query.type)}
      ORDER BY webhook_events.tx, webhook_events.position LIMIT ${limit + 1}`.execute(this.#db);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      events: page.map(eventOfRow),
      cursor: last ? cursorOf(last) : query.after,
      hasMore: rows.length > limit,
    };
  }
}

function equals(column: 'call_sid' | 'type', value: string | undefined) {
  return value === undefined ? sql`` : sql`AND ${sql.ref(column)} = ${value.replaceAll('\0', '\uFFFD')}`;
}

function eventOfRow(row: FeedRow): FeedEvent {
  return { eventId: row.event_id, type: row.type, callSid: row.call_sid, at: row.at, payload: row.payload };
}

function cursorOf({ tx, position }: Place): string {
  return Buffer.from(`${tx}.${position}`, 'utf8').toString('base64url');
}

function placeOf(cursor: string): Place {
  const [, tx, position] = /^(\d{1,18})\.(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (tx === undefined || position === undefined) throw StoreError.badCursor();
  return { tx, position };
}
