import { backoffDelayMs, type Clock, type Random, type Timer } from '@intermix/kernel';

/** ICE says `disconnected` for a lost packet or two as well; those heal by themselves. */
const DISCONNECTED_MS = 2_000;
/** A new path needs a round of checks and a DTLS handshake before it can be judged. */
const RETRY = { firstMs: 3_000, maxMs: 15_000, factor: 1.7, jitter: 0.3 };

/** A browser's figures may be 50 ms old: what came just before a loss is not to be taken for what came after it. */
const FIGURES_MS = 80;
/** Audio comes every 20 ms, so by then there is some, in figures that may again be old. */
const HEARING_MS = 120;

export interface PathMenderDeps {
  clock: Clock;
  random: Random;
  connection: Pick<RTCPeerConnection, 'getStats' | 'iceConnectionState'>;
  /** False while no audio is to be expected: either side holds the other. */
  isAudioDue: () => boolean;
  /** Offers with new ICE credentials. Not called while there is no way to the server: its return calls `judge`. */
  restart: () => Promise<void>;
  /** The path broke, or is whole again. */
  changed: (broken: boolean) => void;
}

/**
 * Mends the audio path of one call: an ICE restart when the path broke, again and again with back-off until it is whole.
 *
 *   whole ──failed, disconnected for 2 s, nothing heard any more──► broken (restart, again after 3 s, 5 s, … 15 s)
 *     ◄────── connected again, audio or ICE's own answers arrive ─────┘
 */
export class PathMender {
  readonly #deps: PathMenderDeps;
  #broken = false;
  #attempt = 0;
  #timer: Timer | undefined;
  #restart: Promise<void> | undefined;
  /** What had been received when it was last counted, and when that is. */
  #heard: Promise<number | undefined> | undefined;
  #heardAt = 0;
  #stopped = false;

  constructor(deps: PathMenderDeps) {
    this.#deps = deps;
  }

  get broken(): boolean {
    return this.#broken;
  }

  iceChanged(state: RTCIceConnectionState): void {
    if (this.#stopped) return;
    if (state === 'connected' || state === 'completed') this.#healed();
    else if (state === 'failed') this.#break();
    else if (state === 'disconnected' && !this.#timer) this.#after(DISCONNECTED_MS, () => this.#break());
  }

  /** Something happened after which the path may be another; `judge` then tells by what arrived since. */
  doubt(): void {
    this.#heardAt = this.#deps.clock.now() + FIGURES_MS;
    this.#heard = this.#until(this.#heardAt).then(() => this.#count());
  }

  /** True when nothing of what is due has been heard since `doubt`: the path is broken, whatever ICE says so far. */
  async judge(): Promise<boolean> {
    const before = await this.#heard;
    await this.#until(this.#heardAt + HEARING_MS);
    const now = await this.#count();
    return before !== undefined && before === now && this.#deps.isAudioDue();
  }

  /** The path is known to be broken, and the caller restarts it now: later attempts are made here. */
  restarting(): void {
    if (this.#stopped) return;
    this.#tell(true);
    this.doubt();
    this.#after(backoffDelayMs(this.#attempt++, RETRY, this.#deps.random), () => void this.#again());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #break(): void {
    this.restarting();
    // Refused, or no connection: the next attempt comes. One that still waits for its answer is enough.
    this.#restart ??= this.#deps
      .restart()
      .catch(() => {})
      .finally(() => {
        this.#restart = undefined;
      });
  }

  async #again(): Promise<void> {
    const { iceConnectionState: state } = this.#deps.connection;
    const isConnected = state === 'connected' || state === 'completed';
    const before = await this.#heard;
    const now = await this.#count();
    if (this.#stopped || !this.#broken) return;
    // A browser does not always tell of a path that was mended before it had noticed the break.
    const isProved = now !== undefined && before !== now;
    if (isConnected && (isProved || !this.#deps.isAudioDue())) this.#healed();
    else this.#break();
  }

  #healed(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#attempt = 0;
    this.#tell(false);
  }

  #tell(broken: boolean): void {
    if (this.#broken === broken) return;
    this.#broken = broken;
    this.#deps.changed(broken);
  }

  #until(time: number): Promise<void> {
    const { clock } = this.#deps;
    const delayMs = time - clock.now();
    return delayMs <= 0 ? Promise.resolve() : new Promise((resolve) => clock.schedule(delayMs, resolve));
  }

  #after(delayMs: number, run: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#deps.clock.schedule(delayMs, () => {
      this.#timer = undefined;
      run();
    });
  }

  /** Audio packets and answers to ICE's checks of the path in use (RFC 7675); undefined before the first audio. */
  async #count(): Promise<number | undefined> {
    try {
      let [audio, answers]: [number | undefined, number] = [undefined, 0];
      for (const stat of (await this.#deps.connection.getStats()).values()) {
        if (stat.type === 'inbound-rtp') audio = (audio ?? 0) + (stat.packetsReceived ?? 0);
        else if (stat.type === 'candidate-pair' && stat.nominated) answers += stat.responsesReceived ?? 0;
      }
      return audio === undefined ? undefined : audio + answers;
    } catch {
      return undefined; // The connection is closed.
    }
  }
}
