// Loaded when a page first starts a recording, or the server first tells of one.
export { lineOf, type RecordingLine } from './recording-line.js';
