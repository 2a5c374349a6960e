export { CallStore } from './calls/call-store.js';
export type { CarrierPatch, DidPatch, NewCarrier, NewDid } from './carriers/carrier-rows.js';
export { CarrierStore } from './carriers/carrier-store.js';
export type { Database } from './database.js';
export { FlowStore } from './flows/flow-store.js';
export type { AppSettings, AppSettingsPatch, Generation } from './integrations/app-settings-rows.js';
export { AppSettingsStore } from './integrations/app-settings-store.js';
export { type AppRecord, AppStore, type NewApp } from './integrations/app-store.js';
export { type Contact, ContactStore, type NewContact } from './integrations/contact-store.js';
export {
  type CustomerRecord,
  CustomerStore,
  type CustomerUsage,
  type NewCustomer,
} from './integrations/customer-store.js';
export type { DeviceName, MappedUser, MappedUserPatch, NewMappedUser } from './integrations/mapped-user-rows.js';
export { MappedUserStore } from './integrations/mapped-user-store.js';
export { type IntegrationToken, TokenStore } from './integrations/token-store.js';
export { openStore, type Store, type StoreOptions } from './open-store.js';
export type { Admin, AdminRole, NewAdmin } from './people/admin-rows.js';
export { type AdminSession, AdminSessionStore, type Rotation } from './people/admin-session-store.js';
export { type AdminDecision, AdminStore } from './people/admin-store.js';
export { type AuditEntry, AuditStore, type NewAuditEntry } from './people/audit-store.js';
export { PromptStore } from './prompts/prompt-store.js';
export { RecordingSettingsStore } from './recordings/recording-settings-store.js';
export { RecordingStore } from './recordings/recording-store.js';
export { hashToken, SecretBox, tokenMatches } from './secret-box.js';
export type { LeftBy } from './servers/left-open.js';
export { ServerStore } from './servers/server-store.js';
export { SystemDocumentStore } from './settings/system-document-store.js';
export { SettingsStore } from './settings-store.js';
export { StoreConflictError, StoreError, type StoreErrorCode } from './store-error.js';
export { type Account, TenantStore } from './tenants/tenant-store.js';
export { exportData } from './transfer/export-data.js';
export { importData } from './transfer/import-data.js';
export type { TransferOptions, TransferSummary } from './transfer/transfer.js';
export type { NewUser, UserPatch, UserRecord } from './users/user-rows.js';
export { UserStore } from './users/user-store.js';
export type * from './voice/voice-call-query.js';
export { VoiceCallStore } from './voice/voice-call-store.js';
export {
  type UnsettledOrder,
  type VoiceOrder,
  type VoiceOrderMode,
  VoiceOrderStore,
  type WaitingTry,
} from './voice/voice-order-store.js';
export { VoiceUserStore } from './voice/voice-user-store.js';
