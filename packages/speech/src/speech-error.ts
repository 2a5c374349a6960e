import { IntermixError } from '@intermix/kernel';

export type SpeechProblem =
  /** What was given is no audio: a web page, a text, an image, nothing at all. */
  | 'not-audio'
  /** Audio of a kind that is not read: Ogg, FLAC, six channels, … */
  | 'unsupported-format'
  /** A file that is broken: cut off, or its header contradicts itself. */
  | 'damaged'
  /** More octets than may be. */
  | 'too-large'
  /** Plays for longer than may be. */
  | 'too-long'
  /** No text, or more of it than may be. */
  | 'bad-text'
  /** The engine has no such voice. */
  | 'unknown-voice'
  /** No engine that speaks is set up or installed. */
  | 'no-engine'
  /** The engine that speaks failed, or was too slow. */
  | 'engine-failed'
  /** The account has no such prompt. */
  | 'unknown-prompt'
  /** The URL could not be opened, or answered something else than 200. */
  | 'fetch-failed'
  /** The URL leads to an address that may not be opened. */
  | 'address-refused'
  /** The account has as many prompts as it may have. */
  | 'too-many-prompts'
  /** Too much is being prepared already. */
  | 'busy';

/** What was given that has to change. */
export type SpeechField = 'audio' | 'text' | 'voice' | 'url' | 'prompt_id';

/** Something could not be made playable. The message is a sentence for whoever gave it. */
export class SpeechError extends IntermixError {
  readonly code = 'ERR_SPEECH';

  constructor(
    readonly problem: SpeechProblem,
    message: string,
    readonly field: SpeechField = 'audio',
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
