// Loaded when a page first calls a method of the diagnostics.
export { Diagnostics } from './diagnostics.js';
