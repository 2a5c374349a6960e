import { storableJson } from '../storable-json.js';
import { deliveryRows, eventRows, newDeliveriesClause, newNoticesClause } from '../webhooks/notice-rows.js';
import type { CallBatch } from './call-batch.js';
import { callColumns, legColumns } from './call-rows.js';

const calls = callColumns.join(', ');
const legs = legColumns.join(', ');
const prefixed = (prefix: string, columns: readonly string[]) => columns.map((column) => prefix + column).join(', ');
const excludedLegs = legColumns.map((column) => `${column} = excluded.${column}`).join(', ');

/** The clauses that write the kinds of rows which a batch can hold; `$` stands for the clause's parameter. */
const clauses = [
  {
    rows: (batch: CallBatch) => batch.newCalls.values(),
    sql: `new_calls AS (
      INSERT INTO calls (${calls}, owner)
      SELECT ${prefixed('r.', callColumns)}, r.owner FROM jsonb_populate_recordset(NULL::calls, $::jsonb) r
    )`,
  },
  {
    rows: (batch: CallBatch) => batch.changedCalls.values(),
    sql: `changed_calls AS (
      UPDATE calls t SET (${calls}) = (SELECT ${prefixed('r.', callColumns)} FROM jsonb_populate_record(t, p.value) r)
      FROM few_elements($::jsonb) p WHERE t.call_sid = p.value->>'call_sid'
      RETURNING 1
    )`,
    expected: 'call',
    counted: 'changed_calls',
  },
  {
    rows: (batch: CallBatch) => batch.newLegs.values(),
    sql: `new_legs AS (
      INSERT INTO call_legs AS t (${legs})
      SELECT ${prefixed('r.', legColumns)}
      FROM few_elements($::jsonb) p,
           jsonb_populate_record(NULL::call_legs, p.value) r
      ORDER BY p.ordinal
      ON CONFLICT (leg_id) DO UPDATE SET ${excludedLegs} WHERE t.call_sid = excluded.call_sid
      RETURNING 1
    )`,
    expected: 'leg',
    counted: 'new_legs',
  },
  {
    rows: (batch: CallBatch) => batch.changedLegs.values(),
    sql: `changed_legs AS (
      UPDATE call_legs t SET (${legs}) = (SELECT ${prefixed('r.', legColumns)} FROM jsonb_populate_record(t, p.value) r)
      FROM few_elements($::jsonb) p
      WHERE t.leg_id = p.value->>'leg_id' AND t.call_sid = p.value->>'call_sid'
      RETURNING 1
    )`,
    expected: 'leg',
    counted: 'changed_legs',
  },
  {
    rows: (batch: CallBatch) => batch.events.values(),
    sql: `new_events AS (
      INSERT INTO call_events (call_sid, leg_id, type, at, data)
      SELECT r.call_sid, r.leg_id, r.type, r.at, r.data
      FROM few_elements($::jsonb) p,
           jsonb_populate_record(NULL::call_events, p.value) r
      ORDER BY p.ordinal
    )`,
  },
  { rows: (batch: CallBatch) => eventRows(batch.notices), sql: newNoticesClause },
  { rows: (batch: CallBatch) => deliveryRows(batch.notices), sql: newDeliveriesClause },
];

const statements = new Map<number, { name: string; text: string }>();

/**
 * Writes a batch in one statement, which is one transaction and one round trip. `jsonb_populate_record(row, patch)`
 * keeps the columns that the patch does not name. `expect_rows` undoes everything when a changed row does not exist.
 * A whole leg may be known already (a change may carry the whole row), but not under another call. A clause costs time
 * also when it has no rows, so there is a statement for each combination that occurs, prepared under its own name.
 */
export function batchStatement(batch: CallBatch): { name: string; text: string; values: string[] } {
  const values: string[] = [];
  let shape = 0;
  clauses.forEach(({ rows }, index) => {
    const list = [...rows(batch)];
    if (list.length === 0) return;
    shape |= 1 << index;
    values.push(storableJson(list));
  });
  const statement = statements.get(shape) ?? { name: `call-batch-${shape}`, text: textOf(shape) };
  statements.set(shape, statement);
  return { ...statement, values };
}

function textOf(shape: number): string {
  const used = clauses.filter((_, index) => shape & (1 << index));
  const written = used.map(({ sql }, index) => sql.replaceAll('$', `$${index + 1}`));
  const checks = used.flatMap(({ expected, counted }, index) =>
    counted === undefined
      ? []
      : [`expect_rows(jsonb_array_length($${index + 1}::jsonb), (SELECT count(*) FROM ${counted}), '${expected}')`],
  );
  return `WITH ${written.join(', ')} SELECT ${checks.length > 0 ? checks.join(', ') : '1'}`;
}
