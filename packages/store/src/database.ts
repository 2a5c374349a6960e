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
  created_at: CreatedAt;
  updated_at: Generated<Date>;
}

export interface AdminsTable {
  id: string;
  email: string;
  name: string;
  password_hash: string;
  role: string;
  account_sid: string;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
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

export interface SettingsTable {
  key: string;
  value_encrypted: string;
  updated_at: Generated<Date>;
}

export interface Database {
  accounts: AccountsTable;
  customers: CustomersTable;
  apps: AppsTable;
  users: UsersTable;
  admins: AdminsTable;
  carriers: CarriersTable;
  dids: DidsTable;
  calls: CallsTable;
  call_legs: CallLegsTable;
  call_events: CallEventsTable;
  settings: SettingsTable;
}
