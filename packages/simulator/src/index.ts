export {
  AudioEndpoint,
  type AudioEndpointEvents,
  type AudioEndpointOptions,
  type AudioRemote,
} from './audio-endpoint.js';
export { type AudioSource, melody, ringback, silence, tone } from './audio-source.js';
export { answerToneHz } from './behaviours.js';
export { CallMedia, type CallMediaOptions } from './call-media.js';
export type { CallDirection, CallEnd, CallEventRecord, CallSnapshot, CallState } from './call-record.js';
export { type CallScript, defaultCallerToneHz, type ScriptStep } from './call-script.js';
export type { CarrierCodec } from './carrier-sdp.js';
export { SimulatorError, type SimulatorProblem } from './errors.js';
export { defaultCallerNumber, type SimulatedNumber, simulatedNumbers } from './numbers.js';
export { numericResolver } from './numeric-resolver.js';
export type { PlacedCall } from './placed-call.js';
export type { RtpPortRange } from './rtp-socket-pair.js';
export type { SimulatedCall, SimulatedCallEvents } from './simulated-call.js';
export { type PlaceCallOptions, SimulatedPstn, type SimulatedPstnOptions } from './simulated-pstn.js';
export { dominantToneHz, ToneMeter } from './tone-meter.js';
