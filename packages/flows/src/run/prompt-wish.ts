import type { PromptSpec } from '../document/prompt-spec.js';
import type { PromptWish } from '../ports/prompts.js';

/** What the speech side is asked for; variables of a text filled in. */
export function promptWish({ text, voice, prompt_id, url }: PromptSpec, fill: (text: string) => string): PromptWish {
  if (prompt_id !== undefined) return { promptId: prompt_id };
  if (url !== undefined) return { url };
  return { text: fill(text ?? ''), voice };
}
