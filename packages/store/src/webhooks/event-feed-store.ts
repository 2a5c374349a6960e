import type { EventFeed, FeedEvent, FeedQuery } from '@intermix/webhooks';
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.js';
import { StoreError } from '../store-error.js';

const maxPage = 500;

interface Place {
  tx: string;
  position: string;
}

const firstPlace: Place = { tx: '0', position: '0' };

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
 *
 * Transactions are counted by each server for itself: in a database that was filled by an import, a cursor from before
 * could lie behind events that its reader has not seen. So a cursor names its database, and is refused by any other.
 */
export class EventFeedStore implements EventFeed {
  readonly #db: Kysely<Database>;
  #database: Promise<string> | undefined;

  constructor(deps: { db: Kysely<Database> }) {
    this.#db = deps.db;
  }

  async read(query: FeedQuery): Promise<{ events: FeedEvent[]; cursor: string | undefined; hasMore: boolean }> {
    const limit = Math.max(1, Math.min(query.limit, maxPage));
    const database = await this.#databaseMark();
    const after = query.after === undefined ? firstPlace : placeOf(query.after, database);
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
      cursor: last ? cursorOf(last, database) : query.after,
      hasMore: rows.length > limit,
    };
  }

  /** When the tables were made, in milliseconds; an import dates them anew. */
  #databaseMark(): Promise<string> {
    this.#database ??= sql<{ mark: string }>`
      SELECT (extract(epoch FROM min(timestamp)::timestamptz) * 1000)::bigint::text AS mark FROM kysely_migration`
      .execute(this.#db)
      .then(({ rows }) => rows[0]?.mark ?? '0');
    this.#database.catch(() => {
      this.#database = undefined;
    });
    return this.#database;
  }
}

function equals(column: 'call_sid' | 'type', value: string | undefined) {
  return value === undefined ? sql`` : sql`AND ${sql.ref(column)} = ${value.replaceAll('\0', '\uFFFD')}`;
}

function eventOfRow(row: FeedRow): FeedEvent {
  return { eventId: row.event_id, type: row.type, callSid: row.call_sid, at: row.at, payload: row.payload };
}

function cursorOf({ tx, position }: Place, database: string): string {
  return Buffer.from(`${tx}.${position}.${database}`, 'utf8').toString('base64url');
}

function placeOf(cursor: string, database: string): Place {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const [, tx, position, mark] = /^(\d{1,18})\.(\d{1,18})\.(\d{1,18})$/.exec(text) ?? [];
  if (tx === undefined || position === undefined || mark !== database) throw StoreError.badCursor();
  return { tx, position };
}
