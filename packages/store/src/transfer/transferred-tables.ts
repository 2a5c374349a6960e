import type { Database } from '../database.js';

/**
 * Every table, each behind those that it points to: the order of an export and of an import. The value names columns that
 * mean nothing in another database and get their default there.
 */
const tables: Record<keyof Database, readonly string[]> = {
  settings: [],
  accounts: [],
  admins: [],
  admin_sessions: [],
  admin_refresh_tokens: [],
  audit_log: [],
  customers: [],
  apps: [],
  users: [],
  app_settings: [],
  contacts: [],
  integration_tokens: [],
  carriers: [],
  dids: [],
  calls: [],
  call_legs: [],
  call_events: [],
  voice_orders: [],
  webhook_secrets: [],
  webhook_events: ['tx'], // Transactions are counted by each server for itself.
  webhook_deliveries: [],
  webhook_attempts: [],
  recordings: [], // The files stay where they are: in the data folder, or in the S3 store.
  recording_settings: [],
  flows: [],
  flow_versions: [],
  prompts: [],
  bots: [],
  bot_versions: [],
  bot_calls: [],
  system_documents: [],
  servers: [], // Those of before are gone: what they left open ends a while after the import.
};

export const transferredTables = Object.keys(tables) as Array<keyof Database>;

export function localColumns(table: keyof Database): readonly string[] {
  return tables[table];
}

export function isTransferred(name: string): name is keyof Database {
  return Object.hasOwn(tables, name);
}
