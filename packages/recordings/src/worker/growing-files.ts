import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

/** Files that are written from their beginning to their end, and whose head is written once more. Throws errors of Node's fs. */
export interface GrowingFiles {
  /** Made new, for its owner alone; fails when it exists. */
  create(path: string): number;
  append(file: number, bytes: Uint8Array): void;
  rewrite(file: number, bytes: Uint8Array): void;
  /** When it returns, the file outlives a loss of power. */
  sync(file: number): void;
  close(file: number): void;
}

/** In the thread that encodes nothing else waits for the disk. */
export const nodeFiles: GrowingFiles = {
  create: (path) => openSync(path, 'wx', 0o600),
  append: (file, bytes) => writeWhole(file, bytes, null),
  rewrite: (file, bytes) => writeWhole(file, bytes, 0),
  sync: (file) => fsyncSync(file),
  close: (file) => closeSync(file),
};

function writeWhole(file: number, bytes: Uint8Array, position: number | null): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, bytes.length - done, position === null ? null : position + done);
}
