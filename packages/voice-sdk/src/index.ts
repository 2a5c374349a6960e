export type { CallRecording, RecordingOptions, RecordingState } from './call/call-recording.js';
export type {
  CallDetails,
  CallDirection,
  CallEnd,
  CallEndReason,
  CallSnapshot,
  CallState,
  RemoteParty,
  VoiceCallEvents,
} from './call/call-types.js';
export type { DtmfMode } from './call/dtmf.js';
export { VoiceCall } from './call/voice-call.js';
export type { VoiceAccount } from './client/account.js';
export type { RegistrationState, Unregistered, UnregisteredReason } from './client/registration-keeper.js';
export type { SessionAnswer, TokenProvider, VoiceToken } from './client/token.js';
export { VoiceClient } from './client/voice-client.js';
export type { VoiceClientEvents, VoiceClientOptions } from './client/voice-client-options.js';
export { ExDelegationHandler, ExSynchronousHandler } from './compat/delegation-handler.js';
export type { ExotelCall, ExotelCallDetails, ExotelCallFields } from './compat/exotel-call.js';
export {
  type ExotelCallController,
  ExotelWebClient,
  ExotelWebClient as default,
} from './compat/exotel-web-client.js';
export type { ExotelCallListener, ExotelEventListener } from './compat/listeners.js';
export { type LoggerCallback, type LogSettings, type LogType, SdkLog } from './compat/sdk-log.js';
export type {
  CallListenerCallback,
  RegisterEventCallback,
  RemoteHangupEvent,
  SessionCallback,
  SipAccountInfo,
} from './compat/sip-account-info.js';
export type { AudioDevice, DeviceKind } from './devices/audio-device.js';
export type { AudioDevices, AudioDevicesEvents, DeviceChangeReason } from './devices/audio-devices.js';
export type { DeviceChange, DeviceChangeCallbacks } from './devices/exotel-devices.js';
export type { DiagnosticsKeyValueCallback, DiagnosticsReportCallback } from './diagnostics/diagnostics.js';
export { VoiceError, type VoiceProblem } from './errors.js';
export type { PageEvent, Platform } from './platform.js';
export type { CallQuality, QualityWarning, QualityWarningName } from './quality/part.js';
export type { TabMode, TabRole } from './tabs/part.js';
