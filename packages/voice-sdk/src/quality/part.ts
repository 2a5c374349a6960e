export { PathMender } from '../call/path-mender.js';
export { type CallQuality, QualityMeter } from './quality-meter.js';
export type { QualityWarning, QualityWarningName } from './quality-warnings.js';
