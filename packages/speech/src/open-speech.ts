import { join } from 'node:path';
import type { Clock, Logger, Random } from '@intermix/kernel';
import { AudioConverter } from './convert/audio-converter.js';
import { AudioCache } from './prompts/audio-cache.js';
import type { PromptDirectory } from './prompts/prompt-directory.js';
import { PromptFiles } from './prompts/prompt-files.js';
import { PromptLibrary } from './prompts/prompt-library.js';
import { SpokenTexts } from './prompts/spoken-texts.js';
import { WebAudio, type WebReader } from './prompts/web-audio.js';
import type { TextToSpeech } from './voices/text-to-speech.js';

export interface SpeechOptions {
  /** Where prompts and cached audio lie; made when it is not there. */
  folder: string;
  directory: PromptDirectory;
  /** Opens customers' URLs: OutboundClient. */
  reader: WebReader;
  /** Undefined: texts are refused with `no-engine`. */
  engine: TextToSpeech | undefined;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Octets of spoken and fetched audio on disk. Default 200 MB. */
  maxCacheBytes?: number;
}

export interface Speech {
  readonly files: PromptFiles;
  readonly library: PromptLibrary;
  /** Gives up conversions under way. May be called twice. */
  stop(): Promise<void>;
}

/** Joins the parts of this package. Opens nothing yet. */
export function openSpeech(options: SpeechOptions): Speech {
  const { folder, directory, reader, engine, clock, random, logger, maxCacheBytes } = options;
  const converter = new AudioConverter({ clock });
  const maxBytes = maxCacheBytes === undefined ? {} : { maxBytes: maxCacheBytes };
  const cache = new AudioCache({ folder: join(folder, 'cache'), clock, ...maxBytes });
  const spoken = new SpokenTexts({ engine, cache, converter });
  const library = new PromptLibrary({ folder: join(folder, 'kept'), directory, converter, spoken, clock, random });
  const web = new WebAudio({ reader, cache, converter, clock, logger });
  return { files: new PromptFiles({ spoken, library, web }), library, stop: () => converter.stop() };
}
