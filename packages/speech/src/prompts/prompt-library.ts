import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, createId, type Random } from '@intermix/kernel';
import { playedMs } from '../audio/wav-file.js';
import type { AudioConverter } from '../convert/audio-converter.js';
import { maxAudioBytes } from '../limits.js';
import { SpeechError } from '../speech-error.js';
import { writeWhole } from './kept-file.js';
import type { PromptFile } from './prompt.js';
import type { PromptDirectory, PromptRecord } from './prompt-directory.js';
import type { SpokenTexts } from './spoken-texts.js';

/** What a prompt is made of. */
export type PromptSource = { audio: Buffer } | { text: string; voice?: string | undefined };

export interface PromptLibraryDeps {
  /** Where the audio is kept. */
  folder: string;
  directory: PromptDirectory;
  converter: Pick<AudioConverter, 'convert'>;
  spoken: Pick<SpokenTexts, 'fileOf'>;
  clock: Clock;
  random: Random;
}

/** Prompts of one account. */
const maxPrompts = 1_000;

/** The prompts that accounts keep: made of uploaded audio or of a text, played by flows and calls. */
export class PromptLibrary {
  readonly #deps: PromptLibraryDeps;
  /** Writers follow each other: a file is not deleted that another prompt is about to share. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(deps: PromptLibraryDeps) {
    this.#deps = deps;
  }

  /**
   * Rejects with SpeechError, which says what is wrong with the audio or the text (`too-many-prompts` beyond 1,000), or
   * with the store's conflict on `name`.
   */
  async create(accountSid: string, name: string, source: PromptSource): Promise<PromptRecord> {
    const { directory, clock, random } = this.#deps;
    const wav = await this.#wavOf(accountSid, source);
    const sha256 = createHash('sha256').update(wav).digest('hex');
    const id = createId('prm_', 16, random);
    const sizes = { durationMs: playedMs(wav.length), bytes: wav.length };
    const prompt = { id, accountSid, name, sha256, ...sizes, createdAt: new Date(clock.now()) };
    return this.#inTurn(async () => {
      if ((await directory.count(accountSid)) >= maxPrompts)
        throw new SpeechError('too-many-prompts', `The account has ${maxPrompts} prompts; delete some first.`);
      await writeWhole(this.#pathOf(prompt), wav); // First, so that every row has its file.
      try {
        await directory.create(prompt);
      } catch (error) {
        await this.#deleteUnused(prompt);
        throw error;
      }
      return prompt;
    });
  }

  list(accountSid: string): Promise<PromptRecord[]> {
    return this.#deps.directory.list(accountSid);
  }

  find(accountSid: string, id: string): Promise<PromptRecord | undefined> {
    return this.#deps.directory.find(accountSid, id);
  }

  /** The file that plays it. Rejects with SpeechError: `unknown-prompt`. */
  async fileOf(accountSid: string, id: string): Promise<PromptFile> {
    const prompt = await this.find(accountSid, id);
    if (prompt === undefined) throw new SpeechError('unknown-prompt', `There is no prompt ${id}.`, 'prompt_id');
    return { path: this.#pathOf(prompt), durationMs: prompt.durationMs };
  }

  /** The WAV file itself; undefined when the account has no such prompt, or its file is lost. */
  async audioOf(accountSid: string, id: string): Promise<Buffer | undefined> {
    const prompt = await this.find(accountSid, id);
    return prompt && readFile(this.#pathOf(prompt)).catch(() => undefined);
  }

  /** False when there was none. Rejects with the store's conflict while a flow plays it. */
  delete(accountSid: string, id: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const prompt = await this.#deps.directory.delete(accountSid, id);
      if (prompt) await this.#deleteUnused(prompt);
      return prompt !== undefined;
    });
  }

  async #wavOf(accountSid: string, source: PromptSource): Promise<Buffer> {
    const { converter, spoken } = this.#deps;
    if ('text' in source) return readFile((await spoken.fileOf(accountSid, source.text, source.voice)).path);
    if (source.audio.length > maxAudioBytes)
      throw new SpeechError('too-large', `The audio file is larger than ${maxAudioBytes / 1024 / 1024} MB.`);
    return converter.convert(source.audio);
  }

  async #deleteUnused(prompt: PromptRecord): Promise<void> {
    const isUsed = await this.#deps.directory.hasAudio(prompt.accountSid, prompt.sha256);
    if (!isUsed) await rm(this.#pathOf(prompt), { force: true });
  }

  /** A folder for each account, named so that no account's sid can lead elsewhere. */
  #pathOf({ accountSid, sha256 }: PromptRecord): string {
    const account = createHash('sha256').update(accountSid).digest('hex').slice(0, 32);
    return join(this.#deps.folder, account, `${sha256}.wav`);
  }

  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const turn = this.#lastWrite.then(write, write);
    this.#lastWrite = turn.catch(() => {});
    return turn;
  }
}
