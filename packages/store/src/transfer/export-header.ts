import { StoreError } from '../store-error.js';

/**
 * An export is text, one JSON document a line. The first is this header; then `{"table":…,"row":{…}}` for each row, tables in
 * the order of `tables`; then `{"end":true}`, without which it is torn. All rows are of one moment.
 */
export interface ExportHeader {
  /** Version of this format. */
  intermix_export: 1;
  /** Release that wrote it. */
  version: string;
  exported_at: string;
  /** Migrations that made its tables. */
  migrations: readonly string[];
  /** A value that only the secret key of the exported database decrypts. */
  key_check: string;
  /** How many rows each table has. */
  tables: Readonly<Record<string, number>>;
  /** Last value of each sequence; null: never used. */
  sequences: Readonly<Record<string, string | null>>;
}

export const endLine = '{"end":true}';

export function rowLine(table: string, row: string): string {
  return `{"table":"${table}","row":${row}}`;
}

/** The row as it was written: a number beyond JavaScript's precision stays what it is. Undefined for any other line. */
export function rowOfLine(line: string): { table: string; row: string } | undefined {
  const [, table, row] = /^\{"table":"([a-z_]+)","row":(\{.*\})\}$/s.exec(line) ?? [];
  return table === undefined || row === undefined ? undefined : { table, row };
}

/** Throws ERR_STORE_TRANSFER when the line is no header of this format. */
export function headerOfLine(line: string | undefined): ExportHeader {
  const header = parsed(line ?? '');
  if (header?.intermix_export === undefined) throw StoreError.transfer('This is not an export of Intermix.');
  if (header.intermix_export !== 1)
    throw StoreError.transfer(`The export has format ${header.intermix_export}; import it with a newer release.`);
  const { migrations, key_check, tables, sequences } = header;
  const isWhole = Array.isArray(migrations) && typeof key_check === 'string' && isObject(tables) && isObject(sequences);
  if (!isWhole) throw StoreError.transfer('The header of the export is damaged.');
  return header as ExportHeader;
}

function parsed(line: string): Partial<ExportHeader> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
