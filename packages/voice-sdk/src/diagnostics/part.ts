// Loaded when a page first calls a method of the diagnostics, or asks whether it is ready.
export { clientStatus, ReadinessCheck } from '../compat/readiness.js';
export { Diagnostics } from './diagnostics.js';
