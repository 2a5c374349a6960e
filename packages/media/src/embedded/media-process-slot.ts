import { backoffDelayMs, type Clock, type Logger, type Random, type Timer, TypedEmitter } from '@intermix/kernel';
import { MediaError } from '../errors.js';
import { MediaProcess } from './media-process.js';
import type { AttachmentEventMessage, ChildConfig, LegEventMessage } from './messages.js';

export interface MediaProcessSlotEvents {
  legEvent: [event: LegEventMessage, from: MediaProcess];
  attachmentEvent: [event: AttachmentEventMessage];
  /** A process that had been running died without being asked to. */
  lost: [process: MediaProcess];
}

const backoff = { firstMs: 200, maxMs: 10_000 };
/** A process that ran this long counts as healthy: its death starts the ladder anew. */
const healthyMs = 30_000;

/**
 * Keeps one media process running on its port and range.
 *
 *   stopped ──start──► starting ──ready──► running ──dies──► waiting ──backoff──► starting
 */
export class MediaProcessSlot extends TypedEmitter<MediaProcessSlotEvents> {
  readonly #config: ChildConfig;
  readonly #childPath: string | undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  #process: MediaProcess | undefined;
  #isRunning = false;
  #isStopping = false;
  #restartTimer: Timer | undefined;
  #attempt = 0;
  #startedAtMs = 0;

  constructor(options: {
    config: ChildConfig;
    childPath?: string | undefined;
    clock: Clock;
    random: Random;
    logger: Logger;
  }) {
    super();
    this.#childPath = options.childPath;
    this.#config = options.config;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#logger = options.logger;
  }

  /** The process, while it is able to take a leg. */
  get running(): MediaProcess | undefined {
    return this.#isRunning ? this.#process : undefined;
  }

  /** Starts the process. Rejects with MediaError when it cannot; only a process that once ran is restarted. */
  async start(): Promise<void> {
    this.#isStopping = false;
    await this.#launch();
  }

  /** `graceMs`: how long its attachments may take to end. */
  async stop(graceMs = 0): Promise<void> {
    this.#isStopping = true;
    this.#isRunning = false;
    this.#restartTimer?.cancel();
    await this.#process?.stop(graceMs);
  }

  async #launch(): Promise<void> {
    const process = new MediaProcess({ childPath: this.#childPath, clock: this.#clock, logger: this.#logger });
    this.#process = process;
    process.on('legEvent', (event) => this.emit('legEvent', event, process));
    process.on('attachmentEvent', (event) => this.emit('attachmentEvent', event));
    process.on('exited', () => this.#exited(process));
    try {
      await process.start(this.#config);
    } catch (error) {
      process.kill();
      throw error;
    }
    if (this.#isStopping) throw new MediaError('not-started', 'the engine was stopped while it started');
    this.#startedAtMs = this.#clock.now();
    this.#isRunning = true;
    this.#logger.info({ mediaPid: process.pid, webrtcPort: this.#config.webrtcPort }, 'media process is ready');
  }

  #exited(process: MediaProcess): void {
    if (process !== this.#process || !this.#isRunning || this.#isStopping) return;
    this.#isRunning = false;
    if (this.#clock.now() - this.#startedAtMs > healthyMs) this.#attempt = 0;
    this.#logger.error({ mediaPid: process.pid }, 'media process died; its calls are lost');
    this.#scheduleRestart();
    this.emit('lost', process);
  }

  #scheduleRestart(): void {
    const delayMs = backoffDelayMs(this.#attempt++, backoff, this.#random);
    this.#restartTimer = this.#clock.schedule(delayMs, () => {
      this.#launch().catch((error: unknown) => {
        if (this.#isStopping) return;
        this.#logger.error({ err: error }, 'media process cannot be restarted; trying again');
        this.#scheduleRestart();
      });
    });
  }
}
