import { type Kysely, sql } from 'kysely';

const statements = [
  // What a call was ordered with by the Voice v1 API and its record does not hold. No foreign key: it is written before the
  // call, so that nothing of the call is told without it.
  `CREATE TABLE voice_orders (
     call_sid text PRIMARY KEY,
     account_sid text NOT NULL REFERENCES accounts,
     mode text NOT NULL, -- numbers, flow, bot
     from_party text NOT NULL,
     to_party text,
     status_callback jsonb,
     parent_call_sid text,
     created_at timestamptz NOT NULL DEFAULT now()
   )`,
  `CREATE INDEX voice_orders_by_account ON voice_orders (account_sid, created_at)`,
  // A user is named by an id of the account's backend, without its app.
  `CREATE INDEX users_by_account ON users (account_sid, user_id)`,
  // How a delivery is made that is no app's webhook: all three, or none.
  `ALTER TABLE webhook_deliveries
     ADD COLUMN content_type text,
     ADD COLUMN timeout_ms integer,
     ADD COLUMN retry_delays_ms integer[],
     ADD CONSTRAINT webhook_deliveries_manner CHECK (num_nulls(content_type, timeout_ms, retry_delays_ms) IN (0, 3))`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
