import { type Kysely, sql } from 'kysely';

const statements = [
  // The servers that share the database, each named by its data folder, and when each was there last.
  `CREATE TABLE servers (
     id text PRIMARY KEY,
     seen_at timestamptz NOT NULL DEFAULT now()
   )`,
  // The server that has it while it is open. NULL: of an older release.
  `ALTER TABLE calls ADD COLUMN owner text`,
  `ALTER TABLE bot_calls ADD COLUMN owner text`,
  `ALTER TABLE voice_orders ADD COLUMN owner text`,
];

/** Which server has a call, a bot's call, an order: a server that starts closes its own, and not another's. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
