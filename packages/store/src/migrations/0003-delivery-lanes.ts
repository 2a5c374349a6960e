import { type Kysely, sql } from 'kysely';

// Deliveries are claimed lane by lane: one app's rows to one host.
const statements = [
  `CREATE INDEX webhook_deliveries_due_by_lane ON webhook_deliveries (host, app_id, due_at, position)
     WHERE status = 'pending'`,
  'DROP INDEX webhook_deliveries_due',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
