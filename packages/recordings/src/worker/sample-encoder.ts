import type { RecordingChannels, RecordingFormat } from '../files/recording-file.js';

/** Turns samples into the octets of a file. */
export interface SampleEncoder {
  /** What the file begins with while it grows. */
  head(): Uint8Array;
  /** Samples of 16 bit, those of two channels side by side. The octets are the caller's. */
  encode(pcm: Int16Array): Uint8Array;
  /** The octets that were still inside, what the file begins with now that its length is known, and that length. */
  finish(): { tail: Uint8Array; head: Uint8Array; durationMs: number };
  /** It is of no use any more. */
  release(): void;
}

export type EncoderMaker = (format: RecordingFormat, channels: RecordingChannels) => Promise<SampleEncoder>;
