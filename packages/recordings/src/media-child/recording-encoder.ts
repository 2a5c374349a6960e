import type { RecordingChannels, RecordingFormat } from '../files/recording-file.js';
import type { RecordingResult } from '../files/recording-spec.js';

export interface EncodedFileSpec {
  path: string;
  format: RecordingFormat;
  channels: RecordingChannels;
}

/** A file that grows. */
export interface EncodedFile {
  /** Samples of 16 bit, those of two channels side by side. The array is the encoder's from here on. Never throws. */
  write(pcm: Int16Array): void;
  /** No more samples come; the end is told when the file is whole and on the disk. */
  close(): void;
}

/** Makes files of samples, away from the thread that asks. */
export interface RecordingEncoder {
  /** `onEnded` is told once: after `close`, or when it failed before. */
  open(spec: EncodedFileSpec, onEnded: (result: RecordingResult) => void): EncodedFile;
}
