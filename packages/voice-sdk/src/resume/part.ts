export { readKept, writeKept } from './kept-calls.js';
export { type ResumableCall, resumeCall } from './resumed-call.js';
