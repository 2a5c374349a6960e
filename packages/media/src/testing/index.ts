export { FakeLegAudio } from './fake-leg-audio.js';
export { type RunAttachment, runAttachment } from './run-attachment.js';
