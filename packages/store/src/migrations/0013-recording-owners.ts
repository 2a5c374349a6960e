import { type Kysely, sql } from 'kysely';

const statements = [
  // The server that has the recording's file until it is kept, and when it was last there. NULL: of an older release.
  `ALTER TABLE recordings ADD COLUMN owner text`,
  `ALTER TABLE recordings ADD COLUMN owner_seen_at timestamptz NOT NULL DEFAULT now()`,
  `ALTER TABLE recording_settings ADD COLUMN held_as text NOT NULL DEFAULT 'silence'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
