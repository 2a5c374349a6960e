import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { RecordingFailure, RecordingResult } from '../files/recording-spec.js';
import type { FromEncoder, ToEncoder } from '../worker/messages.js';
import type { EncodedFile, EncodedFileSpec, RecordingEncoder } from './recording-encoder.js';

/**
 * Portions that may wait for the thread, which comes behind the packets where the core is full: half a minute of a call, a
 * megabyte. One that falls further behind is given up.
 */
const maxWaiting = 150;

interface OpenFile {
  waiting: number;
  /** Set once it is given up: told when the thread has closed what it has. */
  broken?: RecordingResult;
  onEnded(result: RecordingResult): void;
}

/** Thread as this module needs it. */
type Thread = Pick<Worker, 'postMessage' | 'on' | 'unref'>;

/** The built one: a thread has no loader for TypeScript, so that tests from source use it too. */
function startThread(): Thread {
  return new Worker(createRequire(import.meta.url).resolve('@intermix/recordings/encoder-worker'));
}

/** Encodes all recordings of a process in one thread of its own. A thread that dies is replaced for the next recording. */
export class ThreadedEncoder implements RecordingEncoder {
  readonly #start: () => Thread;
  readonly #files = new Map<number, OpenFile>();
  #thread: Thread | undefined;
  #lastId = 0;

  constructor(start: () => Thread = startThread) {
    this.#start = start;
  }

  open({ path, format, channels }: EncodedFileSpec, onEnded: (result: RecordingResult) => void): EncodedFile {
    const id = ++this.#lastId;
    this.#files.set(id, { waiting: 0, onEnded });
    this.#send({ type: 'open', id, spec: { path, format, channels } });
    return { write: (pcm) => this.#write(id, pcm), close: () => this.#send({ type: 'close', id }) };
  }

  #write(id: number, pcm: Int16Array): void {
    const file = this.#files.get(id);
    if (!file || file.broken) return;
    if (file.waiting >= maxWaiting) {
      const detail = 'encoding fell half a minute behind the call';
      file.broken = { ok: false, failure: 'encoder-behind', detail };
      this.#send({ type: 'close', id });
      return;
    }
    file.waiting += 1;
    this.#send({ type: 'pcm', id, pcm }, [pcm.buffer as ArrayBuffer]);
  }

  #send(message: ToEncoder, transferred: ArrayBuffer[] = []): void {
    try {
      this.#thread ??= this.#started();
      this.#thread.postMessage(message, transferred);
    } catch (error) {
      this.#fail(message.id, 'encoder-failed', error instanceof Error ? error.message : String(error));
    }
  }

  #started(): Thread {
    const thread = this.#start();
    thread.unref();
    thread.on('message', (message: FromEncoder) => this.#take(message));
    thread.on('error', (error: Error) => this.#lost(thread, error.message));
    thread.on('exit', (status: number) => this.#lost(thread, `the encoding thread ended with status ${status}`));
    return thread;
  }

  #take(message: FromEncoder): void {
    const file = this.#files.get(message.id);
    if (!file) return;
    if (message.type === 'done') file.waiting -= 1;
    else this.#end(message.id, file.broken ?? message.result);
  }

  #lost(thread: Thread, detail: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    for (const id of [...this.#files.keys()]) this.#fail(id, 'encoder-failed', detail);
  }

  #fail(id: number, failure: RecordingFailure, detail: string): void {
    this.#end(id, { ok: false, failure, detail });
  }

  #end(id: number, result: RecordingResult): void {
    const file = this.#files.get(id);
    this.#files.delete(id);
    file?.onEnded(result);
  }
}
