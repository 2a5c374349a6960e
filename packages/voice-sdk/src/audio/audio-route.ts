import type { Logger } from '@intermix/kernel';
import type { AudioDevices } from '../devices/audio-devices.js';
import { VoiceError } from '../errors.js';
import { parts } from '../parts.js';
import type { Platform } from '../platform.js';

/** What plays: an audio element or an audio context. Without `setSinkId` (Safari, older Firefox) it plays on the default. */
export interface Output {
  setSinkId?(id: string): Promise<unknown>;
}

/** A call, as far as its microphone goes. */
export interface Speaking {
  readonly localStream: MediaStream | undefined;
  useMicrophone(stream: MediaStream): Promise<void>;
}

/**
 * Which devices are spoken into and heard through; an empty id is the system's default. Choosing, listing and watching them
 * is a part that loads when a page asks for `devices`, or when a microphone is unplugged during a call.
 */
export class AudioRoute {
  inputId = '';
  outputId = '';
  /** Everything that plays now. */
  readonly outputs = new Set<Output>();
  readonly calls = new Set<Speaking>();
  readonly platform: Platform;
  readonly logger: Logger;
  #base: MediaTrackConstraints | true;
  #devices: Promise<AudioDevices> | undefined;

  constructor(platform: Platform, logger: Logger, base: MediaTrackConstraints | true = true) {
    this.platform = platform;
    this.logger = logger;
    this.#base = base;
  }

  /** Rejects with VoiceError where the part cannot be loaded; the next call tries again. */
  get devices(): Promise<AudioDevices> {
    this.#devices ??= parts.devices().then(
      ({ AudioDevices }) => new AudioDevices(this),
      (cause) => {
        this.#devices = undefined;
        throw VoiceError.part('devices', cause);
      },
    );
    return this.#devices;
  }

  microphone(id = this.inputId): MediaTrackConstraints | true {
    if (!id) return this.#base;
    return { ...(this.#base === true ? {} : this.#base), deviceId: { exact: id } };
  }

  /** For those who hold no promise: a failure is logged, and told to `onError`. */
  with(step: (devices: AudioDevices) => unknown, onError?: ((error: unknown) => void) | null): void {
    this.devices
      .then(step)
      .catch((error) => {
        this.logger.error({ error: String(error) }, 'audio devices');
        onError?.(error);
      })
      .catch(() => {}); // The page's own callback threw.
  }

  /** Whether calls move to another default of the system; nothing is loaded to leave it at no. */
  follow(isWanted: boolean): void {
    if (isWanted || this.#devices) this.with((devices) => (devices.followDefault = isWanted));
  }

  /** Watches nothing any more. */
  async close(): Promise<void> {
    (await this.#devices?.catch(() => undefined))?.close();
  }

  /** Plays through the chosen output from now on. */
  add<T extends object>(output: T): T {
    this.outputs.add(output as Output);
    if (this.outputId) (output as Output).setSinkId?.(this.outputId).catch(() => {}); // Gone: the default plays.
    return output;
  }
}
