import type { Static } from 'typebox';
import type { Fault, Need } from '../applets/applet-kind.js';
import type { Prompt } from './fields.js';

/** What is said, as the document has it. */
export type PromptSpec = Static<typeof Prompt>;

/** What has to exist, or may be opened, for a prompt to be heard. `at` is the prompt's place in its applet. */
export function needsOfPrompt(prompt: PromptSpec | undefined, at: string): Need[] {
  if (prompt?.prompt_id !== undefined) return [{ kind: 'prompt', at: `${at}.prompt_id`, promptId: prompt.prompt_id }];
  if (prompt?.url !== undefined) return [{ kind: 'url', at: `${at}.url`, url: prompt.url, schemes: ['http', 'https'] }];
  return [];
}

/** What the schema cannot say of a prompt. */
export function faultsOfPrompt(prompt: PromptSpec | undefined, at: string): Fault[] {
  if (prompt === undefined) return [];
  const given = [prompt.text, prompt.prompt_id, prompt.url].filter((one) => one !== undefined).length;
  if (given !== 1) return [{ at, message: 'Give exactly one of text, prompt_id and url.' }];
  if (prompt.voice !== undefined && prompt.text === undefined)
    return [{ at: `${at}.voice`, message: 'A voice speaks a text: without text there is none.' }];
  return [];
}
