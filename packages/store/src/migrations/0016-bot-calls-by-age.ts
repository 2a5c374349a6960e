import { type Kysely, sql } from 'kysely';

const statements = [
  // For what is kept no longer.
  `CREATE INDEX bot_calls_by_age ON bot_calls (started_at)`,
  // In databases of an early build it is missing.
  `CREATE INDEX IF NOT EXISTS bot_calls_by_session ON bot_calls (session_id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
