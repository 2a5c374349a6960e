import type { CallBatch } from './call-batch.js';
import { callColumns, type JsonRow, legColumns } from './call-rows.js';

const calls = callColumns.join(', ');
const legs = legColumns.join(', ');
const prefixed = (prefix: string, columns: readonly string[]) => columns.map((column) => prefix + column).join(', ');
const excludedLegs = legColumns.map((column) => `${column} = excluded.${column}`).join(', ');

/**
 * Writes a batch in one statement, which is one transaction and one round trip. `jsonb_populate_record(row, patch)`
 * keeps the columns that the patch does not name. `expect_rows` undoes everything when a changed row does not exist.
 * A whole leg may be known already (a change may carry the whole row), but not under another call.
 */
export const batchSql = `
  WITH new_calls AS (
    INSERT INTO calls (${calls})
    SELECT ${prefixed('r.', callColumns)} FROM jsonb_populate_recordset(NULL::calls, $1::jsonb) r
  ), changed_calls AS (
    UPDATE calls t SET (${calls}) = (SELECT ${prefixed('r.', callColumns)} FROM jsonb_populate_record(t, p.value) r)
    FROM few_elements($2::jsonb) p WHERE t.call_sid = p.value->>'call_sid'
    RETURNING 1
  ), new_legs AS (
    INSERT INTO call_legs AS t (${legs})
    SELECT ${prefixed('r.', legColumns)}
    FROM few_elements($3::jsonb) p,
         jsonb_populate_record(NULL::call_legs, p.value) r
    ORDER BY p.ordinal
    ON CONFLICT (leg_id) DO UPDATE SET ${excludedLegs} WHERE t.call_sid = excluded.call_sid
    RETURNING 1
  ), changed_legs AS (
    UPDATE call_legs t SET (${legs}) = (SELECT ${prefixed('r.', legColumns)} FROM jsonb_populate_record(t, p.value) r)
    FROM few_elements($4::jsonb) p
    WHERE t.leg_id = p.value->>'leg_id' AND t.call_sid = p.value->>'call_sid'
    RETURNING 1
  ), new_events AS (
    INSERT INTO call_events (call_sid, leg_id, type, at, data)
    SELECT r.call_sid, r.leg_id, r.type, r.at, r.data
    FROM few_elements($5::jsonb) p,
         jsonb_populate_record(NULL::call_events, p.value) r
    ORDER BY p.ordinal
  )
  SELECT expect_rows(jsonb_array_length($2::jsonb), (SELECT count(*) FROM changed_calls), 'call'),
         expect_rows(jsonb_array_length($3::jsonb) + jsonb_array_length($4::jsonb),
                     (SELECT count(*) FROM new_legs) + (SELECT count(*) FROM changed_legs), 'leg')`;

export function batchParameters(batch: CallBatch): string[] {
  return [
    jsonOf(batch.newCalls.values()),
    jsonOf(batch.changedCalls.values()),
    jsonOf(batch.newLegs.values()),
    jsonOf(batch.changedLegs.values()),
    jsonOf(batch.events),
  ];
}

/** Escapes of NUL and of lone surrogates: legal in JSON, refused by jsonb, and a SIP header can hold them. */
const refusedEscape = /\\u(0000|d[89a-f])/i;

function jsonOf(rows: Iterable<JsonRow>): string {
  const list = [...rows];
  if (list.length === 0) return '[]';
  const text = JSON.stringify(list);
  return refusedEscape.test(text) ? JSON.stringify(list, (_, value) => storable(value)) : text;
}

function storable(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return Buffer.from(value, 'utf8').toString('utf8').replaceAll('\0', '\uFFFD'); // UTF-8 has no lone surrogates.
}
