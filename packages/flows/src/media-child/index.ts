// What flows have beside a leg in its media process.
export { silenceAttachment } from './silence-attachment.js';
