import { type Kysely, type MigrationProvider, type MigrationResultSet, Migrator } from 'kysely';
import type { Database } from './database.js';
import { migrations } from './migrations/index.js';
import { StoreError } from './store-error.js';

const provider: MigrationProvider = { getMigrations: async () => migrations };

/** Brings the tables up to date. Kysely takes a lock, so that several nodes may start together. Gives the names it ran. */
export function migrate(db: Kysely<Database>): Promise<string[]> {
  return run(() => new Migrator({ db, provider }).migrateToLatest());
}

/**
 * Makes the tables of the release whose last migration is `name`. Throws ERR_STORE_TRANSFER when a later one has run: there
 * is no way back.
 */
export function migrateTo(db: Kysely<Database>, name: string): Promise<string[]> {
  return run(async () => {
    const migrator = new Migrator({ db, provider });
    const later = (await migrator.getMigrations()).find(({ executedAt, ...known }) => executedAt && known.name > name);
    if (later)
      throw StoreError.transfer(
        'The tables of the database are of a newer release than the export. Import into a new database.',
      );
    return migrator.migrateTo(name);
  });
}

async function run(migrations: () => Promise<MigrationResultSet>): Promise<string[]> {
  const { error, results } = await migrations();
  if (error instanceof Error && error.message.startsWith('corrupted migrations')) throw StoreError.schemaTooNew(error);
  if (error !== undefined) throw StoreError.failed('The tables could not be brought up to date', error);
  return (results ?? []).map((result) => result.migrationName);
}
