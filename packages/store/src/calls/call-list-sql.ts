import type { CallQuery, CallRecord } from '@intermix/calls';
import { decodeCursor } from './call-cursor.js';
import { callRowOf, callValues, type JsonValues } from './call-json.js';
import { callOfRow } from './call-rows.js';
import { lastSeen } from './dead-calls.js';

/** Which calls of an app. What is left out does not narrow. */
export interface AppCallQuery extends CallQuery {
  appId: string;
  userId?: string;
  direction?: CallRecord['direction'];
  /** `+E.164`; of either party, or the ExoPhone. */
  number?: string;
  /** Began then or later. */
  from?: Date;
  /** Began before. */
  to?: Date;
}

/** A call in a list, with what its durations need of its legs. */
export interface AppCall extends CallRecord {
  /** When the first leg of the called party rang. */
  firstRangAt: Date | undefined;
  /** The last thing recorded of a call that its server did not live to end. */
  lastSeenAt: Date | undefined;
}

export type ListStatement = (limit: number) => { name: string; text: string; values: unknown[] };

/** Clauses, and a name that says which: a statement is prepared once for each set of them that is asked for. */
class Narrowing {
  name: string;
  where: string;
  readonly values: unknown[];

  constructor(name: string, accountSid: string) {
    this.name = name;
    this.where = 'account_sid = $1';
    this.values = [accountSid, undefined]; // $2 is the limit.
  }

  by(name: string, value: unknown, clause: (parameter: string) => string): void {
    if (value === undefined) return;
    this.name += `-${name}`;
    const storable = typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
    this.where += ` AND ${clause(`$${this.values.push(storable)}`)}`;
  }

  after(cursor: string | undefined): void {
    if (cursor === undefined) return;
    const { createdAt, callSid } = decodeCursor(cursor);
    this.name += '-after';
    const [time, sid] = [this.values.push(createdAt), this.values.push(callSid)];
    this.where += ` AND (created_at, call_sid) < ($${time}::timestamptz, $${sid}::text)`;
  }

  /** `json_agg` keeps the order of its input. */
  selecting(row: string): ListStatement {
    const page = `SELECT * FROM calls WHERE ${this.where} ORDER BY created_at DESC, call_sid DESC LIMIT $2`;
    const text = `SELECT json_agg(${row}) AS found FROM (${page}) c`;
    return (limit) => ({ name: this.name, text, values: this.values.with(1, limit) });
  }
}

/** Throws ERR_STORE_CURSOR. */
export function listStatement(query: CallQuery): ListStatement {
  const narrowing = new Narrowing('call-list', query.accountSid);
  narrowing.by('status', query.status, (status) => `status = ${status}`);
  narrowing.after(query.cursor);
  return narrowing.selecting(callValues);
}

const firstRang = `(SELECT min(l.ringing_at) FROM call_legs l WHERE l.call_sid = c.call_sid AND l.role = 'callee')`;

const deadLastSeen = `CASE WHEN c.termination ->> 'reason' = 'server-died' THEN ${lastSeen} END`;

/** Throws ERR_STORE_CURSOR. By the index of the app, or of its user. */
export function appListStatement(query: AppCallQuery): ListStatement {
  const narrowing = new Narrowing('app-call-list', query.accountSid);
  narrowing.by('app', query.appId, (app) => `app_id = ${app}`);
  narrowing.by('user', query.userId, (user) => `user_id = ${user}`);
  narrowing.by('direction', query.direction, (direction) => `direction = ${direction}`);
  narrowing.by('status', query.status, (status) => `status = ${status}`);
  narrowing.by('number', query.number, (number) => `${number}::text IN (from_address, to_address, exophone)`);
  narrowing.by('from', query.from, (from) => `created_at >= ${from}::timestamptz`);
  narrowing.by('to', query.to, (to) => `created_at < ${to}::timestamptz`);
  narrowing.after(query.cursor);
  return narrowing.selecting(`json_build_array(${callValues}, ${firstRang}, ${deadLastSeen})`);
}

export function callOfValues(values: JsonValues): CallRecord {
  return callOfRow(callRowOf(values));
}

export function appCallOfValues(values: JsonValues): AppCall {
  const [call, firstRangAt, lastSeenAt] = values as [JsonValues, string | null, string | null];
  return { ...callOfValues(call), firstRangAt: dateOf(firstRangAt), lastSeenAt: dateOf(lastSeenAt) };
}

function dateOf(text: string | null): Date | undefined {
  return text === null ? undefined : new Date(text);
}
