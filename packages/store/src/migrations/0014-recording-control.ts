import { type Kysely, sql } from 'kysely';

/** Whether devices in a call may start, pause, resume and stop its recording. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`ALTER TABLE recording_settings ADD COLUMN control text NOT NULL DEFAULT 'none'`).execute(db);
}
