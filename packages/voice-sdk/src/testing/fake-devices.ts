import type { FakeTrack } from './fake-media.js';

export interface FakeDevice {
  kind: 'audioinput' | 'audiooutput';
  deviceId: string;
  groupId: string;
  label: string;
}

/** A laptop's own microphone and speaker, and a headset; plugged, unplugged and made the default by a test. */
export class FakeDevices {
  /** Chromium lists pseudo devices for the default; Firefox and Safari do not. */
  pseudo = true;
  /** False: the page has not asked for the microphone yet, so ids and labels are hidden. */
  permitted = true;
  readonly tracks: FakeTrack[] = [];
  readonly #plugged: FakeDevice[] = [];
  readonly #target = new EventTarget();
  #default = '';
  listeners = 0;

  /** Adds the microphone `<name>-mic` and the speaker `<name>-out`; the first ones are the default. */
  plug(name: string): void {
    this.#plugged.push(
      { kind: 'audioinput', deviceId: `${name}-mic`, groupId: name, label: `${name} microphone` },
      { kind: 'audiooutput', deviceId: `${name}-out`, groupId: name, label: `${name} speaker` },
    );
    this.#default ||= name;
    this.change();
  }

  /** Takes both away: tracks of the microphone end. Another becomes the default when it was that. */
  unplug(name: string): void {
    for (let at = this.#plugged.length - 1; at >= 0; at--) {
      if (this.#plugged[at]?.groupId === name) this.#plugged.splice(at, 1);
    }
    if (this.#default === name) this.#default = this.#plugged[0]?.groupId ?? '';
    for (const track of this.tracks) if (track.deviceId === `${name}-mic`) track.end();
    this.change();
  }

  makeDefault(name: string): void {
    this.#default = name;
    this.change();
  }

  /** The id of a real device that constraints lead to; undefined: there is none. */
  micOf(audio: boolean | MediaTrackConstraints | undefined): string | undefined {
    const wanted = typeof audio === 'object' ? (audio.deviceId as { exact?: string } | undefined)?.exact : undefined;
    const mics = this.#plugged.filter((device) => device.kind === 'audioinput');
    if (wanted && wanted !== 'default') return mics.find((mic) => mic.deviceId === wanted)?.deviceId;
    return (mics.find((mic) => mic.groupId === this.#default) ?? mics[0])?.deviceId;
  }

  hasOutput(id: string): boolean {
    return id === '' || this.#plugged.some((device) => device.kind === 'audiooutput' && device.deviceId === id);
  }

  async enumerateDevices(): Promise<MediaDeviceInfo[]> {
    const standard = this.#plugged.filter((device) => device.groupId === this.#default);
    const first = this.pseudo ? standard.map((device) => ({ ...device, deviceId: 'default' })) : standard;
    const rest = this.pseudo ? this.#plugged : this.#plugged.filter((device) => !standard.includes(device));
    const hidden = { deviceId: '', groupId: '', label: '' };
    return [...first, ...rest].map((device) => ({ ...device, ...(this.permitted ? {} : hidden) }) as MediaDeviceInfo);
  }

  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null): void {
    this.listeners += 1;
    this.#target.addEventListener(type, listener);
  }

  removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null): void {
    this.listeners -= 1;
    this.#target.removeEventListener(type, listener);
  }

  change(): void {
    this.#target.dispatchEvent(new Event('devicechange'));
  }
}
