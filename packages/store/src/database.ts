import type { ColumnType, Generated, JSONColumnType } from 'kysely';

// The rows, as PostgreSQL has them. Migrations are the truth; this is their mirror for the type checker.

type CreatedAt = ColumnType<Date, Date | undefined, never>;

export interface AccountsTable {
  sid: string;
  name: string;
  api_key: string;
  api_token_hash: string;
  created_at: CreatedAt;
}

export interface CustomersTable {
  id: string;
  account_sid: string;
  name: string;
  email: string | null;
  secret_hash: string;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
}

export interface AppsTable {
  id: string;
  customer_id: string;
  account_sid: string;
  name: string;
  secret_hash: string;
  /** Region, as the customer wrote it: `mumbai`, `Singapore`, … */
  exotel_domain: Generated<string>;
  is_active: Generated<boolean>;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
}

export interface UsersTable {
  app_id: string;
  user_id: string;
  account_sid: string;
  name: string;
  email: string | null;
  sip_username: string;
  sip_password_encrypted: string;
  phone: string | null;
  /** Caller id of calls that the user places. */
  virtual_number: string | null;
  is_active: Generated<boolean>;
  outbound_active: Generated<boolean>;
  /** Order of creation. */
  position: Generated<string>;
  exotel_user_id: Generated<string>;
  exotel_user_name: string | null;
  role: Generated<string>;
  sip_enabled: Generated<boolean>;
  phone_enabled: Generated<boolean>;
  /** `sip` or `phone`. */
  last_enabled_device: Generated<string>;
  sip_device_id: Generated<string>;
  phone_device_id: Generated<string>;
  devices_updated_at: Generated<Date>;
  sip_last_seen_at: Date | null;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
}

export interface AppSettingsTable {
  app_id: string;
  account_sid: string;
  popup_url: string | null;
  incoming_call_hangup_url: string | null;
  missed_call_url: string | null;
  callback_url: string | null;
  recording_enabled: Generated<boolean>;
  recording_url: string | null;
  streaming_enabled: Generated<boolean>;
  streaming_url: string | null;
  playback_url: string | null;
  /** Keys that mean nothing here, kept for the customer. */
  custom: JSONColumnType<Record<string, string>>;
  /** `camel` or `snake`: which face wrote last. */
  written_generation: string;
  /** `camel` or `snake` when the customer decided; NULL: as `written_generation`. */
  notification_format: string | null;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
}

export interface ContactsTable {
  app_id: string;
  account_sid: string;
  /** `+E.164` */
  number: string;
  name: string;
  custom_field: string | null;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
}

export interface IntegrationTokensTable {
  token_hash: string;
  account_sid: string;
  customer_id: string;
  /** NULL for the token of a customer. */
  app_id: string | null;
  created_at: CreatedAt;
  expires_at: Date;
  last_used_at: Date | null;
}

export interface WebhookEventsTable {
  /** Order of the feed. */
  position: Generated<string>;
  event_id: string;
  account_sid: string;
  app_id: string;
  call_sid: string;
  type: string;
  payload: JSONColumnType<Record<string, unknown>>;
  at: Date;
  tx: Generated<string>;
}

export interface WebhookDeliveriesTable {
  /** Order of creation. */
  position: Generated<string>;
  delivery_id: string;
  event_id: string;
  event_type: string;
  account_sid: string;
  app_id: string;
  call_sid: string;
  url: string;
  /** Host and port of `url`: what the cap counts by. */
  host: string;
  /** The exact text that is sent and signed. */
  body: string;
  /** `pending`, `delivered`, `dropped`. */
  status: Generated<string>;
  /** Attempts that have ended. */
  attempts: Generated<number>;
  /** How often it was claimed: guards the end of an attempt against another's. */
  claims: Generated<number>;
  due_at: Generated<Date>;
  locked_until: Date | null;
  replay_of: string | null;
  last_http_status: number | null;
  last_error: string | null;
  created_at: CreatedAt;
  finished_at: Date | null;
  /** NULL, with the next two, for an app's webhook. */
  content_type: string | null;
  timeout_ms: number | null;
  retry_delays_ms: number[] | null;
}

export interface WebhookAttemptsTable {
  delivery_id: string;
  number: number;
  at: Date;
  latency_ms: number;
  http_status: number | null;
  error: string | null;
  response_body: string | null;
}

export interface WebhookSecretsTable {
  id: string;
  app_id: string;
  account_sid: string;
  secret_encrypted: string;
  created_at: CreatedAt;
  /** NULL while it is the current one. */
  expires_at: Date | null;
}

