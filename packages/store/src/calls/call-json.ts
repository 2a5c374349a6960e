import type { Selectable } from 'kysely';
import type { CallEventsTable, CallLegsTable, CallsTable } from '../database.js';
import { rowReader, valuesOf } from '../row-json.js';
import { callColumns, legColumns } from './call-rows.js';

export type { JsonValues } from '../row-json.js';

const eventColumns: readonly string[] = ['call_sid', 'leg_id', 'type', 'at', 'data'];

/** Expressions that make a row of the named table an array. */
export const callValues = valuesOf('c', callColumns);
export const legValues = valuesOf('l', legColumns);
export const eventValues = valuesOf('e', eventColumns);

export const callRowOf = rowReader<Selectable<CallsTable>>(callColumns);
export const legRowOf = rowReader<Selectable<CallLegsTable>>(legColumns);
export const eventRowOf = rowReader<Selectable<CallEventsTable>>(eventColumns);
