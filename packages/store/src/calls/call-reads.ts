import type { CallEventRecord, CallQuery, CallRecord, LegRecord } from '@intermix/calls';
import type pg from 'pg';
import { StoreError } from '../store-error.js';
import { encodeCursor } from './call-cursor.js';
import { callRowOf, callValues, eventRowOf, eventValues, type JsonValues, legRowOf, legValues } from './call-json.js';
import {
  type AppCall,
  type AppCallQuery,
  appCallOfValues,
  appListStatement,
  callOfValues,
  type ListStatement,
  listStatement,
} from './call-list-sql.js';
import { callOfRow, eventOfRow, legOfRow } from './call-rows.js';
import { GroupRead } from './group-read.js';

/** A call with all that is known of it. */
export interface CallDetail {
  call: CallRecord;
  legs: LegRecord[];
  events: CallEventRecord[];
}

interface CallKey {
  accountSid: string;
  callSid: string;
}

const maxGroup = 32;
const maxWaiting = 20_000;
const maxPage = 500;

/** Legs and events come by index, call by call; a group costs one round trip. */
const detailSql = `
  SELECT json_agg(json_build_array(k.ordinal, ${callValues},
    (SELECT json_agg(${legValues} ORDER BY l.position) FROM call_legs l WHERE l.call_sid = c.call_sid),
    (SELECT json_agg(${eventValues} ORDER BY e.id) FROM call_events e WHERE e.call_sid = c.call_sid))) AS found
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY k (account_sid, call_sid, ordinal)
  JOIN calls c ON c.call_sid = k.call_sid AND c.account_sid = k.account_sid`;

type DetailValues = [ordinal: number, call: JsonValues, legs: JsonValues[] | null, events: JsonValues[] | null];

/** Reads of calls: few statements, each prepared once a connection. */
export class CallReads {
  readonly #pool: pg.Pool;
  readonly #details: GroupRead<CallKey, CallDetail | undefined>;

  /** `maxRunning`: how many connections reads of single calls may use at once. */
  constructor(deps: { pool: pg.Pool; maxRunning: number }) {
    this.#pool = deps.pool;
    this.#details = new GroupRead({
      read: (keys) => this.#readDetails(keys),
      maxGroup,
      maxRunning: deps.maxRunning,
      maxWaiting,
      overloaded: () => StoreError.failed('A call was not read', 'too many reads wait for the database'),
    });
  }

  async find(accountSid: string, callSid: string): Promise<CallDetail | undefined> {
    if (callSid.includes('\0') || accountSid.includes('\0')) return undefined; // No text here can hold it.
    return this.#details.get({ accountSid, callSid });
  }

  /** Newest first; at most 500 a page. Throws ERR_STORE_CURSOR for a cursor that no page returned. */
  async list(query: CallQuery): Promise<{ calls: CallRecord[]; nextCursor: string | undefined }> {
    const { items, nextCursor } = await this.#page(listStatement(query), query.limit, callOfValues);
    return { calls: items, nextCursor };
  }

  /** The calls of an app that the filter finds, with what their durations need; else as `list`. */
  async listOfApp(query: AppCallQuery): Promise<{ calls: AppCall[]; nextCursor: string | undefined }> {
    const { items, nextCursor } = await this.#page(appListStatement(query), query.limit, appCallOfValues);
    return { calls: items, nextCursor };
  }

  async #page<Item extends CallRecord>(
    statement: ListStatement,
    wanted: number,
    read: (values: JsonValues) => Item,
  ): Promise<{ items: Item[]; nextCursor: string | undefined }> {
    const limit = Math.max(1, Math.min(wanted, maxPage));
    const { rows } = await this.#pool.query<{ found: JsonValues[] | null }>(statement(limit + 1));
    const found = rows[0]?.found ?? [];
    const items = found.slice(0, limit).map(read);
    const last = items.at(-1);
    return { items, nextCursor: found.length > limit && last ? encodeCursor(last) : undefined };
  }

  async #readDetails(keys: readonly CallKey[]): Promise<Array<CallDetail | undefined>> {
    const { rows } = await this.#pool.query<{ found: DetailValues[] | null }>({
      name: 'call-details',
      text: detailSql,
      values: [keys.map(({ accountSid }) => accountSid), keys.map(({ callSid }) => callSid)],
    });
    const details: Array<CallDetail | undefined> = keys.map(() => undefined);
    for (const [ordinal, call, legs, events] of rows[0]?.found ?? []) {
      details[ordinal - 1] = {
        call: callOfRow(callRowOf(call)),
        legs: (legs ?? []).map((values) => legOfRow(legRowOf(values))),
        events: (events ?? []).map((values) => eventOfRow(eventRowOf(values))),
      };
    }
    return details;
  }
}
