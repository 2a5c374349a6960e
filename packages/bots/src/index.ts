export { readConfig } from './config/read-config.js';
export { maskSecrets, unmaskSecrets } from './config/secret-texts.js';
export {
  ExotelIntegration,
  type ExotelIntegrationDeps,
} from './exotel-integration/exotel-integration.js';
export { normaliseExotelNumber } from './exotel-integration/exotel-number.js';
export { IntegrationError } from './exotel-integration/integration-error.js';
export { TestCallError, type TestCallProblem } from './exotel-integration/test-call-error.js';
export { BotAddresses, websocketUrlOf } from './fleet/bot-addresses.js';
export type { BotCapacity, BotWorkerLoad } from './fleet/bot-capacity.js';
export { Fleet, type FleetAddresses } from './fleet/fleet.js';
export { FleetError } from './fleet/fleet-error.js';
export { fleetHealthOf, workerHealthOf } from './fleet/own-health.js';
export { urlOnFleet } from './fleet/url-on-fleet.js';
export { type ActiveHours, isActive, isTimeZone, type Weekday, weekdays } from './gate/active-hours.js';
export { type Admitted, BotGate, type Refused } from './gate/bot-gate.js';
export { BotWorker, type BotWorkerDeps } from './gate/bot-worker.js';
export { isSame } from './gate/credentials.js';
export { ExotelIngress, exotelPath } from './gate/exotel-ingress.js';
export { sourceNetworkOf } from './gate/source-network.js';
export { ticketUser } from './host/bot-host.js';
export type { NeverStarted, SessionReport } from './host/session-order.js';
export { botKinds } from './kinds/bot-kinds.js';
export type * from './ports/bot-call-store.js';
export type * from './ports/bot-store.js';
export { BotCalls } from './results/bot-calls.js';
export { boundedReport } from './results/bounded-report.js';
export * from './session/bot.js';
export { BotConfigError } from './session/bot-config-error.js';
export { InputError } from './settings/input-error.js';
export { emptyDocument, type SystemDocument, type SystemDocuments } from './settings/system-documents.js';
export { SystemSettings } from './settings/system-settings.js';
