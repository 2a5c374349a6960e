import type { ClosedCall } from '@intermix/webhooks';
import { type LeftBy, leftOpenSql } from '../servers/left-open.js';
import { callRowOf, callValues, type JsonValues, legRowOf, legValues } from './call-json.js';
import { callOfRow, legOfRow } from './call-rows.js';

/** How a call ended that its server did not live to end. */
export const serverDied = JSON.stringify({ by: 'platform', reason: 'server-died' });

/** When anything was last recorded of a call `c` before its server died; later nobody knows. */
export const lastSeen = `greatest(c.created_at, c.answered_at,
  (SELECT max(e.at) FROM call_events e WHERE e.call_sid = c.call_sid AND e.type <> 'server-died'))`;

const talkedSec = `coalesce(ceil(extract(epoch FROM ${lastSeen} - c.answered_at)), 0)`;

export interface ClosingRow {
  call: JsonValues;
  legs: JsonValues[] | null;
  /** ISO 8601. */
  last_seen: string;
}

/** The calls that were left open as they will be once they are closed. $1 the time, $2 the termination, $3 this server. */
export const closingSql = (left: LeftBy): string => `
  SELECT ${callValues} AS call, (
    SELECT json_agg(${legValues} ORDER BY l.position) FROM (
      SELECT (jsonb_populate_record(l, CASE WHEN l.ended_at IS NULL THEN
        jsonb_build_object('status', 'failed', 'ended_at', $1::timestamptz, 'termination', $2::jsonb) ELSE '{}' END)).*
      FROM call_legs l WHERE l.call_sid = c.call_sid
    ) l
  ) AS legs, to_json(${lastSeen}) AS last_seen
  FROM (
    SELECT (jsonb_populate_record(c, jsonb_build_object('status', 'failed', 'ended_at', $1::timestamptz,
      'termination', $2::jsonb, 'duration_sec', ${talkedSec}))).*
    FROM calls c WHERE c.ended_at IS NULL AND ${leftOpenSql(left, 'c.owner', '$3')}
  ) c`;

export function closedCalls(rows: readonly ClosingRow[]): ClosedCall[] {
  return rows.map(({ call, legs, last_seen }) => ({
    lastSeenAt: new Date(last_seen),
    call: callOfRow(callRowOf(call)),
    legs: (legs ?? []).map((values) => legOfRow(legRowOf(values))),
  }));
}

/** Closes those of these that are still open. $1 the time, $2 the termination, $3 the sids. */
export const failOpenSql = `
  WITH open AS (
    SELECT call_sid, answered_at FROM calls WHERE call_sid = ANY($3::text[]) AND ended_at IS NULL FOR UPDATE
  ),
  closed AS (
    UPDATE calls c SET status = 'failed', ended_at = $1::timestamptz, termination = $2::jsonb, duration_sec = ${talkedSec}
    FROM open WHERE c.call_sid = open.call_sid RETURNING c.call_sid
  ), legs AS (
    UPDATE call_legs l SET status = 'failed', ended_at = $1::timestamptz, termination = $2::jsonb
    FROM open WHERE l.call_sid = open.call_sid AND l.ended_at IS NULL
  ), events AS (
    INSERT INTO call_events (call_sid, type, at, data) SELECT call_sid, 'server-died', $1::timestamptz, '{}' FROM open
  )
  SELECT count(*)::int AS closed FROM closed`;
