import { callSafely } from '../compat/page-callbacks.js';
import { VoiceError } from '../errors.js';
import type { DeviceKind } from './audio-device.js';
import type { AudioDevices } from './audio-devices.js';

/** Arguments of `changeAudioInputDevice` and `changeAudioOutputDevice`. */
export type DeviceChange = [
  deviceId: string,
  onSuccess?: (() => void) | null,
  onError?: ((error: unknown) => void) | null,
  forceDeviceChange?: boolean,
];

/** Arguments of `registerAudioDeviceChangeCallback`. */
export type DeviceChangeCallbacks = [
  onInput?: ((deviceId: string) => void) | null,
  onOutput?: ((deviceId: string) => void) | null,
  onDeviceChange?: ((event: Event) => void) | null,
];

/** The device methods of Exotel's SDK, with the words that it gives to callbacks. */
export class ExotelDevices {
  readonly #devices: AudioDevices;
  #stops: (() => void)[] = [];

  constructor(devices: AudioDevices) {
    this.#devices = devices;
  }

  /**
   * `changeAudioInputDevice`, `changeAudioOutputDevice`. `onError` gets `deviceIdNotFound`, "current input device is same
   * as …", or what the browser threw. Never rejects.
   */
  async change(kind: DeviceKind, ...change: DeviceChange): Promise<void> {
    const [deviceId, onSuccess, onError, force = false] = change;
    const devices = this.#devices;
    if (typeof deviceId !== 'string') {
      this.#call(onError, 'deviceIdNotFound');
      return;
    }
    if (devices.followDefault && !force && deviceId === devices[kind]) {
      const hence = kind === 'input' ? ' hence not changing' : '';
      this.#call(onError, `current ${kind} device is same as ${deviceId}${hence}`);
      return;
    }
    try {
      if (kind === 'input') await devices.selectInput(deviceId, { pin: force });
      else await devices.selectOutput(deviceId, { pin: force });
    } catch (error) {
      this.#call(onError, inExotelsWords(error));
      return;
    }
    this.#call(onSuccess);
  }

  /**
   * `registerAudioDeviceChangeCallback`: the first two hear the id of the device that took over; with the third the SDK
   * only tells that something was plugged, and leaves the rest to the page. Replaces what was registered before.
   */
  tell(...[onInput, onOutput, onDeviceChange]: DeviceChangeCallbacks): void {
    const devices = this.#devices;
    for (const stop of this.#stops) stop();
    devices.handsOff = typeof onDeviceChange === 'function';
    this.#stops = [];
    if (onInput) this.#stops.push(devices.on('inputChanged', (id, why) => why !== 'chosen' && this.#call(onInput, id)));
    if (onOutput) {
      this.#stops.push(devices.on('outputChanged', (id, why) => why !== 'chosen' && this.#call(onOutput, id)));
    }
    if (devices.handsOff) this.#stops.push(devices.on('changed', (_list, event) => this.#call(onDeviceChange, event)));
  }

  #call(told: unknown, ...args: unknown[]): void {
    const failed = (error: unknown) =>
      this.#devices.logger.error({ error: String(error) }, "the page's device callback threw");
    callSafely(told, args, failed);
  }
}

function inExotelsWords(error: unknown): unknown {
  if (!(error instanceof VoiceError)) return error;
  if (error.problem === 'device-missing' || error.problem === 'microphone-missing') return 'deviceIdNotFound';
  return error.cause ?? error.message;
}
