import type { Prompt, PromptFile } from './prompt.js';
import type { PromptLibrary } from './prompt-library.js';
import type { SpokenTexts } from './spoken-texts.js';
import type { WebAudio } from './web-audio.js';

export interface PromptFilesDeps {
  spoken: Pick<SpokenTexts, 'fileOf'>;
  library: Pick<PromptLibrary, 'fileOf'>;
  web: Pick<WebAudio, 'fileOf'>;
}

export interface FileForOptions {
  /** Octets that a file of a URL may have; default 10 MB. `maxWaitingAudioBytes` for what callers wait to. */
  maxBytes?: number | undefined;
}

/** Where whoever runs a call gets the files that it plays. */
export class PromptFiles {
  readonly #deps: PromptFilesDeps;

  constructor(deps: PromptFilesDeps) {
    this.#deps = deps;
  }

  /**
   * A file that plays the prompt, made when there is none yet. It may be gone later: ask again for each call. Rejects with
   * SpeechError, and its message says what is wrong; a caller should then hear something else (ringback, the next step).
   */
  fileFor(accountSid: string, prompt: Prompt, options: FileForOptions = {}): Promise<PromptFile> {
    if ('text' in prompt) return this.#deps.spoken.fileOf(accountSid, prompt.text, prompt.voice);
    if ('promptId' in prompt) return this.#deps.library.fileOf(accountSid, prompt.promptId);
    return this.#deps.web.fileOf(accountSid, prompt.url, options.maxBytes);
  }
}
