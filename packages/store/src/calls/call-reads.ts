import type { CallEventRecord, CallQuery, CallRecord, LegRecord } from '@intermix/calls';
import type pg from 'pg';
import { StoreError } from '../store-error.js';
import { decodeCursor, encodeCursor } from './call-cursor.js';
import { callRowOf, callValues, eventRowOf, eventValues, type JsonValues, legRowOf, legValues } from './call-json.js';
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
    const limit = Math.max(1, Math.min(query.limit, maxPage));
    const { rows } = await this.#pool.query<{ found: JsonValues[] | null }>(listStatement(query, limit + 1));
    const found = rows[0]?.found ?? [];
    const calls = found.slice(0, limit).map((values) => callOfRow(callRowOf(values)));
    const last = calls.at(-1);
    return { calls, nextCursor: found.length > limit && last ? encodeCursor(last) : undefined };
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

/** Four statements, by what the query names, so that each is prepared once. `json_agg` keeps the order of its input. */
function listStatement(query: CallQuery, limit: number): { name: string; text: string; values: unknown[] } {
  const values: unknown[] = [query.accountSid, limit];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  let name = 'call-list';
  let where = 'account_sid = $1';
  if (query.status !== undefined) {
    name += '-status';
    where += ` AND status = ${parameter(query.status)}`;
  }
  if (query.cursor !== undefined) {
    const { createdAt, callSid } = decodeCursor(query.cursor);
    name += '-after';
    where += ` AND (created_at, call_sid) < (${parameter(createdAt)}::timestamptz, ${parameter(callSid)}::text)`;
  }
  const page = `SELECT * FROM calls WHERE ${where} ORDER BY created_at DESC, call_sid DESC LIMIT $2`;
  return { name, text: `SELECT json_agg(${callValues}) AS found FROM (${page}) c`, values };
}
