export type {
  CallDetails,
  CallDirection,
  CallEnd,
  CallEndReason,
  CallState,
  RemoteParty,
  VoiceCallEvents,
} from './call/call-types.js';
export type { DtmfMode } from './call/dtmf.js';
export type { CallQuality } from './call/quality.js';
export { VoiceCall } from './call/voice-call.js';
export type { VoiceAccount } from './client/account.js';
export type { RegistrationState, Unregistered, UnregisteredReason } from './client/registration-keeper.js';
export { VoiceClient, type VoiceClientEvents, type VoiceClientOptions } from './client/voice-client.js';
export type { ExotelCall, ExotelCallDetails } from './compat/exotel-call.js';
export { ExotelWebClient, ExotelWebClient as default } from './compat/exotel-web-client.js';
export type {
  CallListenerCallback,
  RegisterEventCallback,
  SessionCallback,
  SipAccountInfo,
} from './compat/sip-account-info.js';
export { VoiceError, type VoiceProblem } from './errors.js';
export type { PageEvent, Platform } from './platform.js';