export interface AdminsTable {
  id: string;
  email: string;
  name: string;
  password_hash: string;
  role: string;
  account_sid: string;
  is_active: Generated<boolean>;
  last_login_at: Date | null;
  /** Order of creation. */
  position: Generated<string>;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
}

export interface AdminSessionsTable {
  id: string;
  admin_id: string;
  account_sid: string;
  /** Address that signed in. */
  source: string;
  created_at: Date;
  /** When it was last refreshed. */
  used_at: Date;
  expires_at: Date;
}

export interface AdminRefreshTokensTable {
  token_hash: string;
  session_id: string;
  account_sid: string;
  expires_at: Date;
  /** NULL for the one that is good. */
  spent_at: Date | null;
}

export interface AuditLogTable {
  id: string;
  /** Order of creation. */
  position: Generated<string>;
  account_sid: string;
  at: Date;
  /** `person`, `api-key`. */
  actor_type: string;
  actor_id: string;
  actor_name: string;
  action: string;
  resource_type: string;
  resource_id: string | null;
  changes: JSONColumnType<Record<string, object>>;
  source: string;
  request_id: string;
}

export interface CarriersTable {
  id: string;
  account_sid: string;
  name: string;
  sip_address: string;
  transport: string;
  inbound_auth_mode: string;
  inbound_auth_username: string | null;
  inbound_auth_password_encrypted: string | null;
  inbound_allowed_addresses: string[];
  outbound_auth_username: string | null;
  outbound_auth_password_encrypted: string | null;
  outbound_cps: number;
  outbound_burst: number;
  outbound_channels: number;
  outbound_allowed_prefixes: Generated<string[]>;
  destination_country: string | null;
  simulated: boolean;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
}

export interface DidsTable {
  id: string;
  /** Order of creation. */
  position: Generated<string>;
  carrier_id: string;
  account_sid: string;
  number: string;
  label: string | null;
  direction: string;
  target: JSONColumnType<object> | null;
  ring_timeout_sec: number | null;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
}

export interface CallsTable {
  call_sid: string;
  account_sid: string;
  app_id: string | null;
  direction: string;
  from_address: string;
  to_address: string;
  status: string;
  created_at: Date;
  answered_at: Date | null;
  ended_at: Date | null;
  duration_sec: number;
  termination: JSONColumnType<object> | null;
  /** The app's user who placed, answered or missed it. */
  user_id: string | null;
  /** Our number in the call. */
  exophone: string | null;
  /** Of the backend that had it placed. */
  custom_field: string | null;
  /** The server that has it while it is open; NULL of an older release. */
  owner: Generated<string | null>;
}

export interface CallLegsTable {
  leg_id: string;
  /** Order of creation. */
  position: Generated<string>;
  call_sid: string;
  role: string;
  kind: string;
  party: string;
  address: string;
  sip_call_id: string | null;
  status: string;
  created_at: Date;
  ringing_at: Date | null;
  answered_at: Date | null;
  ended_at: Date | null;
  termination: JSONColumnType<object> | null;
  quality: JSONColumnType<object> | null;
  /** The app's user whose device it is. */
  user_id: string | null;
  /** `sip` or `phone`, for the leg of a user. */
  device: string | null;
}

export interface CallEventsTable {
  /** Order in which things happened. */
  id: Generated<string>;
  call_sid: string;
  leg_id: string | null;
  type: string;
  at: Date;
  data: JSONColumnType<Record<string, unknown>>;
}

export interface VoiceOrdersTable {
  call_sid: string;
  account_sid: string;
  /** `numbers`, `flow`, `bot`. */
  mode: string;
  /** The party that is called first, as the API tells it. */
  from_party: string;
  to_party: string | null;
  /** `{ url, events, contentType }`. */
  status_callback: JSONColumnType<object> | null;
  parent_call_sid: string | null;
  /** Of the first order of several tries: its end is not settled yet. */
  is_retrying: Generated<boolean>;
  /** NULL, with the next two, while no try waits. */
  next_try_at: Generated<Date | null>;
  /** The one that waits counted. */
  tries_left: Generated<number | null>;
  /** JSON, as whoever places it reads it. */
  order_encrypted: Generated<string | null>;
  /** The server that tries; NULL of an older release. */
  owner: Generated<string | null>;
  created_at: CreatedAt;
}

export interface RecordingsTable {
  recording_sid: string;
  call_sid: string;
  account_sid: string;
  app_id: string | null;
  /** `recording`, `processing`, `ready`, `failed`, `deleted`. */
  state: string;
  channels: string;
  format: string;
  started_at: Date;
  ended_at: Date | null;
  duration_ms: Generated<number>;
  bytes: Generated<string>;
  /** As its storage names the place; NULL while it is in none. */
  location: string | null;
  cause: string | null;
  detail: string | null;
  /** When the app's backend was told of its end. */
  announced_at: Date | null;
  /** The server that has its file until it is kept; NULL of an older release. */
  owner: string | null;
  /** When that server was there last. Not kept up once it is announced. */
  owner_seen_at: Generated<Date>;
}

