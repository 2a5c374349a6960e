import { type Kysely, sql } from 'kysely';

// Written for PostgreSQL 15, which is older than the embedded one. Migrations go forward only.

const statements = [
  // --- apps and users, as the integrations API knows them
  `ALTER TABLE apps ADD COLUMN exotel_domain text NOT NULL DEFAULT 'mumbai'`,
  `CREATE SEQUENCE device_ids START 1001`,
  `ALTER TABLE users
     ADD COLUMN position bigint GENERATED ALWAYS AS IDENTITY,
     ADD COLUMN exotel_user_id text NOT NULL DEFAULT gen_random_uuid()::text,
     ADD COLUMN exotel_user_name text,
     ADD COLUMN role text NOT NULL DEFAULT 'agent',
     ADD COLUMN sip_enabled boolean NOT NULL DEFAULT true,
     ADD COLUMN phone_enabled boolean NOT NULL DEFAULT false,
     ADD COLUMN last_enabled_device text NOT NULL DEFAULT 'sip',
     ADD COLUMN sip_device_id bigint NOT NULL DEFAULT nextval('device_ids'),
     ADD COLUMN phone_device_id bigint NOT NULL DEFAULT nextval('device_ids'),
     ADD COLUMN devices_updated_at timestamptz NOT NULL DEFAULT now(),
     ADD COLUMN sip_last_seen_at timestamptz,
     ADD CONSTRAINT users_device_enabled CHECK (sip_enabled OR phone_enabled)`,
  `CREATE INDEX users_by_app ON users (app_id, position)`,
  // One row an app, made at the first write. NULL: not set.
  `CREATE TABLE app_settings (
     app_id text PRIMARY KEY,
     account_sid text NOT NULL,
     popup_url text,
     incoming_call_hangup_url text,
     missed_call_url text,
     callback_url text,
     recording_enabled boolean NOT NULL DEFAULT false,
     recording_url text,
     streaming_enabled boolean NOT NULL DEFAULT false,
     streaming_url text,
     playback_url text,
     custom jsonb NOT NULL DEFAULT '{}',
     written_generation text NOT NULL,
     notification_format text,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT app_settings_app FOREIGN KEY (app_id, account_sid) REFERENCES apps (id, account_sid) ON DELETE CASCADE
   )`,
  `CREATE TABLE contacts (
     app_id text NOT NULL,
     account_sid text NOT NULL,
     number text NOT NULL,
     name text NOT NULL,
     custom_field text,
     created_at timestamptz NOT NULL DEFAULT now(),
     updated_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (app_id, number),
     CONSTRAINT contacts_app FOREIGN KEY (app_id, account_sid) REFERENCES apps (id, account_sid) ON DELETE CASCADE
   )`,
  // app_id is NULL for the token of a customer.
  `CREATE TABLE integration_tokens (
     token_hash text PRIMARY KEY,
     account_sid text NOT NULL,
     customer_id text NOT NULL,
     app_id text,
     created_at timestamptz NOT NULL DEFAULT now(),
     expires_at timestamptz NOT NULL,
     last_used_at timestamptz,
     CONSTRAINT integration_tokens_customer FOREIGN KEY (customer_id, account_sid)
       REFERENCES customers (id, account_sid) ON DELETE CASCADE,
     CONSTRAINT integration_tokens_app FOREIGN KEY (app_id, account_sid)
       REFERENCES apps (id, account_sid) ON DELETE CASCADE
   )`,
  `CREATE INDEX integration_tokens_by_customer ON integration_tokens (customer_id)`,
  `CREATE INDEX integration_tokens_by_app ON integration_tokens (app_id)`,
  `CREATE INDEX integration_tokens_by_expiry ON integration_tokens (expires_at)`,
  // --- calls: whose they are
  `ALTER TABLE calls
     ADD COLUMN user_id text,
     ADD COLUMN exophone text`,
  `CREATE INDEX calls_by_app ON calls (app_id, created_at DESC, call_sid DESC) WHERE app_id IS NOT NULL`,
  `CREATE INDEX calls_by_user ON calls (app_id, user_id, created_at DESC, call_sid DESC) WHERE user_id IS NOT NULL`,
  `ALTER TABLE call_legs
     ADD COLUMN user_id text,
     ADD COLUMN device text`,
  // --- webhooks: what happened (the feed), what is to be delivered (the outbox), how it went (the log)
  // "tx" hides rows of transactions that a reader of the feed could overtake. No foreign keys to apps and calls: the
  // log outlives them, and an insert checks nothing twice.
  `CREATE TABLE webhook_events (
     position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     event_id text NOT NULL CONSTRAINT webhook_events_id_unique UNIQUE,
     account_sid text NOT NULL,
     app_id text NOT NULL,
     call_sid text NOT NULL,
     type text NOT NULL,
     payload json NOT NULL, -- json: the order of its fields is kept
     at timestamptz NOT NULL,
     tx xid8 NOT NULL DEFAULT pg_current_xact_id()
   )`,
  `CREATE INDEX webhook_events_by_app ON webhook_events (app_id, tx, position)`,
  `CREATE INDEX webhook_events_by_call ON webhook_events (call_sid, position)`,
  `CREATE INDEX webhook_events_by_time ON webhook_events (at)`,
  `CREATE TABLE webhook_deliveries (
     position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     delivery_id text NOT NULL CONSTRAINT webhook_deliveries_id_unique UNIQUE,
     event_id text NOT NULL,
     event_type text NOT NULL,
     account_sid text NOT NULL,
     app_id text NOT NULL,
     call_sid text NOT NULL,
     url text NOT NULL,
     host text NOT NULL,
     body text NOT NULL,
     status text NOT NULL DEFAULT 'pending',
     attempts integer NOT NULL DEFAULT 0,
     claims integer NOT NULL DEFAULT 0,
     due_at timestamptz NOT NULL DEFAULT now(),
     locked_until timestamptz,
     replay_of text,
     last_http_status integer,
     last_error text,
     created_at timestamptz NOT NULL DEFAULT now(),
     finished_at timestamptz
   )`,
  `CREATE INDEX webhook_deliveries_due ON webhook_deliveries (host, due_at, position) WHERE status = 'pending'`,
  `CREATE INDEX webhook_deliveries_order ON webhook_deliveries (call_sid, position)
     WHERE status = 'pending' AND attempts = 0`,
  `CREATE INDEX webhook_deliveries_by_account ON webhook_deliveries (account_sid, position DESC)`,
  `CREATE INDEX webhook_deliveries_by_app ON webhook_deliveries (app_id, position DESC)`,
  `CREATE INDEX webhook_deliveries_by_call ON webhook_deliveries (call_sid, position)`,
  `CREATE INDEX webhook_deliveries_finished ON webhook_deliveries (finished_at) WHERE finished_at IS NOT NULL`,
  `CREATE TABLE webhook_attempts (
     delivery_id text NOT NULL,
     number integer NOT NULL,
     at timestamptz NOT NULL,
     latency_ms integer NOT NULL,
     http_status integer,
     error text,
     response_body text,
     PRIMARY KEY (delivery_id, number)
   )`,
  // Newest signs; one that was replaced goes on signing until it expires.
  `CREATE TABLE webhook_secrets (
     id text PRIMARY KEY,
     app_id text NOT NULL,
     account_sid text NOT NULL,
     secret_encrypted text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     expires_at timestamptz,
     CONSTRAINT webhook_secrets_app FOREIGN KEY (app_id, account_sid) REFERENCES apps (id, account_sid) ON DELETE CASCADE
   )`,
  `CREATE INDEX webhook_secrets_by_app ON webhook_secrets (app_id, created_at DESC)`,
  `CREATE UNIQUE INDEX webhook_secrets_current ON webhook_secrets (app_id) WHERE expires_at IS NULL`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
