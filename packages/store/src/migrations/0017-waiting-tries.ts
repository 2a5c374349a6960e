import { type Kysely, sql } from 'kysely';

const statements = [
  // Of an order whose first party is called again: when, how many tries are left then, and the order itself, encrypted, since
  // its URLs may hold credentials. NULL while no try waits.
  `ALTER TABLE voice_orders
     ADD COLUMN next_try_at timestamptz,
     ADD COLUMN tries_left integer,
     ADD COLUMN order_encrypted text,
     ADD CONSTRAINT voice_orders_waiting CHECK (num_nulls(next_try_at, tries_left, order_encrypted) IN (0, 3))`,
];

/** Tries that wait outlive their process. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
