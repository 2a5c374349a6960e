import { type Kysely, sql } from 'kysely';

/** What the backend that had a call placed wants to be told again with it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('ALTER TABLE calls ADD COLUMN custom_field text').execute(db);
}
