import { type Kysely, sql } from 'kysely';

const statements = [
  // Of the first order of several tries: its end is not told yet. Whoever dies in between leaves it to the next start.
  `ALTER TABLE voice_orders ADD COLUMN is_retrying boolean NOT NULL DEFAULT false`,
  `CREATE INDEX voice_orders_retrying ON voice_orders (created_at) WHERE is_retrying`,
  `CREATE INDEX voice_orders_by_parent ON voice_orders (account_sid, parent_call_sid) WHERE parent_call_sid IS NOT NULL`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
