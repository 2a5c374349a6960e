export {
  type CamelApp,
  CamelAppAnswer,
  CamelAppCreate,
  CamelAppOrApps,
  CamelAppQuery,
} from './camel-app.js';
export {
  type CamelSetting,
  CamelSettingAnswer,
  CamelSettingDeletion,
  type CamelSettingItem,
  CamelSettingOrSettings,
  CamelSettingQuery,
  CamelSettingWrite,
} from './camel-app-setting.js';
export {
  CamelInboundCallAnswer,
  CamelInboundCallQuery,
  type CamelOutboundCall,
  CamelOutboundCallAnswer,
  CamelOutboundCallRequest,
} from './camel-call.js';
export {
  type CamelCustomer,
  CamelCustomerAnswer,
  CamelCustomerCreate,
} from './camel-customer.js';
export {
  CamelDeleted,
  CamelFailure,
  camelEnvelope,
} from './camel-envelope.js';
export {
  CamelToken,
  CamelTokenRequest,
} from './camel-token.js';
export {
  CamelDeviceUpdate,
  type CamelUser,
  CamelUserAnswer,
  CamelUserCreate,
  CamelUserOrPage,
  type CamelUserPage,
  CamelUsersAnswer,
  CamelUsersCreate,
  CamelUsersDeletion,
  CamelUsersQuery,
  CamelUserUpdate,
} from './camel-user.js';
export {
  type SnakeCall,
  SnakeCallAnswer,
  SnakeCallPage,
  type SnakeCallStory,
  SnakeCallsQuery,
  type SnakeLeg,
} from './snake-call.js';
export {
  type SnakeContact,
  SnakeContactAnswer,
  SnakeContactPage,
  SnakeContactsQuery,
  SnakeContactsWrite,
  SnakeContactsWritten,
  SnakeContactWrite,
} from './snake-contact.js';
export {
  type SnakeCustomer,
  SnakeCustomerAnswer,
  type SnakeUsage,
  SnakeUsageAnswer,
  SnakeUsageQuery,
} from './snake-customer.js';
export type { SnakeDeliveryOfCall } from './snake-delivery.js';
export { SnakeDone, SnakeFailure, snakeEnvelope } from './snake-envelope.js';
export { type SnakeEvent, SnakeEventPage, SnakeEventsQuery } from './snake-event.js';
export { type SnakeSession, SnakeSessionAnswer, SnakeSessionCreate } from './snake-session.js';
export { type SnakeSettings, SnakeSettingsAnswer, SnakeSettingsUpdate } from './snake-settings.js';
export {
  type SnakeDevices,
  SnakeDevicesAnswer,
  SnakeDevicesChanged,
  SnakeDevicesUpdate,
  type SnakeUser,
  SnakeUserAnswer,
  SnakeUserCreate,
  SnakeUserMade,
  SnakeUserPage,
  SnakeUsersQuery,
  SnakeUserUpdate,
} from './snake-user.js';
export { SnakeSecretRotation, type SnakeWebhookSecret, SnakeWebhookSecrets } from './snake-webhook-secret.js';
