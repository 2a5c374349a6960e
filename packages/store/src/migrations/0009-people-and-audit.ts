import { type Kysely, sql } from 'kysely';

const statements = [
  `ALTER TABLE admins
     ADD COLUMN is_active boolean NOT NULL DEFAULT true,
     ADD COLUMN last_login_at timestamptz,
     ADD COLUMN position bigint GENERATED ALWAYS AS IDENTITY,
     ADD CONSTRAINT admins_tenant UNIQUE (id, account_sid)`,
  `CREATE INDEX admins_by_account ON admins (account_sid, position)`,
  // One sign-in of a person, and every refresh token that came of it.
  `CREATE TABLE admin_sessions (
     id text PRIMARY KEY,
     admin_id text NOT NULL,
     account_sid text NOT NULL,
     source text NOT NULL,
     created_at timestamptz NOT NULL,
     used_at timestamptz NOT NULL,
     expires_at timestamptz NOT NULL,
     CONSTRAINT admin_sessions_admin FOREIGN KEY (admin_id, account_sid)
       REFERENCES admins (id, account_sid) ON DELETE CASCADE,
     CONSTRAINT admin_sessions_tenant UNIQUE (id, account_sid)
   )`,
  `CREATE INDEX admin_sessions_by_admin ON admin_sessions (admin_id, used_at DESC)`,
  `CREATE INDEX admin_sessions_by_account ON admin_sessions (account_sid)`,
  `CREATE INDEX admin_sessions_by_expiry ON admin_sessions (expires_at)`,
  // Spent ones stay for as long as their session: one that comes again was stolen, or its successor was.
  `CREATE TABLE admin_refresh_tokens (
     token_hash text PRIMARY KEY,
     session_id text NOT NULL,
     account_sid text NOT NULL,
     expires_at timestamptz NOT NULL,
     spent_at timestamptz,
     CONSTRAINT admin_refresh_tokens_session FOREIGN KEY (session_id, account_sid)
       REFERENCES admin_sessions (id, account_sid) ON DELETE CASCADE
   )`,
  `CREATE INDEX admin_refresh_tokens_by_session ON admin_refresh_tokens (session_id)`,
  `CREATE INDEX admin_refresh_tokens_by_account ON admin_refresh_tokens (account_sid)`,
  // No foreign key to whom it names: an entry outlives them.
  `CREATE TABLE audit_log (
     id text PRIMARY KEY,
     position bigint GENERATED ALWAYS AS IDENTITY,
     account_sid text NOT NULL REFERENCES accounts,
     at timestamptz NOT NULL,
     actor_type text NOT NULL, -- person, api-key
     actor_id text NOT NULL,
     actor_name text NOT NULL,
     action text NOT NULL,
     resource_type text NOT NULL,
     resource_id text,
     changes jsonb NOT NULL,
     source text NOT NULL,
     request_id text NOT NULL
   )`,
  `CREATE INDEX audit_log_by_account ON audit_log (account_sid, position)`,
  `CREATE INDEX audit_log_by_actor ON audit_log (account_sid, actor_id, position)`,
  `CREATE INDEX audit_log_by_resource ON audit_log (account_sid, resource_type, resource_id, position)`,
  `CREATE INDEX audit_log_by_time ON audit_log (at)`,
];

/** Sessions of those who sign in, and who changed what. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
