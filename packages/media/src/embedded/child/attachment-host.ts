import type { Clock, Random, Timer } from '@intermix/kernel';
import type { AttachmentFactory } from '../../attachments/attachment.js';
import { MediaError } from '../../errors.js';
import { type AttachmentEventMessage, attachmentGraceMs } from '../messages.js';
import type { MediaEndpoint } from './media-endpoint.js';
import { RunningAttachment } from './running-attachment.js';

/** More than a call has use for: a recording, a stream, a bot, and some to spare. */
const maxOfLeg = 8;

/** All attachments of one media process, by the server's id. */
export class AttachmentHost {
  readonly #factories: Readonly<Record<string, AttachmentFactory>>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #emit: (event: AttachmentEventMessage) => void;
  readonly #running = new Map<number, RunningAttachment>();
  #allOver: (() => void) | undefined;

  constructor(options: {
    factories: Readonly<Record<string, AttachmentFactory>>;
    clock: Clock;
    random: Random;
    emit: (event: AttachmentEventMessage) => void;
  }) {
    this.#factories = options.factories;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#emit = options.emit;
  }

  /** Starts one beside a leg. Throws MediaError, or what its factory throws. */
  attach(id: number, kind: string, spec: unknown, endpoint: MediaEndpoint): void {
    const factory = Object.hasOwn(this.#factories, kind) ? this.#factories[kind] : undefined;
    if (!factory) throw new MediaError('bad-argument', `this media process has no attachment "${kind}"`);
    if (this.#of(endpoint).length >= maxOfLeg) {
      throw new MediaError('wrong-state', `a leg has ${maxOfLeg} attachments at most`);
    }
    const attachment = new RunningAttachment({
      ...{ id, endpoint, clock: this.#clock, random: this.#random, emit: this.#emit },
      onOver: (over) => this.#over(over),
    });
    this.#running.set(id, attachment);
    try {
      attachment.start(factory, spec);
    } catch (error) {
      this.#over(attachment);
      throw error;
    }
  }

  /** A word to one; lost when it is over. */
  handle(id: number, command: unknown): void {
    this.#running.get(id)?.handle(command);
  }

  close(id: number): void {
    this.#running.get(id)?.close('closed');
  }

  /** The leg is about to be closed. */
  legClosing(endpoint: MediaEndpoint): void {
    for (const attachment of this.#of(endpoint)) attachment.close('leg-closed');
  }

  /** Asks all of them to end. Their time begins. */
  stop(): void {
    for (const attachment of [...this.#running.values()]) attachment.close('stopping');
  }

  /** Resolves when all are over, after 5 s at the latest. */
  async ended(): Promise<void> {
    if (this.#running.size === 0) return;
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#allOver = resolve;
      timer = this.#clock.schedule(attachmentGraceMs, resolve);
    });
    timer?.cancel();
    for (const attachment of [...this.#running.values()]) attachment.abandon();
  }

  #of(endpoint: MediaEndpoint): RunningAttachment[] {
    return [...this.#running.values()].filter((attachment) => attachment.endpoint === endpoint);
  }

  #over(attachment: RunningAttachment): void {
    this.#running.delete(attachment.id);
    if (this.#running.size === 0) this.#allOver?.();
  }
}
