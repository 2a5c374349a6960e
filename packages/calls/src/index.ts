export { accountSidOf } from './auth/domains.js';
export type { SessionName, SipSession, SipSessions } from './auth/sip-sessions.js';
export type { DigestAlgorithm } from './auth/user-authenticator.js';
export { UserAuthenticator, type UserAuthenticatorDeps } from './auth/user-authenticator.js';
export type { UnknownSourcePolicy } from './carriers/unknown-sources.js';
export type * from './control/call-control.js';
export { partyName } from './control/party-name.js';
export type { RecordingWish } from './control/recording-wish.js';
export { CallError, type CallProblem } from './errors.js';
export type { GuessLimit, GuessLimits } from './limits/guess-limiter.js';
export { countryCodeOf } from './numbers/country-codes.js';
export { type NormalizedNumber, type NormalizeOptions, normalizeNumber, toE164 } from './numbers/normalize-number.js';
export type * from './ports/call-programs.js';
export type * from './ports/call-store.js';
export type * from './ports/directory.js';
export type * from './ports/recording-control.js';
export { type CallDurations, callDurations, lastSeenOf } from './records/call-durations.js';
export type { IceServer } from './registrar/ice-servers.js';
export { type Aor, type Binding, type LocationStore, MemoryLocationStore } from './registrar/location-store.js';
export {
  type BindingEnd,
  type Presence,
  Registrar,
  type RegistrarDeps,
  type RegistrarEvents,
  type Sighting,
} from './registrar/registrar.js';
export { defaultRegistrarConfig, type RegistrarConfig } from './registrar/registrar-config.js';
export type { CallOrder, PlaceCallRequest } from './routing/placement.js';
export type { CallMedia } from './switch/call-events.js';
export type { Announcement } from './switch/call-plan.js';
export {
  createSwitchboard,
  type Switchboard,
  type SwitchboardConfig,
  type SwitchboardDeps,
} from './switch/create-switchboard.js';
export { Switch, type SwitchDeps, type SwitchEvents } from './switch/switch.js';
export { defaultSwitchConfig, type SwitchConfig } from './switch/switch-config.js';
export type { SwitchStats } from './switch/switch-stats.js';
export type { Waiting } from './switch/waiting-sound.js';
