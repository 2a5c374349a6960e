export type { SipAccountInfo, SipAccountInfo as SIPAccountInfo } from '../compat/sip-account-info.js';
export { VoiceError, type VoiceProblem } from '../errors.js';
export { icoreBaseURL, publicKey, voipDomain, voipDomainSIP } from './constants.js';
export type { CrmHostOptions } from './crm-host.js';
export { ExotelCRMWebSDK, ExotelCRMWebSDK as default, type ExotelCRMWebSDKOptions } from './crm-web-sdk.js';
export type { CamelEnvelope } from './integrations-api.js';
export { User, type UserMapping } from './user.js';
export {
  type CrmCallData,
  type CrmCallEvent,
  type CrmCallListener,
  ExotelWebPhoneSDK,
  type MakeCallCallback,
  type OutboundCall,
  type RegisterListener,
  type SessionListener,
} from './web-phone-sdk.js';
