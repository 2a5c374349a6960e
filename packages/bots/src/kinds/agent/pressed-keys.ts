import type { Clock, Timer } from '@intermix/kernel';

/** After the last key. */
const pauseMs = 1_500;
const maxKeys = 32;

/** Gathers the keys that a caller presses one after the other, until a pause or `#`. */
export class PressedKeys {
  readonly #clock: Clock;
  readonly #complete: (keys: string) => void;
  #keys = '';
  #timer: Timer | undefined;

  constructor(deps: { clock: Clock; complete: (keys: string) => void }) {
    this.#clock = deps.clock;
    this.#complete = deps.complete;
  }

  pressed(key: string): void {
    this.#keys += key;
    this.#timer?.cancel();
    if (key === '#' || this.#keys.length >= maxKeys) this.#tell();
    else this.#timer = this.#clock.schedule(pauseMs, () => this.#tell());
  }

  close(): void {
    this.#timer?.cancel();
  }

  #tell(): void {
    const keys = this.#keys;
    this.#keys = '';
    this.#complete(keys);
  }
}
