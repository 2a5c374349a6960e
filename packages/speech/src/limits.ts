/** Octets of an audio file, uploaded or fetched. */
export const maxAudioBytes = 10 * 1024 * 1024;
/** Octets of an audio file that callers wait to (`WaitUrl`). */
export const maxWaitingAudioBytes = 2 * 1024 * 1024;
/** Milliseconds that a prompt may play. */
export const maxPromptMs = 10 * 60 * 1000;
/** Characters of a text that is spoken. */
export const maxTextLength = 2_000;
