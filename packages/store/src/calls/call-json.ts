import type { Selectable } from 'kysely';
import type { CallEventsTable, CallLegsTable, CallsTable } from '../database.js';
import { callColumns, legColumns } from './call-rows.js';

// Rows are read as JSON that the database writes: one text for a whole answer instead of a field, a length and a parser
// for each value of each row. It costs both sides less than half.

const eventColumns: readonly string[] = ['call_sid', 'leg_id', 'type', 'at', 'data'];

const valuesOf = (table: string, columns: readonly string[]) =>
  `json_build_array(${columns.map((column) => `${table}.${column}`).join(', ')})`;

/** Expressions that make a row of the named table an array. */
export const callValues = valuesOf('c', callColumns);
export const legValues = valuesOf('l', legColumns);
export const eventValues = valuesOf('e', eventColumns);

/** What such an expression gives: the values of a row in the order of its columns; times are ISO texts. */
export type JsonValues = readonly unknown[];

export const callRowOf = rowReader<Selectable<CallsTable>>(callColumns);
export const legRowOf = rowReader<Selectable<CallLegsTable>>(legColumns);
export const eventRowOf = rowReader<Selectable<CallEventsTable>>(eventColumns);

function rowReader<Row>(columns: readonly string[]): (values: JsonValues) => Row {
  const fields = columns.map((name, index) => ({ name, index, isTime: /(^|_)at$/.test(name) }));
  return (values) => {
    const row: Record<string, unknown> = {};
    for (const { name, index, isTime } of fields) {
      const value = values[index];
      row[name] = isTime && typeof value === 'string' ? new Date(value) : value;
    }
    return row as Row;
  };
}
