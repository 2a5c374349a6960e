import type { Clock, Random, Timer } from '@intermix/kernel';
import type { Attachment, AttachmentCloseReason, AttachmentFactory } from '../../attachments/attachment.js';
import type { AttachmentEventMessage } from '../messages.js';
import { AttachedAudio } from './attached-audio.js';
import type { MediaEndpoint } from './media-endpoint.js';

/** How long an attachment may take to end after it was asked to. */
const endTimeoutMs = 30_000;

/**
 * One attachment, kept from harming its process: whatever it throws, at whatever moment, ends it and is told as its problem.
 *
 *   running ──close──► closing ──ended, or 30 s──► over
 *      └──────────────ended, or it throws───────────┘
 */
export class RunningAttachment {
  readonly id: number;
  readonly endpoint: MediaEndpoint;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #emit: (event: AttachmentEventMessage) => void;
  readonly #onOver: (attachment: RunningAttachment) => void;
  readonly #audio: AttachedAudio;
  #attachment: Attachment | undefined;
  #timer: Timer | undefined;
  #isClosing = false;
  #isOver = false;

  constructor(options: {
    id: number;
    endpoint: MediaEndpoint;
    clock: Clock;
    random: Random;
    emit: (event: AttachmentEventMessage) => void;
    onOver: (attachment: RunningAttachment) => void;
  }) {
    this.id = options.id;
    this.endpoint = options.endpoint;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#emit = options.emit;
    this.#onOver = options.onOver;
    this.#audio = new AttachedAudio(options.endpoint, (error) => this.#failed(error));
  }

  /** Throws what the factory throws. */
  start(factory: AttachmentFactory, spec: unknown): void {
    try {
      this.#attachment = factory(spec, {
        audio: this.#audio,
        clock: this.#guardedClock(),
        random: this.#random,
        emit: (event) => this.#told(event),
        ended: (result) => this.#over(result),
      });
    } catch (error) {
      this.#isOver = true;
      this.#audio.release();
      throw error;
    }
  }

  handle(command: unknown): void {
    this.#try(() => this.#attachment?.handle(command));
  }

  close(reason: AttachmentCloseReason): void {
    if (this.#isOver || this.#isClosing) return;
    this.#isClosing = true;
    const late = `it did not end within ${endTimeoutMs / 1000} s`;
    this.#timer = this.#clock.schedule(endTimeoutMs, () => this.#over(undefined, late));
    this.#try(() => this.#attachment?.close(reason));
  }

  /** Its process ends now. */
  abandon(): void {
    this.#over(undefined, 'it did not end before its process had to');
  }

  #told(event: unknown): void {
    this.#try(() => this.#emit({ event: 'attachment-event', attachmentId: this.id, data: event }));
  }

  #failed(error: unknown): void {
    this.#over(undefined, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  #over(result: unknown, problem?: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#audio.release();
    const end = { event: 'attachment-ended', attachmentId: this.id } as const;
    try {
      this.#emit({ ...end, result, ...(problem === undefined ? {} : { problem }) });
    } catch (error) {
      this.#emit({ ...end, result: undefined, problem: `its result cannot be told: ${String(error)}` });
    }
    this.#onOver(this);
  }

  #try(action: () => void): void {
    if (this.#isOver) return;
    try {
      action();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The attachment's clock: none of its timers fires once it is over, and one that throws ends it. */
  #guardedClock(): Clock {
    return {
      now: () => this.#clock.now(),
      schedule: (delayMs, fire) => this.#clock.schedule(delayMs, () => this.#try(fire)),
    };
  }
}
