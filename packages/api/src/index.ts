export { type ApiDeps, createApi } from './app.js';
export type { Admin, AdminDirectory, Role } from './auth/admin.js';
export type { CarrierAdministration } from './carriers/carrier-administration.js';
export type { MetricsText, Readiness } from './health/health-routes.js';
export { ApiError } from './http/api-error.js';
export type { IntegrationDeps } from './integrations/parts.js';
export type * from './integrations/ports.js';
export type { Simulator } from './simulator/simulator-routes.js';
export type { SoftphoneDemo } from './softphone/softphone-routes.js';
