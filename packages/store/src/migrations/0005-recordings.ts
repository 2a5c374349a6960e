import { type Kysely, sql } from 'kysely';

const statements = [
  // Outlives its app: who has deleted an app may still be asked what was said.
  `CREATE TABLE recordings (
     recording_sid text PRIMARY KEY,
     call_sid text NOT NULL,
     account_sid text NOT NULL REFERENCES accounts,
     app_id text,
     state text NOT NULL,
     channels text NOT NULL,
     format text NOT NULL,
     started_at timestamptz NOT NULL,
     ended_at timestamptz,
     duration_ms integer NOT NULL DEFAULT 0,
     bytes bigint NOT NULL DEFAULT 0,
     location text,
     cause text,
     detail text,
     announced_at timestamptz
   )`,
  `CREATE INDEX recordings_by_call ON recordings (account_sid, call_sid, started_at)`,
  `CREATE INDEX recordings_unfinished ON recordings (started_at) WHERE announced_at IS NULL`,
  `CREATE INDEX recordings_by_age ON recordings (app_id, ended_at) WHERE location IS NOT NULL`,
  `CREATE TABLE recording_settings (
     app_id text PRIMARY KEY,
     account_sid text NOT NULL,
     channels text NOT NULL,
     format text NOT NULL,
     paused_as text NOT NULL,
     tone text NOT NULL,
     retention_days integer,
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT recording_settings_app FOREIGN KEY (app_id, account_sid)
       REFERENCES apps (id, account_sid) ON DELETE CASCADE
   )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
