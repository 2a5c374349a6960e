import type { Logger } from '@intermix/kernel';
import type { MediaAttachment } from '../attachments/attachment.js';
import { EmbeddedAttachment } from './embedded-attachment.js';
import type { MediaProcess } from './media-process.js';
import type { AttachmentEventMessage, LegKey } from './messages.js';

/** Every attachment of an engine that has not ended, by its id; those whose leg has gone included. */
export class EmbeddedAttachments {
  readonly #logger: Logger;
  readonly #open = new Map<number, EmbeddedAttachment>();
  #lastId = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Starts one. Rejects with MediaError. */
  async open(options: { key: LegKey; kind: string; spec: unknown; process: MediaProcess }): Promise<MediaAttachment> {
    const { key, kind, spec, process } = options;
    const attachmentId = ++this.#lastId;
    const attachment = new EmbeddedAttachment({ id: attachmentId, key, kind, process, logger: this.#logger });
    this.#open.set(attachmentId, attachment); // Before it runs: what it tells comes ahead of the reply.
    try {
      await process.request({ command: 'attach', attachmentId, kind, spec, ...key });
    } catch (error) {
      attachment.close(); // A process that was only late with its reply runs it: nobody would ever end it.
      this.#open.delete(attachmentId);
      throw error;
    }
    if (!process.isAlive) this.#lost(attachment);
    return attachment;
  }

  /** Something that a media process says of one; of one that is not known it means nothing. */
  handle(event: AttachmentEventMessage): void {
    const attachment = this.#open.get(event.attachmentId);
    if (!attachment) return;
    if (event.event === 'attachment-event') {
      attachment.handleEvent(event.data);
      return;
    }
    this.#open.delete(event.attachmentId);
    attachment.handleEnded(event.result, event.problem);
  }

  /** Whether this process has some that have not ended. */
  someIn(process: MediaProcess | undefined): boolean {
    return [...this.#open.values()].some((attachment) => attachment.process === process);
  }

  lostIn(process: MediaProcess): void {
    for (const attachment of this.#open.values()) if (attachment.process === process) this.#lost(attachment);
  }

  lostAll(): void {
    for (const attachment of this.#open.values()) this.#lost(attachment);
  }

  #lost(attachment: EmbeddedAttachment): void {
    this.#open.delete(attachment.id);
    attachment.handleLost();
  }
}
