export { AuditEntryRead, AuditList, AuditQuery } from './audit.js';
export { type Bootstrap, BootstrapSchema, type BootstrapUser } from './bootstrap.js';
export {
  type BotActiveHours,
  type BotActiveHoursInput,
  type BotAuthInput,
  BotCallList,
  BotCallListQuery,
  BotCallRead,
  BotCallSummary,
  BotCreate,
  BotList,
  BotRead,
  BotUpdate,
  BotValidation,
  BotVersionList,
  type BotVersionRead,
  CallResultsBody,
} from './bot.js';
export {
  CallCreate,
  CallEventRead,
  CallLegRead,
  CallList,
  CallListQuery,
  CallRead,
  CallStatus,
  CallSummary,
} from './call.js';
export { CarrierCreate, CarrierListQuery, CarrierRead, CarrierUpdate, carrierDefaults } from './carrier.js';
export { DidCreate, DidRead, DidTarget, DidUpdate } from './did.js';
export { ErrorResponse } from './error.js';
export {
  ExotelCredentialsUpdate,
  ExotelDidCreate,
  ExotelDidRead,
  ExotelDidUpdate,
  ExotelIntegrationRead,
  ExotelTestCallOptions,
  ExotelTestCallRequest,
  ExotelTestCallResult,
} from './exotel-integration.js';
export { FleetHealth, FleetStatus, FleetWorker, WorkerHealth } from './fleet.js';
export {
  FlowDocumentBody,
  FlowList,
  FlowRead,
  FlowSimulation,
  FlowSummary,
  FlowValidation,
  FlowVersionList,
  FlowVersionRead,
} from './flow.js';
export { HealthResponse, ReadyResponse } from './health.js';
export * from './integrations/index.js';
export { listOf, PageQuery } from './list.js';
export { LoginRequest, LoginResponse, RefreshRequest } from './login.js';
export {
  PasswordChange,
  PasswordReset,
  PersonCreate,
  PersonList,
  PersonRead,
  PersonUpdate,
  ProfileUpdate,
  Role,
} from './person.js';
export { E164Number, PhoneNumber } from './phone-number.js';
export { PromptCreate, PromptRead } from './prompt.js';
export { RecordingCreate, RecordingList, RecordingRead, RecordingSettings } from './recording.js';
export { ScriptStep, SimulatorCallRead, SimulatorCallRequest } from './simulator.js';
export {
  AgentAssistUpdate,
  ApiKeysUpdate,
  DiallerUpdate,
  DisplaySettingsRead,
  FleetUpdate,
  KnowledgeUpdate,
  MinioUpdate,
  SystemSettingsRead,
  systemSettingsDefaults,
  TimezoneUpdate,
} from './system-settings.js';
export * from './voice/index.js';
export {
  DeliveryAttemptRead,
  DeliveryDetailRead,
  DeliveryList,
  DeliveryListQuery,
  DeliveryRead,
  DeliveryReplayQuery,
  DeliveryReplayRequest,
  DeliveryReplayResult,
} from './webhook-delivery.js';
