import type { RecordingFailure, RecordingResult } from '../files/recording-spec.js';
import type { EncodedFileSpec } from '../media-child/recording-encoder.js';
import type { GrowingFiles } from './growing-files.js';
import type { EncoderMaker, SampleEncoder } from './sample-encoder.js';

export interface FileWriterDeps {
  files: GrowingFiles;
  makeEncoder: EncoderMaker;
  /** Told once. */
  onEnded(result: RecordingResult): void;
}

/** One file: samples in, encoded and written in their order. A failure ends it; what is written stays for its owner to remove. */
export class FileWriter {
  readonly #spec: EncodedFileSpec;
  readonly #deps: FileWriterDeps;
  #file: number | undefined;
  #encoder: SampleEncoder | undefined;
  #bytes = 0;
  #isOver = false;
  /** The steps follow each other, also while the encoder is still being made. */
  #last: Promise<void>;

  constructor(spec: EncodedFileSpec, deps: FileWriterDeps) {
    this.#spec = spec;
    this.#deps = deps;
    this.#last = this.#step(() => this.#open());
  }

  /** Resolves when the samples are written, or are of no use any more. Never rejects. */
  write(pcm: Int16Array): Promise<void> {
    return this.#then(() => {
      if (this.#encoder) this.#append(this.#encoder.encode(pcm));
    });
  }

  close(): Promise<void> {
    return this.#then(() => this.#finish());
  }

  #then(step: () => void | Promise<void>): Promise<void> {
    this.#last = this.#last.then(() => this.#step(step));
    return this.#last;
  }

  async #step(step: () => void | Promise<void>): Promise<void> {
    if (this.#isOver) return;
    try {
      await step();
    } catch (error) {
      this.#end({
        ok: false,
        failure: failureOf(error),
        detail: error instanceof Error ? error.message : String(error),
      });
    }
  }

  async #open(): Promise<void> {
    this.#file = this.#deps.files.create(this.#spec.path);
    this.#encoder = await this.#deps.makeEncoder(this.#spec.format, this.#spec.channels);
    this.#append(this.#encoder.head());
  }

  #append(bytes: Uint8Array): void {
    if (this.#file === undefined || bytes.length === 0) return;
    this.#deps.files.append(this.#file, bytes);
    this.#bytes += bytes.length;
  }

  #finish(): void {
    const [encoder, file] = [this.#encoder, this.#file];
    if (!encoder || file === undefined) return;
    const { tail, head, durationMs } = encoder.finish();
    this.#append(tail);
    this.#deps.files.rewrite(file, head);
    this.#deps.files.sync(file);
    this.#end({ ok: true, bytes: this.#bytes, durationMs });
  }

  #end(result: RecordingResult): void {
    this.#isOver = true;
    this.#encoder?.release();
    try {
      if (this.#file !== undefined) this.#deps.files.close(this.#file);
    } catch {
      // It was synced, or has failed already.
    }
    this.#deps.onEnded(result);
  }
}

function failureOf(error: unknown): RecordingFailure {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'disk-full';
  return typeof code === 'string' ? 'write-failed' : 'encoder-failed';
}
