import type pg from 'pg';
import { StoreError } from '../store-error.js';
import { endLine, rowOfLine } from './export-header.js';
import { isTransferred, localColumns, transferredTables } from './transferred-tables.js';

const maxRows = 500;
const maxLength = 4 * 1024 * 1024;

/** Writes the rows of an export in batches, inside a transaction of its caller's. */
export class RowWriter {
  readonly #client: pg.PoolClient;
  readonly #written: Record<string, number> = {};
  readonly #statements = new Map<string, string>();
  #table = '';
  #rows: string[] = [];
  #length = 0;
  #isWhole = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  /** A line behind the header. Throws ERR_STORE_TRANSFER when it cannot be one. */
  async take(line: string): Promise<void> {
    if (line === endLine) {
      this.#isWhole = true;
      return;
    }
    const found = rowOfLine(line);
    if (found === undefined || !isTransferred(found.table) || this.#isWhole) throw damaged();
    if (found.table !== this.#table || this.#rows.length >= maxRows || this.#length >= maxLength) await this.#flush();
    this.#table = found.table;
    this.#rows.push(found.row);
    this.#length += found.row.length;
  }

  /** Writes the rest; throws ERR_STORE_TRANSFER when the export is torn or has other rows than its header says. */
  async finish(expected: Readonly<Record<string, number>>): Promise<void> {
    await this.#flush();
    if (!this.#isWhole) throw StoreError.transfer('The export is torn: its end is missing. Nothing was imported.');
    for (const table of transferredTables) if ((this.#written[table] ?? 0) !== (expected[table] ?? 0)) throw damaged();
  }

  async #flush(): Promise<void> {
    if (this.#rows.length === 0) return;
    const statement = this.#statements.get(this.#table) ?? (await this.#prepare(this.#table));
    await this.#client.query(statement, [`[${this.#rows.join(',')}]`]);
    this.#written[this.#table] = (this.#written[this.#table] ?? 0) + this.#rows.length;
    this.#rows = [];
    this.#length = 0;
  }

  async #prepare(table: string): Promise<string> {
    const local = isTransferred(table) ? localColumns(table) : [];
    const { rows } = await this.#client.query<{ column_name: string }>(
      `SELECT column_name FROM information_schema.columns
       WHERE table_schema = current_schema() AND table_name = $1 AND column_name <> ALL ($2) ORDER BY ordinal_position`,
      [table, local],
    );
    const columns = rows.map((row) => `"${row.column_name}"`).join(', ');
    const statement = `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE
      SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1::json)`;
    this.#statements.set(table, statement);
    return statement;
  }
}

function damaged(): StoreError {
  return StoreError.transfer('The export is damaged. Nothing was imported.');
}
