export { readKept, writeKept } from './kept-calls.js';
export { makeResumedCall, type ResumableCall } from './resumed-call.js';