export interface RecordingSettingsTable {
  app_id: string;
  account_sid: string;
  channels: string;
  format: string;
  paused_as: string;
  held_as: Generated<string>;
  tone: string;
  retention_days: number | null;
  control: Generated<string>;
  updated_at: Generated<Date>;
}

export interface SettingsTable {
  key: string;
  value_encrypted: string;
  updated_at: Generated<Date>;
}

export interface FlowsTable {
  id: string;
  account_sid: string;
  name: string;
  /** The one in force; counts from 1. */
  version: number;
  document: JSONColumnType<object>;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
}

export interface FlowVersionsTable {
  flow_id: string;
  account_sid: string;
  version: number;
  document: JSONColumnType<object>;
  created_at: CreatedAt;
}

export interface PromptsTable {
  id: string;
  account_sid: string;
  name: string;
  /** Of the audio as it is played, lower-case hex: the name of its file. */
  sha256: string;
  duration_ms: number;
  /** Size of the file. */
  bytes: ColumnType<string, number, number>;
  created_at: CreatedAt;
}

export interface BotsTable {
  id: string;
  account_sid: string;
  name: string;
  kind: string;
  /** The one in force; counts from 1. */
  version: number;
  /** `{ config, auth }`. */
  definition_encrypted: string;
  active_hours: JSONColumnType<object> | null;
  max_call_sec: number;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
}

export interface BotVersionsTable {
  bot_id: string;
  account_sid: string;
  version: number;
  name: string;
  kind: string;
  definition_encrypted: string;
  active_hours: JSONColumnType<object> | null;
  max_call_sec: number;
  created_at: CreatedAt;
}

export interface BotCallsTable {
  session_id: string;
  account_sid: string;
  bot_id: string;
  stream_sid: string;
  call_sid: string;
  from_address: string;
  to_address: string;
  /** `in-progress`, `completed`, `failed`, `voicemail`. */
  status: string;
  disconnected_by: string | null;
  detail: string | null;
  started_at: Date;
  ended_at: Date | null;
  duration_ms: Generated<number>;
  /** `bot`: ran here; `reported`: told by others. */
  source: string;
  custom_parameters: ColumnType<unknown, string | undefined, string>;
  transcript: ColumnType<unknown, string | undefined, string>;
  events: ColumnType<unknown, string | undefined, string>;
  usage: ColumnType<unknown, string | undefined, string>;
  latency_samples: ColumnType<unknown, string | undefined, string>;
  details: ColumnType<unknown, string | undefined, string>;
  /** The server on which it runs; NULL of an older release, and of what others ran. */
  owner: Generated<string | null>;
}

export interface ServersTable {
  /** Of its data folder. */
  id: string;
  /** By the database's clock. */
  seen_at: Generated<Date>;
}

export interface SystemDocumentsTable {
  account_sid: string;
  /** `exotel`, `system`. */
  type: string;
  document: JSONColumnType<Record<string, unknown>>;
  /** JSON of names and secrets. */
  secrets_encrypted: string | null;
  updated_at: Generated<Date>;
}

export interface Database {
  accounts: AccountsTable;
  customers: CustomersTable;
  apps: AppsTable;
  users: UsersTable;
  admins: AdminsTable;
  admin_sessions: AdminSessionsTable;
  admin_refresh_tokens: AdminRefreshTokensTable;
  audit_log: AuditLogTable;
  carriers: CarriersTable;
  dids: DidsTable;
  calls: CallsTable;
  call_legs: CallLegsTable;
  call_events: CallEventsTable;
  voice_orders: VoiceOrdersTable;
  settings: SettingsTable;
  app_settings: AppSettingsTable;
  contacts: ContactsTable;
  integration_tokens: IntegrationTokensTable;
  webhook_events: WebhookEventsTable;
  webhook_deliveries: WebhookDeliveriesTable;
  webhook_attempts: WebhookAttemptsTable;
  webhook_secrets: WebhookSecretsTable;
  recordings: RecordingsTable;
  recording_settings: RecordingSettingsTable;
  flows: FlowsTable;
  flow_versions: FlowVersionsTable;
  prompts: PromptsTable;
  bots: BotsTable;
  bot_versions: BotVersionsTable;
  bot_calls: BotCallsTable;
  system_documents: SystemDocumentsTable;
  servers: ServersTable;
}
