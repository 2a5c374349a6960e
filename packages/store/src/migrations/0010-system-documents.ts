import { type Kysely, sql } from 'kysely';

/** What operators have set: one document of each type in an account, its secrets apart and encrypted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`CREATE TABLE system_documents (
      account_sid text NOT NULL REFERENCES accounts,
      type text NOT NULL,
      document jsonb NOT NULL DEFAULT '{}',
      secrets_encrypted text,
      updated_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (account_sid, type)
    )`)
    .execute(db);
}
