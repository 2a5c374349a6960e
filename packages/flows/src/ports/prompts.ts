/** What is to be said; see the speech package, whose prompt files these are. */
export type PromptWish = { text: string; voice?: string | undefined } | { promptId: string } | { url: string };

/** Makes files that a call can play of what is to be said. */
export interface PromptFiles {
  /** Rejects when there is no such prompt, no voice for a text, or nothing playable behind a URL. */
  fileFor(accountSid: string, prompt: PromptWish): Promise<{ path: string; durationMs: number }>;
}
