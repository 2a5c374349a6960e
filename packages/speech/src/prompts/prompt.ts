/** What a call is to hear: a text that is spoken, a prompt of the account, or a file somewhere in the web. */
export type Prompt = { text: string; voice?: string | undefined } | { promptId: string } | { url: string };

/** A WAV file that `CallControl.playFile` plays: 8 kHz, mono, 16 bit PCM. */
export interface PromptFile {
  path: string;
  durationMs: number;
}
