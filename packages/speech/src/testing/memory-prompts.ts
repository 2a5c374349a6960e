import type { PromptDirectory, PromptRecord } from '../prompts/prompt-directory.js';

/** Prompts in memory. */
export class MemoryPrompts implements PromptDirectory {
  readonly prompts: PromptRecord[] = [];

  async create(prompt: PromptRecord): Promise<void> {
    if (this.#of(prompt.accountSid).some(({ name }) => name === prompt.name)) throw new Error('the name is taken');
    this.prompts.push(prompt);
  }

  async find(accountSid: string, id: string): Promise<PromptRecord | undefined> {
    return this.#of(accountSid).find((prompt) => prompt.id === id);
  }

  async list(accountSid: string): Promise<PromptRecord[]> {
    return this.#of(accountSid);
  }

  async count(accountSid: string): Promise<number> {
    return this.#of(accountSid).length;
  }

  async hasAudio(accountSid: string, sha256: string): Promise<boolean> {
    return this.#of(accountSid).some((prompt) => prompt.sha256 === sha256);
  }

  async delete(accountSid: string, id: string): Promise<PromptRecord | undefined> {
    const found = await this.find(accountSid, id);
    if (found) this.prompts.splice(this.prompts.indexOf(found), 1);
    return found;
  }

  #of(accountSid: string): PromptRecord[] {
    return this.prompts.filter((prompt) => prompt.accountSid === accountSid);
  }
}
