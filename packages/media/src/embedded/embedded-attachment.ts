import { type Logger, TypedEmitter } from '@intermix/kernel';
import type { AttachmentEnd, MediaAttachment } from '../attachments/attachment.js';
import type { MediaProcess } from './media-process.js';
import type { ChildCommand, LegKey } from './messages.js';

/** Events that are kept until somebody listens: those that came with the reply to `attach`, and the first ones after. */
const maxEarlyEvents = 64;

interface Events {
  event: [event: unknown];
}

/** An attachment in the server: speaks for the one that runs in the media process. */
export class EmbeddedAttachment extends TypedEmitter<Events> implements MediaAttachment {
  readonly id: number;
  readonly callId: string;
  readonly legId: string;
  readonly kind: string;
  readonly process: MediaProcess;
  readonly ended: Promise<AttachmentEnd>;
  readonly #logger: Logger;
  readonly #early: unknown[] = [];
  #hadListener = false;
  #isOver = false;
  #resolve: (end: AttachmentEnd) => void = () => {};

  constructor(options: { id: number; key: LegKey; kind: string; process: MediaProcess; logger: Logger }) {
    super();
    this.id = options.id;
    this.callId = options.key.callId;
    this.legId = options.key.legId;
    this.kind = options.kind;
    this.process = options.process;
    this.#logger = options.logger.child({ callId: this.callId, legId: this.legId, attachment: this.kind });
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  onEvent(listener: (event: unknown) => void): () => void {
    const stop = this.on('event', (event) => listener(event));
    if (!this.#hadListener) {
      this.#hadListener = true;
      // In a task of its own: who subscribes may need what `onEvent` gives back.
      queueMicrotask(() => this.#tellEarly());
    }
    return stop;
  }

  tell(command: unknown): void {
    this.#request({ command: 'attachment-command', attachmentId: this.id, data: command });
  }

  close(): void {
    this.#request({ command: 'attachment-close', attachmentId: this.id });
  }

  handleEvent(event: unknown): void {
    if (this.listenerCount('event') > 0 && this.#early.length === 0) this.emit('event', event);
    else if (!this.#hadListener && this.#early.length < maxEarlyEvents) this.#early.push(event);
    else if (this.#early.length > 0) this.#early.push(event); // Behind those that are about to be told.
  }

  handleEnded(result: unknown, problem: string | undefined): void {
    if (problem !== undefined) this.#logger.error({ problem }, 'an attachment of a media leg failed');
    this.#end({ how: 'ended', result });
  }

  /** Its process has gone. */
  handleLost(): void {
    this.#end({ how: 'engine-lost' });
  }

  #tellEarly(): void {
    for (const event of this.#early.splice(0)) this.emit('event', event);
  }

  #end(end: AttachmentEnd): void {
    this.#isOver = true;
    this.#resolve(end);
  }

  #request(command: ChildCommand): void {
    if (this.#isOver) return;
    this.process.request(command).catch((error: unknown) => {
      if (!this.#isOver) this.#logger.warn({ err: error, command: command.command }, 'an attachment was not reached');
    });
  }
}
