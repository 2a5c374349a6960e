import { createHash } from 'node:crypto';
import type { AudioConverter } from '../convert/audio-converter.js';
import { maxTextLength } from '../limits.js';
import { Places } from '../places.js';
import { SpeechError } from '../speech-error.js';
import type { TextToSpeech } from '../voices/text-to-speech.js';
import type { AudioCache } from './audio-cache.js';
import { Flights } from './flights.js';
import type { PromptFile } from './prompt.js';

export interface SpokenTextsDeps {
  /** Undefined: nothing here speaks. */
  engine: TextToSpeech | undefined;
  cache: AudioCache;
  converter: Pick<AudioConverter, 'convert'>;
}

const size = 2;
const maxWaiting = 200;
/** Texts may hold what callers say of themselves: one account's callers are not to keep the voice from all others. */
const maxWaitingOfOne = 40;

/** Texts as audio, each spoken once for each engine and voice. */
export class SpokenTexts {
  readonly #deps: SpokenTextsDeps;
  readonly #flights = new Flights<PromptFile>();
  readonly #places = new Places({ size, maxWaiting, maxWaitingOfOne });

  constructor(deps: SpokenTextsDeps) {
    this.#deps = deps;
  }

  /**
   * Accounts take turns at the engine, and share what was spoken. Rejects with SpeechError: `bad-text`, `no-engine`, `unknown-voice`, `engine-failed`, `too-long`, `busy`.
   */
  async fileOf(accountSid: string, text: string, voice?: string): Promise<PromptFile> {
    const { engine, cache } = this.#deps;
    const said = checkedText(text);
    if (engine === undefined)
      throw new SpeechError(
        'no-engine',
        'No engine that speaks is set up: install espeak-ng, or set INTERMIX_TTS_URL.',
        'text',
      );
    const wanted = voice ?? engine.defaultVoice;
    const key = createHash('sha256').update(['text', engine.id, wanted, said].join('\0')).digest('hex');
    return this.#flights.run(
      key,
      async () => (await cache.get(key)) ?? this.#speak(accountSid, { engine, said, wanted, key }),
    );
  }

  async #speak(
    accountSid: string,
    { engine, said, wanted, key }: { engine: TextToSpeech; said: string; wanted: string; key: string },
  ): Promise<PromptFile> {
    const audio = await this.#places.run(() => engine.speak(said, wanted), accountSid);
    const wav = await this.#converted(audio);
    return this.#deps.cache.put(key, wav, {});
  }

  /** A fault of the audio is the engine's here, not the customer's. */
  async #converted(audio: Buffer): Promise<Buffer> {
    try {
      return await this.#deps.converter.convert(audio);
    } catch (error) {
      if (!(error instanceof SpeechError) || error.problem === 'busy' || error.problem === 'too-long') throw error;
      throw new SpeechError('engine-failed', `What the engine spoke is no use: ${error.message}`, 'text', {
        cause: error,
      });
    }
  }
}

function checkedText(text: string): string {
  const said = text.trim();
  if (said === '') throw new SpeechError('bad-text', 'There is no text to speak.', 'text');
  if (said.length > maxTextLength)
    throw new SpeechError('bad-text', `The text is longer than ${maxTextLength} characters.`, 'text');
  return said;
}
