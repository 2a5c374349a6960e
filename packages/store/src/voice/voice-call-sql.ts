import { decodeCursor } from '../calls/call-cursor.js';
import { callValues } from '../calls/call-json.js';
import type { VoiceCallFilter, VoiceCallQuery } from './voice-call-query.js';

/** Columns of an order as values behind those of its call. */
export const orderValues = `CASE WHEN o.call_sid IS NOT NULL
  THEN json_build_array(o.mode, o.from_party, o.to_party, o.parent_call_sid) END`;

const from = 'FROM calls c LEFT JOIN voice_orders o ON o.call_sid = c.call_sid AND o.account_sid = c.account_sid';

/** What is counted of a list; a longer one is told as this long. */
export const maxCounted = 50_000;

interface Clauses {
  where: string;
  values: unknown[];
}

const relations = { gt: '>', gte: '>=', lt: '<', lte: '<=', eq: '=' } as const;

const directions = {
  inbound: `(o.call_sid IS NULL AND c.direction = 'inbound')`,
  'outbound-dial': `(o.call_sid IS NULL AND c.direction <> 'inbound')`,
  'outbound-api': '(o.call_sid IS NOT NULL)',
} as const;

/** By the index of an account's calls in time; the rest is looked at row by row, at most a month's. */
function clausesOf(filter: VoiceCallFilter): Clauses {
  const values: unknown[] = [filter.accountSid];
  const where = ['c.account_sid = $1'];
  const storable = (value: unknown) => (typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value);
  const by = (value: unknown, clause: (parameter: string) => string) => {
    if (value !== undefined) where.push(clause(`$${values.push(storable(value))}`));
  };
  by(filter.callSids, (sids) => `c.call_sid = ANY(${sids}::text[])`);
  by(filter.from, (time) => `c.created_at >= ${time}::timestamptz`);
  by(filter.to, (time) => `c.created_at <= ${time}::timestamptz`);
  by(filter.fromParty, (party) => `${party}::text IN (o.from_party, c.from_address)`);
  by(filter.toParty, (party) => `${party}::text IN (o.to_party, c.to_address)`);
  by(filter.parentCallSid, (sid) => `o.parent_call_sid = ${sid}`);
  by(filter.exophones, (numbers) => `c.exophone = ANY(${numbers}::text[])`);
  by(filter.statuses, (statuses) => `c.status = ANY(${statuses}::text[])`);
  for (const [relation, sign] of Object.entries(relations))
    by(
      filter.durationSec?.[relation as keyof typeof relations],
      (sec) => `(c.ended_at IS NOT NULL AND c.duration_sec ${sign} ${sec}::int)`,
    );
  if (filter.directions) where.push(`(${filter.directions.map((word) => directions[word]).join(' OR ')})`);
  if (filter.hasPrice) where.push('false');
  return { where: where.join(' AND '), values };
}

export function countStatement(filter: VoiceCallFilter): { text: string; values: unknown[] } {
  const { where, values } = clausesOf(filter);
  return {
    text: `SELECT count(*)::int AS total FROM (SELECT 1 ${from} WHERE ${where} LIMIT ${maxCounted}) counted`,
    values,
  };
}

/** One row more than the page has. In front of a cursor the rows come in the opposite order. Throws ERR_STORE_CURSOR. */
export function pageStatement(query: VoiceCallQuery): { text: string; values: unknown[] } {
  const { where, values } = clausesOf(query);
  const cursor = query.before ?? query.after;
  const isForward = (query.order === 'asc') === (query.before === undefined);
  const clauses = [where];
  if (cursor !== undefined) {
    const { createdAt, callSid } = decodeCursor(cursor);
    const [time, sid] = [values.push(createdAt), values.push(callSid)];
    clauses.push(`(c.created_at, c.call_sid) ${isForward ? '>' : '<'} ($${time}::timestamptz, $${sid}::text)`);
  }
  const direction = isForward ? 'ASC' : 'DESC';
  const order = `ORDER BY c.created_at ${direction}, c.call_sid ${direction} LIMIT $${values.push(query.limit + 1)}`;
  const text = `SELECT ${callValues} AS call, ${orderValues} AS "order" ${from} WHERE ${clauses.join(' AND ')} ${order}`;
  return { text, values };
}

export const orderSql = `SELECT ${orderValues} AS "order" FROM voice_orders o WHERE o.call_sid = $1 AND o.account_sid = $2`;
