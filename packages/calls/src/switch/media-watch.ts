import type { Clock, Logger, Timer } from '@intermix/kernel';
import type { MediaLeg } from '@intermix/media';
import type { SwitchConfig } from './switch-config.js';

export interface MediaWatchDeps {
  clock: Clock;
  logger: Logger;
  config: Pick<SwitchConfig, 'mediaRecoveryMs' | 'silenceLimitMs'>;
  /** A party that holds may be silent for as long as it likes. */
  isHeld: () => boolean;
  /** Its connection broke as well: how long the device is waited for is decided there, and media has to wait as long. */
  isDeviceAwaited: () => boolean;
  /** The media is gone for good. May be called again; the leg takes the first. */
  onLost: () => void;
}

/** Decides when the media of a leg is lost, rather than interrupted. */
export class MediaWatch {
  readonly #media: MediaLeg;
  readonly #deps: MediaWatchDeps;
  readonly #unsubscribe: ReadonlyArray<() => void>;
  #recovery: Timer | undefined;
  #silence: Timer | undefined;
  /** Until then, broken media is not lost. */
  #patientUntil = 0;
  #stopped = false;

  constructor(media: MediaLeg, deps: MediaWatchDeps) {
    this.#media = media;
    this.#deps = deps;
    this.#unsubscribe = [
      media.on('failed', (reason) => this.#failed(reason)),
      media.on('connected', () => this.#recovered()),
      media.on('silence', (silentMs) => this.#silent(silentMs)),
      media.on('closed', (reason) => {
        if (reason === 'engine-lost') deps.onLost();
      }),
    ];
  }

  /**
   * The device is back, or makes a new path: broken media has its whole time again from here, and at least `ms`, also when
   * it is noticed to be broken only later.
   */
  allowMoreTime(ms = 0): void {
    this.#patientUntil = this.#deps.clock.now() + ms;
    if (!this.#recovery) return;
    this.#recovery.cancel();
    this.#awaitRecovery();
  }

  stop(): void {
    this.#stopped = true;
    this.#recovery?.cancel();
    this.#silence?.cancel();
    for (const off of this.#unsubscribe) off();
  }

  /** A device that changes its network restarts ICE within seconds; then nothing is lost. */
  #failed(reason: string): void {
    if (this.#recovery) return;
    this.#deps.logger.warn({ legId: this.#media.legId, reason }, 'media broke; waiting for it to come back');
    this.#awaitRecovery();
  }

  #awaitRecovery(): void {
    const { clock, config, isDeviceAwaited, onLost } = this.#deps;
    const waitMs = Math.max(config.mediaRecoveryMs, this.#patientUntil - clock.now());
    this.#recovery = clock.schedule(waitMs, () => {
      if (isDeviceAwaited()) this.#awaitRecovery();
      else onLost();
    });
  }

  #recovered(): void {
    this.#recovery?.cancel();
    this.#recovery = undefined;
  }

  /** The engine tells of silence once, early; what it has become at the limit has to be asked. */
  #silent(silentMs: number): void {
    const { clock, config } = this.#deps;
    if (config.silenceLimitMs === 0 || this.#silence) return;
    this.#silence = clock.schedule(Math.max(0, config.silenceLimitMs - silentMs), () => void this.#checkSilence());
  }

  async #checkSilence(): Promise<void> {
    this.#silence = undefined;
    const stats = await this.#media.stats().catch(() => undefined);
    if (this.#stopped || this.#deps.isHeld()) return;
    const silentMs = stats === undefined ? Number.POSITIVE_INFINITY : (stats.silentMs ?? Number.POSITIVE_INFINITY);
    if (silentMs >= this.#deps.config.silenceLimitMs) this.#deps.onLost();
  }
}
