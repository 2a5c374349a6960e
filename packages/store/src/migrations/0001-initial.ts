import { type Kysely, sql } from 'kysely';

// Written for PostgreSQL 15, which is older than the embedded one. Migrations go forward only.

const statements = [
  `CREATE TABLE accounts (
     sid text PRIMARY KEY,
     name text NOT NULL,
     api_key text NOT NULL CONSTRAINT accounts_api_key_unique UNIQUE,
     api_token_hash text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now()
   )`,
  `CREATE TABLE customers (
     id text PRIMARY KEY,
     account_sid text NOT NULL REFERENCES accounts,
     name text NOT NULL,
     email text,
     secret_hash text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT customers_tenant UNIQUE (id, account_sid)
   )`,
  `CREATE INDEX customers_by_account ON customers (account_sid)`,
  // The compound foreign keys keep an account's rows from pointing into another's.
  `CREATE TABLE apps (
     id text PRIMARY KEY,
     customer_id text NOT NULL,
     account_sid text NOT NULL REFERENCES accounts,
     name text NOT NULL,
     secret_hash text NOT NULL,
     is_active boolean NOT NULL DEFAULT true,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT apps_customer FOREIGN KEY (customer_id, account_sid)
       REFERENCES customers (id, account_sid) ON DELETE CASCADE,
     CONSTRAINT apps_tenant UNIQUE (id, account_sid)
   )`,
  `CREATE INDEX apps_by_customer ON apps (customer_id)`,
  `CREATE INDEX apps_by_account ON apps (account_sid)`,
  `CREATE TABLE users (
     app_id text NOT NULL,
     user_id text NOT NULL,
     account_sid text NOT NULL,
     name text NOT NULL,
     email text,
     sip_username text NOT NULL,
     sip_password_encrypted text NOT NULL,
     phone text,
     virtual_number text,
     is_active boolean NOT NULL DEFAULT true,
     outbound_active boolean NOT NULL DEFAULT true,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (app_id, user_id),
     CONSTRAINT users_app FOREIGN KEY (app_id, account_sid) REFERENCES apps (id, account_sid) ON DELETE CASCADE,
     CONSTRAINT users_sip_username_unique UNIQUE (account_sid, sip_username)
   )`,
  `CREATE TABLE admins (
     id text PRIMARY KEY,
     email text NOT NULL,
     name text NOT NULL,
     password_hash text NOT NULL,
     role text NOT NULL,
     account_sid text NOT NULL REFERENCES accounts,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now()
   )`,
  `CREATE UNIQUE INDEX admins_email_unique ON admins (lower(email))`,
  `CREATE TABLE carriers (
     id text PRIMARY KEY,
     account_sid text NOT NULL REFERENCES accounts,
     name text NOT NULL,
     sip_address text NOT NULL,
     transport text NOT NULL,
     inbound_auth_mode text NOT NULL,
     inbound_auth_username text,
     inbound_auth_password_encrypted text,
     inbound_allowed_addresses text[] NOT NULL DEFAULT '{}',
     outbound_auth_username text,
     outbound_auth_password_encrypted text,
     outbound_cps double precision NOT NULL,
     outbound_burst integer NOT NULL,
     outbound_channels integer NOT NULL,
     destination_country text,
     simulated boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT carriers_tenant UNIQUE (id, account_sid),
     CONSTRAINT carriers_name_unique UNIQUE (account_sid, name)
   )`,
  `CREATE TABLE dids (
     id text PRIMARY KEY,
     position bigint GENERATED ALWAYS AS IDENTITY,
     carrier_id text NOT NULL,
     account_sid text NOT NULL,
     number text NOT NULL CONSTRAINT dids_number_unique UNIQUE,
     label text,
     direction text NOT NULL,
     target jsonb,
     ring_timeout_sec integer,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT dids_carrier FOREIGN KEY (carrier_id, account_sid) REFERENCES carriers (id, account_sid)
   )`,
  `CREATE INDEX dids_by_carrier ON dids (carrier_id, position)`,
  `CREATE INDEX dids_by_account ON dids (account_sid, position)`,
  // app_id has no foreign key: the record of a call outlives the app that placed it.
  `CREATE TABLE calls (
     call_sid text PRIMARY KEY,
     account_sid text NOT NULL REFERENCES accounts,
     app_id text,
     direction text NOT NULL,
     from_address text NOT NULL,
     to_address text NOT NULL,
     status text NOT NULL,
     created_at timestamptz NOT NULL,
     answered_at timestamptz,
     ended_at timestamptz,
     duration_sec integer NOT NULL DEFAULT 0,
     termination jsonb
   )`,
  `CREATE INDEX calls_by_account ON calls (account_sid, created_at DESC, call_sid DESC)`,
  `CREATE INDEX calls_by_status ON calls (account_sid, status, created_at DESC, call_sid DESC)`,
  `CREATE INDEX calls_open ON calls (call_sid) WHERE ended_at IS NULL`,
  `CREATE TABLE call_legs (
     leg_id text PRIMARY KEY,
     position bigint GENERATED ALWAYS AS IDENTITY,
     call_sid text NOT NULL REFERENCES calls ON DELETE CASCADE,
     role text NOT NULL,
     kind text NOT NULL,
     party text NOT NULL,
     address text NOT NULL,
     sip_call_id text,
     status text NOT NULL,
     created_at timestamptz NOT NULL,
     ringing_at timestamptz,
     answered_at timestamptz,
     ended_at timestamptz,
     termination jsonb,
     quality jsonb
   )`,
  `CREATE INDEX call_legs_by_call ON call_legs (call_sid, position)`,
  `CREATE INDEX call_legs_open ON call_legs (call_sid) WHERE ended_at IS NULL`,
  `CREATE TABLE call_events (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     call_sid text NOT NULL REFERENCES calls ON DELETE CASCADE,
     leg_id text,
     type text NOT NULL,
     at timestamptz NOT NULL,
     data jsonb NOT NULL DEFAULT '{}'
   )`,
  `CREATE INDEX call_events_by_call ON call_events (call_sid, id)`,
  `CREATE TABLE settings (
     key text PRIMARY KEY,
     value_encrypted text NOT NULL,
     updated_at timestamptz NOT NULL DEFAULT now()
   )`,
  // jsonb_array_elements is planned as 100 rows, and then the whole table is read to change one row of it.
  `CREATE FUNCTION few_elements(list jsonb) RETURNS TABLE (value jsonb, ordinal bigint)
   LANGUAGE plpgsql IMMUTABLE ROWS 1 AS $$
   BEGIN
     RETURN QUERY SELECT e.value, e.ordinality FROM jsonb_array_elements(list) WITH ORDINALITY e;
   END $$`,
  // Undoes the statement that calls it when fewer rows changed than it names.
  `CREATE FUNCTION expect_rows(wanted bigint, changed bigint, what text) RETURNS void LANGUAGE plpgsql AS $$
   BEGIN
     IF wanted <> changed THEN
       RAISE EXCEPTION 'no such %', what USING ERRCODE = 'no_data_found';
     END IF;
   END $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
