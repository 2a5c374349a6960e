import type { AudioDevice, AudioDevices, VoiceCall } from '@intermix/voice-sdk';
import { byId, create, isBusy, setBusy, showError } from './dom.js';
import { LevelMeter } from './level-meter.js';
import type { Phone } from './phone.js';
import { playTestTone } from './test-tone.js';
import { complaintOf } from './words.js';

/** Louder than this, the microphone is said to hear somebody; 0 to 1 of the bar. */
const HEARD = 0.35;
/** A microphone that nobody looks at is given back after this long. */
const TEST_MS = 60_000;

/** Microphone and speaker: which, and whether they work. Also while a call is up. */
export class SoundPanel {
  readonly #input = byId<HTMLSelectElement>('input');
  readonly #output = byId<HTMLSelectElement>('output');
  readonly #meter: LevelMeter;
  readonly #outputMeter = new LevelMeter(byId('output-level'));
  #phone: Phone | undefined;
  #devices: AudioDevices | undefined;
  #stops: Array<() => void> = [];
  #own: MediaStream | undefined;
  #timer = 0;

  constructor() {
    this.#meter = new LevelMeter(byId('input-level'), (level) => {
      if (level > HEARD) byId('input-hint').textContent = 'The microphone hears you.';
    });
    this.#input.addEventListener('change', () => void this.#choose('input'));
    this.#output.addEventListener('change', () => void this.#choose('output'));
    byId('input-test').addEventListener('click', () => void (this.#testing ? this.#stopTest() : this.#startTest()));
    byId('output-test').addEventListener('click', () => void this.#playTone());
  }

  /** Follows this phone's devices from now on. */
  use(phone: Phone): void {
    this.#close();
    this.#phone = phone;
  }

  set shown(shown: boolean) {
    if (shown) void this.#open();
    else this.#stopTest();
  }

  get #testing(): boolean {
    return byId('input-test').getAttribute('aria-pressed') === 'true';
  }

  async #open(): Promise<void> {
    const phone = this.#phone;
    try {
      this.#devices ??= await phone?.devices();
    } catch (error) {
      this.#complain('input', error); // The part could not be loaded: the system decides.
    }
    const devices = this.#devices;
    if (!devices || phone !== this.#phone) return;
    if (this.#stops.length === 0) {
      for (const event of ['changed', 'inputChanged', 'outputChanged'] as const) {
        this.#stops.push(devices.on(event, () => void this.#draw()));
      }
    }
    await this.#draw();
  }

  #close(): void {
    this.#stopTest();
    for (const stop of this.#stops.splice(0)) stop();
    this.#devices = undefined;
  }

  async #draw(): Promise<void> {
    const devices = this.#devices;
    if (!devices) return;
    const all = await devices.list();
    this.#fill('input', all, devices.input);
    this.#fill('output', all, devices.output);
    this.#output.disabled = !devices.canSelectOutput;
    byId('output-hint').textContent = devices.canSelectOutput
      ? 'Calls and ringing are played there, also a call that is up.'
      : 'This browser leaves the choice to the system.';
  }

  #fill(kind: 'input' | 'output', all: readonly AudioDevice[], chosen: string): void {
    const noun = kind === 'input' ? 'Microphone' : 'Speaker';
    // Without permission a device has no id and no name: the default is all that can be offered.
    const known = all.filter((device) => device.kind === kind && device.id !== '');
    const standard = known.find((device) => device.isDefault)?.label;
    const options = known.map((device, at) =>
      create('option', { value: device.id }, device.label || `${noun} ${at + 1}`),
    );
    const select = kind === 'input' ? this.#input : this.#output;
    select.replaceChildren(
      create('option', { value: 'default' }, standard ? `System default (${standard})` : 'System default'),
      ...options,
    );
    select.value = known.some((device) => device.id === chosen) ? chosen : 'default';
  }

  async #choose(kind: 'input' | 'output'): Promise<void> {
    showError(byId(`${kind}-error`), undefined);
    const devices = this.#devices;
    try {
      if (kind === 'input') await devices?.selectInput(this.#input.value);
      else await devices?.selectOutput(this.#output.value);
      if (kind === 'input' && this.#testing) await this.#startTest();
    } catch (error) {
      this.#complain(kind, error);
      await this.#draw(); // Back to the one that is in use.
    }
  }

  async #startTest(): Promise<void> {
    this.#stopTest();
    showError(byId('input-error'), undefined);
    try {
      this.#follow((await this.#callsMicrophone()) ?? (await this.#openMicrophone()));
    } catch (error) {
      this.#complain('input', error);
    }
  }

  /** The microphone of the call that is up is measured itself: it is the one that counts. */
  async #callsMicrophone(): Promise<MediaStream | undefined> {
    const up = this.#phone?.calls.find((call: VoiceCall) => call.state === 'connected');
    return up?.localStream;
  }

  async #openMicrophone(): Promise<MediaStream> {
    const id = this.#devices?.input ?? 'default';
    const audio = id === 'default' ? true : { deviceId: { exact: id } };
    this.#own = await navigator.mediaDevices.getUserMedia({ audio });
    void this.#draw(); // Devices have names now.
    return this.#own;
  }

  #follow(stream: MediaStream): void {
    byId('input-test').setAttribute('aria-pressed', 'true');
    byId('input-test').textContent = 'Stop';
    byId('input-hint').textContent = 'Speak: the bar should move.';
    this.#meter.follow(stream);
    this.#timer = window.setTimeout(() => this.#stopTest(), TEST_MS);
  }

  #stopTest(): void {
    window.clearTimeout(this.#timer);
    this.#meter.stop();
    for (const track of this.#own?.getTracks() ?? []) track.stop();
    this.#own = undefined;
    byId('input-test').setAttribute('aria-pressed', 'false');
    byId('input-test').textContent = 'Test';
  }

  async #playTone(): Promise<void> {
    const button = byId<HTMLButtonElement>('output-test');
    if (isBusy(button)) return;
    showError(byId('output-error'), undefined);
    setBusy(button, true);
    try {
      await playTestTone(this.#devices?.output ?? 'default', (stream) => this.#outputMeter.follow(stream));
    } catch (error) {
      this.#complain('output', error);
    } finally {
      this.#outputMeter.stop();
      setBusy(button, false);
    }
  }

  #complain(kind: 'input' | 'output', error: unknown): void {
    const { title, cure } = complaintOf(error);
    showError(byId(`${kind}-error`), `${title} ${cure}`);
  }
}
