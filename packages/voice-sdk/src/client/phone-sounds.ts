import type { Logger } from '@intermix/kernel';
import type { VoiceCall } from '../call/voice-call.js';
import { parts } from '../parts.js';
import type { Sounds, SoundsDeps } from '../sounds/part.js';

/** Tells the part `sounds` of the calls, once it is there. Without it the phone works, and is silent. */
export class PhoneSounds {
  readonly #deps: SoundsDeps & { logger: Logger; enabled: boolean };
  #sounds: Sounds | undefined;
  #loading = false;
  #closed = false;

  constructor(deps: SoundsDeps & { logger: Logger; enabled: boolean }) {
    this.#deps = deps;
  }

  /** Fetches the sounds, so that they are there when the phone rings. May be called again after a failure. */
  load(): void {
    if (!this.#deps.enabled || this.#loading || this.#closed) return;
    this.#loading = true;
    parts.sounds().then(
      (part) => this.#loaded(part),
      (error) => {
        this.#loading = false;
        this.#deps.logger.error(
          { error: String(error) },
          'exotelsdk-sounds.js cannot be loaded: the phone does not ring',
        );
      },
    );
  }

  /** From now on each change of the call may change what is heard; a call that rings already is heard after `update`. */
  follow(call: VoiceCall): void {
    this.load();
    call.on('stateChanged', (state) => (state === 'ended' ? this.#sounds?.ended(call) : this.#sounds?.update()));
    call.on('dtmfSent', (digits) => this.#sounds?.digits(digits));
  }

  /** Looks at the calls again. */
  update(): void {
    this.#sounds?.update();
  }

  close(): void {
    this.#closed = true;
    this.#sounds?.close();
    this.#sounds = undefined;
  }

  #loaded(part: typeof import('../sounds/part.js')): void {
    if (this.#closed) return;
    this.#sounds = new part.Sounds(this.#deps);
    this.#sounds.update();
  }
}
