import type { RecordingResult } from '../files/recording-spec.js';
import type { EncodedFile, EncodedFileSpec, RecordingEncoder } from '../media-child/recording-encoder.js';
import { FileWriter } from '../worker/file-writer.js';
import { type GrowingFiles, nodeFiles } from '../worker/growing-files.js';
import { makeEncoder } from '../worker/make-encoder.js';

/** What runs in the encoding thread, without the thread. */
export class DirectEncoder implements RecordingEncoder {
  readonly #files: GrowingFiles;

  constructor(files: GrowingFiles = nodeFiles) {
    this.#files = files;
  }

  open(spec: EncodedFileSpec, onEnded: (result: RecordingResult) => void): EncodedFile {
    const writer = new FileWriter(spec, { files: this.#files, makeEncoder, onEnded });
    return { write: (pcm) => void writer.write(pcm), close: () => void writer.close() };
  }
}
