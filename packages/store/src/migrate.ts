import { type Kysely, type MigrationProvider, Migrator } from 'kysely';
import type { Database } from './database.js';
import { migrations } from './migrations/index.js';
import { StoreError } from './store-error.js';

const provider: MigrationProvider = { getMigrations: async () => migrations };

/** Brings the tables up to date. Kysely takes a lock, so that several nodes may start together. Gives the names it ran. */
export async function migrate(db: Kysely<Database>): Promise<string[]> {
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (error instanceof Error && error.message.startsWith('corrupted migrations')) throw StoreError.schemaTooNew(error);
  if (error !== undefined) throw StoreError.failed('The tables could not be brought up to date', error);
  return (results ?? []).map((result) => result.migrationName);
}
