import { type Logger, TypedEmitter } from '@intermix/kernel';
import type { AudioRoute, Output, Speaking } from '../audio/audio-route.js';
import { VoiceError } from '../errors.js';
import { type AudioDevice, type DeviceKind, defaultOf, isThere, listDevices } from './audio-device.js';
import { ExotelDevices } from './exotel-devices.js';

/**
 * Why another device is in use. `chosen`: by `select`. `unplugged`: the one in use is gone, the default took its place.
 * `default-changed`: the system has another default, and the calls follow it.
 */
export type DeviceChangeReason = 'chosen' | 'unplugged' | 'default-changed';

export interface AudioDevicesEvents {
  /** Something was plugged in or out; comes before what the SDK does about it. */
  changed: [devices: readonly AudioDevice[], event: Event];
  inputChanged: [id: string, reason: DeviceChangeReason];
  outputChanged: [id: string, reason: DeviceChangeReason];
  /** What the SDK tried by itself and could not: the call goes on as it was. */
  failed: [error: VoiceError];
}

type Events = AudioDevicesEvents;
type DeviceListener<E extends keyof Events> = (...args: Events[E] extends unknown[] ? Events[E] : never) => void;

/** The system's default, in the words of Chromium. */
const DEFAULT = 'default';

/** Microphones and speakers of a client: lists them, chooses before and during calls, and follows what is plugged. */
export class AudioDevices extends TypedEmitter<AudioDevicesEvents> {
  /** The same in the words of Exotel's SDK. @internal */
  readonly exotel = new ExotelDevices(this);
  /** @internal */
  readonly logger: Logger;
  readonly #route: AudioRoute;
  /** Real ids of the system's defaults, as last seen. */
  readonly #defaults: Record<DeviceKind, string> = { input: '', output: '' };
  /** Chosen against `followDefault`: kept until it is unplugged. */
  readonly #pinned = new Set<DeviceKind>();
  #followDefault = false;
  #handsOff = false;
  #unwatch: (() => void) | undefined;
  #known: Promise<void>;
  /** One step after the other: two changes at once would leave two microphones open. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(route: AudioRoute) {
    super();
    this.logger = route.logger;
    this.#route = route;
    this.#known = this.list().then((devices) => this.#learnDefaults(devices));
  }

  /** What is plugged in now; ids and labels are empty until the microphone was allowed once. */
  list(): Promise<AudioDevice[]> {
    return listDevices(this.#route.platform);
  }

  /** The chosen microphone, or `default`. */
  get input(): string {
    return this.#route.inputId || DEFAULT;
  }

  /** The chosen speaker, or `default`. */
  get output(): string {
    return this.#route.outputId || DEFAULT;
  }

  /** True: calls move to the system's default whenever that changes, except from a device that was pinned. */
  get followDefault(): boolean {
    return this.#followDefault;
  }

  set followDefault(follow: boolean) {
    this.#followDefault = follow;
    this.#watchAsNeeded();
  }

  /** True: the page moves calls itself; the SDK tells `changed` and touches nothing, also when a device is unplugged. */
  get handsOff(): boolean {
    return this.#handsOff;
  }

  set handsOff(handsOff: boolean) {
    this.#handsOff = handsOff;
    this.#watchAsNeeded();
  }

  /** False where the browser lets no page choose (Safari, Firefox before 116): the system decides. */
  get canSelectOutput(): boolean {
    const element: Output | undefined = this.#route.platform.createAudioElement();
    return typeof element?.setSinkId === 'function';
  }

  /**
   * Speaks into this microphone from now on, in calls that are up and in those that follow; `default` is the system's.
   * Muted and held stay as they are. `pin` keeps it also while the default changes. Rejects with VoiceError
   * `device-missing` or what the browser says to it, and nothing has changed.
   */
  selectInput(id: string, options: { pin?: boolean } = {}): Promise<void> {
    return this.#enqueue(() => this.#select('input', id, options.pin === true));
  }

  /** Plays calls and tones through this speaker. Rejects also with `output-fixed`. */
  selectOutput(id: string, options: { pin?: boolean } = {}): Promise<void> {
    return this.#enqueue(() => this.#select('output', id, options.pin === true));
  }

  /** The microphone of a call ended by itself. @internal */
  async microphoneLost(call: Speaking): Promise<void> {
    if (this.#handsOff) return;
    await this.#enqueue(async () => {
      if (!isDeaf(call) || !this.#route.calls.has(call)) return; // Another was chosen meanwhile, or the call is over.
      this.#learnDefaults(await this.list());
      await this.#tryMove('input', '', 'unplugged');
    });
  }

  override on<E extends keyof Events>(event: E, listener: DeviceListener<E>): () => void {
    super.on(event, listener);
    this.#watchAsNeeded();
    return () => this.off(event, listener);
  }

  override off<E extends keyof Events>(event: E, listener: DeviceListener<E>): void {
    super.off(event, listener);
    this.#watchAsNeeded();
  }

  /** Listens to nothing any more; what is chosen stays chosen. */
  close(): void {
    this.#followDefault = false;
    this.removeAllListeners();
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #enqueue<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(() => this.#known).then(step);
    this.#queue = done.catch(() => {});
    return done;
  }

  async #select(kind: DeviceKind, wanted: string, pin: boolean): Promise<void> {
    const id = wanted === DEFAULT ? '' : wanted;
    if (id && !isThere(await this.list(), kind, id)) {
      throw new VoiceError('device-missing', `there is no audio ${kind} device "${id}"`);
    }
    if (kind === 'output' && !this.canSelectOutput) {
      throw new VoiceError('output-fixed', 'Browser does not support output device selection.');
    }
    await this.#move(kind, id);
    if (pin) this.#pinned.add(kind);
    else this.#pinned.delete(kind);
    this.#tell(kind, 'chosen');
    this.#watchAsNeeded();
  }

