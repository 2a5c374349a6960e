import { type Kysely, sql } from 'kysely';

/** What an operator opened for dialling, beyond the countries of the account's own numbers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`ALTER TABLE carriers ADD COLUMN outbound_allowed_prefixes text[] NOT NULL DEFAULT '{}'`).execute(db);
}
