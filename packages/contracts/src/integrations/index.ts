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
