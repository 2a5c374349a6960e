import type { Clock, Logger } from '@intermix/kernel';
import type { StoreOptions } from '../open-store.js';

export type TransferOptions = Pick<StoreOptions, 'dataDir' | 'databaseUrl'> & {
  logger: Logger;
  clock?: Clock;
  /** Release that writes or reads the export. */
  version: string;
};

/** What was written or read. */
export interface TransferSummary {
  /** Rows of each table. */
  tables: Readonly<Record<string, number>>;
  /** Rows of all tables. */
  rows: number;
}

export function summaryOf(tables: Readonly<Record<string, number>>): TransferSummary {
  return { tables, rows: Object.values(tables).reduce((sum, count) => sum + count, 0) };
}
