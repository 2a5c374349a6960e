import type { Readable } from 'node:stream';

/** Octets of a file, both ends included, as HTTP counts them. */
export interface ByteRange {
  first: number;
  last: number;
}

/** Where finished recordings are kept. Methods reject with RecordingError (`storage`) when it cannot be reached. */
export interface RecordingStorage {
  /**
   * Takes a finished file over and gives its location; the file at `path` is gone then. Done once more after a crash in
   * between, it gives the same. Rejects with RecordingError (`unknown-recording`) when the file is neither here nor there.
   */
  keep(path: string, key: string, contentType: string): Promise<string>;
  /** Is this location one of this storage? */
  has(location: string): boolean;
  /** Undefined: it is not there. The stream is the caller's to end. */
  open(location: string, range?: ByteRange): Promise<Readable | undefined>;
  /** Nothing to do when it is not there. */
  remove(location: string): Promise<void>;
  close(): Promise<void>;
}