  /** All or nothing: the choice is kept only when it could be made. */
  async #move(kind: DeviceKind, id: string): Promise<void> {
    if (kind === 'input') {
      await this.#moveCalls(id);
      this.#route.inputId = id;
    } else {
      await this.#moveOutputs(id);
      this.#route.outputId = id;
    }
  }

  async #moveCalls(id: string): Promise<void> {
    for (const call of this.#route.calls) {
      if (!call.localStream) continue; // It rings; its microphone opens at the answer.
      let stream: MediaStream;
      try {
        stream = await this.#route.platform.getUserMedia({ audio: this.#route.microphone(id), video: false });
      } catch (error) {
        throw VoiceError.microphone(error);
      }
      await call.useMicrophone(stream);
    }
  }

  async #moveOutputs(id: string): Promise<void> {
    const probe: Output | undefined = this.#route.platform.createAudioElement();
    try {
      await probe?.setSinkId?.(id); // Asked of an element that plays nothing, so that a refusal changes nothing.
    } catch (cause) {
      const isGone = (cause as Error).name === 'NotFoundError';
      throw new VoiceError(isGone ? 'device-missing' : 'output-fixed', `the output could not be used: ${cause}`, {
        cause,
      });
    }
    const moved = [...this.#route.outputs].map((output) => output.setSinkId?.(id));
    for (const result of await Promise.allSettled(moved)) {
      if (result.status === 'rejected') this.logger.warn({ error: String(result.reason) }, 'output not moved');
    }
  }

  #tell(kind: DeviceKind, reason: DeviceChangeReason): void {
    const id = (kind === 'input' ? this.#route.inputId : this.#route.outputId) || this.#defaults[kind] || DEFAULT;
    this.logger.info({ kind, reason }, 'audio device changed');
    this.emit(`${kind}Changed`, id, reason);
  }

  /** One listener, and only while somebody needs to know: a page, a choice that may vanish, or the default's followers. */
  #watchAsNeeded(): void {
    const heard = (['changed', 'inputChanged', 'outputChanged'] as const).some(
      (event) => this.listenerCount(event) > 0,
    );
    const { inputId, outputId } = this.#route;
    const isNeeded = heard || this.#followDefault || inputId !== '' || outputId !== '' || this.#isDeaf();
    if (isNeeded === (this.#unwatch !== undefined)) return;
    this.#unwatch?.();
    this.#unwatch = isNeeded ? this.#watch() : undefined;
  }

  #watch(): (() => void) | undefined {
    const { mediaDevices } = this.#route.platform;
    const listener = (event: Event) => void this.#enqueue(() => this.#plugged(event)).catch(() => {});
    mediaDevices?.addEventListener('devicechange', listener);
    return () => mediaDevices?.removeEventListener('devicechange', listener);
  }

  async #plugged(event: Event): Promise<void> {
    const devices = await this.list();
    const before = { ...this.#defaults };
    this.#learnDefaults(devices);
    this.emit('changed', devices, event);
    if (this.#handsOff) return;
    for (const kind of ['input', 'output'] as const) await this.#follow(kind, devices, before[kind]);
  }

  async #follow(kind: DeviceKind, devices: readonly AudioDevice[], before: string): Promise<void> {
    const chosen = kind === 'input' ? this.#route.inputId : this.#route.outputId;
    const standard = this.#defaults[kind];
    const isDeaf = kind === 'input' && standard !== '' && this.#isDeaf(); // It was the only one, and here is another.
    if (isDeaf || (chosen && !isThere(devices, kind, chosen))) {
      this.#pinned.delete(kind);
      await this.#tryMove(kind, this.#followDefault ? standard : '', 'unplugged');
    } else if (this.#followDefault && !this.#pinned.has(kind) && standard && standard !== (chosen || before)) {
      await this.#tryMove(kind, standard, 'default-changed');
    } else if (!chosen && standard !== before) {
      this.#tell(kind, 'default-changed'); // The system moves what plays and records on its default.
    }
  }

  async #tryMove(kind: DeviceKind, id: string, reason: DeviceChangeReason): Promise<void> {
    try {
      if (kind === 'input' || this.canSelectOutput) await this.#move(kind, id);
      this.#tell(kind, reason);
    } catch (error) {
      this.logger.warn({ kind, reason, error: String(error) }, 'audio device could not be changed');
      this.emit('failed', error as VoiceError);
    }
    this.#watchAsNeeded();
  }

  #isDeaf(): boolean {
    return [...this.#route.calls].some(isDeaf);
  }

  #learnDefaults(devices: readonly AudioDevice[]): void {
    for (const kind of ['input', 'output'] as const) this.#defaults[kind] = defaultOf(devices, kind)?.id ?? '';
  }
}

/** Its microphone is gone, and nothing took its place. */
function isDeaf(call: Speaking): boolean {
  return call.localStream?.getAudioTracks().some((track) => track.readyState === 'ended') ?? false;
}
