import { existsSync } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import type { Database } from '../database.js';
import { embeddedFolder } from '../embedded/data-folder.js';
import { migrate } from '../migrate.js';
import { migrations } from '../migrations/index.js';
import { openEngine } from '../open-engine.js';
import { SecretBox } from '../secret-box.js';
import { readSecretKey } from '../secret-key.js';
import { StoreError } from '../store-error.js';
import { type ExportHeader, endLine, rowLine } from './export-header.js';
import { summaryOf, type TransferOptions, type TransferSummary } from './transfer.js';
import { localColumns, transferredTables } from './transferred-tables.js';

/** Rows that are in memory at once. */
const fetched = 200;

/**
 * Writes every row of a database to `sink` and ends it. Rejects with a StoreError: ERR_STORE_IN_USE while a server has the
 * embedded database, ERR_STORE_TRANSFER when there is none, ERR_STORE_SECRET_KEY when the key is not this database's.
 */
export async function exportData(options: TransferOptions, sink: Writable): Promise<TransferSummary> {
  const { dataDir, databaseUrl } = options;
  if (databaseUrl === undefined && !existsSync(embeddedFolder(dataDir)))
    throw StoreError.transfer(`There is no database in ${dataDir}. Give its folder with INTERMIX_DATA_DIR.`);
  const secrets = new SecretBox(readSecretKey(dataDir));
  const engine = await openEngine(options);
  try {
    await migrate(new Kysely<Database>({ dialect: new PostgresDialect({ pool: engine.pool }) }));
    const client = await engine.pool.connect();
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const header = await headerOf(client, options, secrets);
      await pipeline(Readable.from(textOf(client, header)), sink);
      return summaryOf(header.tables);
    } finally {
      client.release(true); // Ends the transaction with the connection: it changed nothing.
    }
  } finally {
    await engine.close();
  }
}

async function headerOf(client: pg.PoolClient, options: TransferOptions, secrets: SecretBox): Promise<ExportHeader> {
  const tables: Record<string, number> = {};
  for (const table of transferredTables) {
    const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
    tables[table] = Number(rows[0]?.count);
  }
  const sequences = await client.query<{ name: string; last: string | null }>(
    'SELECT sequencename AS name, last_value AS last FROM pg_sequences WHERE schemaname = current_schema() ORDER BY 1',
  );
  return {
    intermix_export: 1,
    version: options.version,
    exported_at: new Date(options.clock?.now() ?? Date.now()).toISOString(),
    migrations: Object.keys(migrations),
    key_check: await keyCheck(client, options.dataDir, secrets),
    tables,
    sequences: Object.fromEntries(sequences.rows.map(({ name, last }) => [name, last])),
  };
}

/** The row by which a database knows its key; see `openStore`. */
async function keyCheck(client: pg.PoolClient, dataDir: string, secrets: SecretBox): Promise<string> {
  const { rows } = await client.query<{ value: string }>(
    `SELECT value_encrypted AS value FROM settings WHERE key = 'key-check'`,
  );
  if (!rows[0]) return secrets.encrypt('right'); // No server has started on it yet: nothing in it is encrypted.
  try {
    secrets.decrypt(rows[0].value);
  } catch {
    throw StoreError.wrongKey(dataDir);
  }
  return rows[0].value;
}

/** PostgreSQL writes each row as JSON: no type takes a detour through ours. */
async function* textOf(client: pg.PoolClient, header: ExportHeader): AsyncGenerator<string> {
  yield `${JSON.stringify(header)}\n`;
  for (const table of transferredTables) {
    // Not as jsonb, which would lose the order of fields in columns of type json.
    const rows = `SELECT ${await columnsOf(client, table)} FROM ${table}`;
    await client.query(`DECLARE exported NO SCROLL CURSOR FOR SELECT row_to_json(t)::text AS row FROM (${rows}) t`);
    for (;;) {
      const { rows } = await client.query<{ row: string }>(`FETCH ${fetched} FROM exported`);
      if (rows.length === 0) break;
      yield rows.map((found) => `${rowLine(table, found.row)}\n`).join('');
    }
    await client.query('CLOSE exported');
  }
  yield `${endLine}\n`;
}

/** Those that mean something in another database too. */
async function columnsOf(client: pg.PoolClient, table: keyof Database): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns
     WHERE table_schema = current_schema() AND table_name = $1 AND column_name <> ALL ($2) ORDER BY ordinal_position`,
    [table, localColumns(table)],
  );
  return rows.map(({ name }) => `"${name}"`).join(', ');
}
