import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Kysely, PostgresDialect } from 'kysely';
import type pg from 'pg';
import type { Database } from '../database.js';
import { makeDataFolder } from '../embedded/data-folder.js';
import type { Engine } from '../engine.js';
import { migrate, migrateTo } from '../migrate.js';
import { migrations } from '../migrations/index.js';
import { openEngine } from '../open-engine.js';
import { SecretBox } from '../secret-box.js';
import { readSecretKey } from '../secret-key.js';
import { StoreError } from '../store-error.js';
import { type ExportHeader, headerOfLine } from './export-header.js';
import { readLines } from './read-lines.js';
import { RowWriter } from './row-writer.js';
import { summaryOf, type TransferOptions, type TransferSummary } from './transfer.js';
import { isTransferred, transferredTables } from './transferred-tables.js';

/**
 * Fills an empty database with an export, all or nothing. Rejects with a StoreError: ERR_STORE_TRANSFER when the database
 * is not empty or the export is damaged, torn or of another release; ERR_STORE_SECRET_KEY when the key in the data folder
 * is not the export's.
 */
export async function importData(options: TransferOptions, source: Readable): Promise<TransferSummary> {
  const lines = readLines(source);
  const header = headerOfLine((await lines.next()).value);
  refuseOtherRelease(header);
  refuseOtherKey(header, options.dataDir);
  makeDataFolder(options.dataDir);
  const engine = await openEngine(options);
  try {
    await refuseRows(engine.pool, await tablesOf(engine.pool));
    const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: engine.pool }) });
    await migrateTo(db, header.migrations.at(-1) ?? '');
    await inTransaction(engine, (client) => fill(client, header, lines));
    await migrate(db);
    return summaryOf(header.tables);
  } finally {
    await engine.close();
  }
}

/** An older release's export is imported into its tables, which are then brought up to date. */
function refuseOtherRelease(header: ExportHeader): void {
  const known = Object.keys(migrations);
  const isOurs = header.migrations.every((name, index) => name === known[index]);
  const unknown = Object.keys(header.tables).find((table) => !isTransferred(table));
  if (header.migrations.length > 0 && isOurs && unknown === undefined) return;
  throw StoreError.transfer(
    `The export was written by Intermix ${header.version}, whose tables this release does not know. Import it with that release.`,
  );
}

function refuseOtherKey(header: ExportHeader, dataDir: string): void {
  const path = join(dataDir, 'secret.key');
  const copy = 'Copy secret.key from the data folder that was exported';
  let secrets: SecretBox;
  try {
    secrets = new SecretBox(readSecretKey(dataDir));
  } catch (cause) {
    throw StoreError.transferKey(
      `${cause instanceof Error ? cause.message : String(cause)} ${copy} to ${path}.`,
      cause,
    );
  }
  try {
    secrets.decrypt(header.key_check);
  } catch (cause) {
    throw StoreError.transferKey(`The key file ${path} is not the one of the export. ${copy} to this place.`, cause);
  }
}

async function tablesOf(database: pg.Pool): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()',
  );
  return rows.map(({ name }) => name).filter(isTransferred);
}

async function refuseRows(database: pg.Pool | pg.PoolClient, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const { rows } = await database.query<{ used: boolean }>(`SELECT EXISTS (SELECT 1 FROM ${table}) AS used`);
    if (rows[0]?.used)
      throw StoreError.transfer(
        `The database is not empty: it has rows in ${table}. Import into a new database; nothing was changed.`,
      );
  }
}

async function inTransaction(engine: Engine, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await engine.pool.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    client.release(true); // The connection goes, and the transaction with it.
    throw error instanceof StoreError ? error : StoreError.failed('The import was undone', error);
  }
}

async function fill(client: pg.PoolClient, header: ExportHeader, lines: AsyncIterable<string>): Promise<void> {
  const tables = transferredTables.filter((table) => header.tables[table] !== undefined);
  await client.query(`LOCK TABLE ${tables.join(', ')} IN EXCLUSIVE MODE`); // Nobody imports or starts meanwhile.
  await refuseRows(client, tables);
  const writer = new RowWriter(client);
  for await (const line of lines) await writer.take(line);
  await writer.finish(header.tables);
  for (const [name, last] of Object.entries(header.sequences))
    if (last !== null) await client.query('SELECT setval($1::regclass, $2)', [`"${name.replaceAll('"', '""')}"`, last]);
  await verifyCounts(client, header);
  await redateTables(client);
}

/**
 * The tables are made now, though a new embedded database is a copy that has had them for long: the feed of events tells by
 * their date that a cursor is another database's. As Kysely writes it, which orders migrations by it and then by name.
 */
async function redateTables(client: pg.PoolClient): Promise<void> {
  await client.query('UPDATE kysely_migration SET timestamp = $1', [new Date().toISOString()]);
}

/** What the database has, counted once more: a trigger or a rule of the target would show here. */
async function verifyCounts(client: pg.PoolClient, header: ExportHeader): Promise<void> {
  for (const [table, expected] of Object.entries(header.tables)) {
    const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
    const found = Number(rows[0]?.count);
    if (found !== expected)
      throw StoreError.transfer(`The table ${table} has ${found} rows instead of ${expected}. The import was undone.`);
  }
}
