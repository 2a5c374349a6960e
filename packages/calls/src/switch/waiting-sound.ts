import { type MediaLeg, ringbackTone, type ToneSpec } from '@intermix/media';

/** What somebody hears who waits for another party: a file in a loop (8 kHz, mono, 16 bit WAV), or a tone. */
export type Waiting = { file: string } | { tone: ToneSpec };

/** Plays to who waits. What fails ends no call: a file that cannot be played gives way to ringback, a tone to silence. */
export class WaitingSound {
  readonly #waiting: Waiting;
  readonly #onFailed: (error: unknown) => void;
  #media: MediaLeg | undefined;

  constructor(waiting: Waiting | undefined, onFailed: (error: unknown) => void) {
    this.#waiting = waiting ?? { tone: ringbackTone };
    this.#onFailed = onFailed;
  }

  start(media: MediaLeg): void {
    this.#media = media;
    const waiting = this.#waiting;
    if ('tone' in waiting) this.#play(media, waiting.tone);
    else media.playFile(waiting.file, { loop: true }).catch((error: unknown) => this.#fileFailed(media, error));
  }

  /** May be called twice. */
  stop(): void {
    const media = this.#media;
    this.#media = undefined;
    if (media && !media.closed) media.stop().catch(this.#onFailed);
  }

  #fileFailed(media: MediaLeg, error: unknown): void {
    if (this.#media !== media || media.closed) return;
    this.#onFailed(error);
    this.#play(media, ringbackTone);
  }

  #play(media: MediaLeg, tone: ToneSpec): void {
    media.play(tone).catch(this.#onFailed);
  }
}
