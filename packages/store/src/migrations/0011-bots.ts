import { type Kysely, sql } from 'kysely';

const statements = [
  // Configuration and credentials are encrypted as one text: any field of a configuration may be a secret.
  `CREATE TABLE bots (
     id text PRIMARY KEY,
     account_sid text NOT NULL REFERENCES accounts,
     name text NOT NULL,
     kind text NOT NULL,
     version integer NOT NULL,
     definition_encrypted text NOT NULL,
     active_hours jsonb,
     max_call_sec integer NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT bots_name_unique UNIQUE (account_sid, name),
     CONSTRAINT bots_tenant UNIQUE (id, account_sid)
   )`,
  `CREATE INDEX bots_by_account ON bots (account_sid, created_at, id)`,
  `CREATE TABLE bot_versions (
     bot_id text NOT NULL,
     account_sid text NOT NULL,
     version integer NOT NULL,
     name text NOT NULL,
     kind text NOT NULL,
     definition_encrypted text NOT NULL,
     active_hours jsonb,
     max_call_sec integer NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (bot_id, version),
     CONSTRAINT bot_versions_bot FOREIGN KEY (bot_id, account_sid)
       REFERENCES bots (id, account_sid) ON DELETE CASCADE
   )`,
  // Kept when the bot is deleted. call_sid is what the far end said: of a call of ours only when that is in the account.
  `CREATE TABLE bot_calls (
     session_id text NOT NULL,
     account_sid text NOT NULL REFERENCES accounts,
     bot_id text NOT NULL,
     stream_sid text NOT NULL,
     call_sid text NOT NULL,
     from_address text NOT NULL,
     to_address text NOT NULL,
     status text NOT NULL,
     disconnected_by text,
     detail text,
     started_at timestamptz NOT NULL,
     ended_at timestamptz,
     duration_ms integer NOT NULL DEFAULT 0,
     source text NOT NULL,
     custom_parameters jsonb NOT NULL DEFAULT '{}',
     transcript jsonb NOT NULL DEFAULT '[]',
     events jsonb NOT NULL DEFAULT '[]',
     usage jsonb NOT NULL DEFAULT '{}',
     latency_samples jsonb NOT NULL DEFAULT '[]',
     details jsonb NOT NULL DEFAULT '{}',
     PRIMARY KEY (account_sid, session_id)
   )`,
  `CREATE INDEX bot_calls_by_account ON bot_calls (account_sid, started_at DESC, session_id DESC)`,
  `CREATE INDEX bot_calls_by_bot ON bot_calls (account_sid, bot_id, started_at DESC, session_id DESC)`,
  `CREATE INDEX bot_calls_by_session ON bot_calls (session_id)`,
  `CREATE INDEX bot_calls_by_call ON bot_calls (account_sid, call_sid)`,
  `CREATE INDEX bot_calls_open ON bot_calls (started_at) WHERE status = 'in-progress'`,
];

/** Bots, and what became of their calls. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
