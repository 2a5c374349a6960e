// What a call that stands needs; loaded with the registration.
export { sendDtmfInfo } from '../call/dtmf-info.js';
export { CallWatch } from './call-watch.js';
export type { CallQuality } from './quality-meter.js';
export type { QualityWarning, QualityWarningName } from './quality-warnings.js';
