import { type Kysely, sql } from 'kysely';

const statements = [
  // The version in force; every one that ever was, this one's too, is in flow_versions.
  `CREATE TABLE flows (
     id text PRIMARY KEY,
     account_sid text NOT NULL REFERENCES accounts,
     name text NOT NULL,
     version integer NOT NULL,
     document jsonb NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT flows_name_unique UNIQUE (account_sid, name),
     CONSTRAINT flows_tenant UNIQUE (id, account_sid)
   )`,
  `CREATE INDEX flows_by_account ON flows (account_sid, created_at, id)`,
  `CREATE TABLE flow_versions (
     flow_id text NOT NULL,
     account_sid text NOT NULL,
     version integer NOT NULL,
     document jsonb NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (flow_id, version),
     CONSTRAINT flow_versions_flow FOREIGN KEY (flow_id, account_sid)
       REFERENCES flows (id, account_sid) ON DELETE CASCADE
   )`,
  // The audio itself is a file of the data folder, named by its hash.
  `CREATE TABLE prompts (
     id text PRIMARY KEY,
     account_sid text NOT NULL REFERENCES accounts,
     name text NOT NULL,
     sha256 text NOT NULL,
     duration_ms integer NOT NULL,
     bytes bigint NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT prompts_name_unique UNIQUE (account_sid, name)
   )`,
  `CREATE INDEX prompts_by_account ON prompts (account_sid, created_at, id)`,
];

/** What a call does when no person is named, and what it says. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
