import { createReadStream } from 'node:fs';
import { access, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { RecordingError } from '../errors.js';
import type { ByteRange, RecordingStorage } from './recording-storage.js';

const scheme = 'folder:';

/** Recordings in a folder of this machine: on the same disk as those that are being made, so that keeping one is a rename. */
export class FolderStorage implements RecordingStorage {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async keep(path: string, key: string): Promise<string> {
    const target = join(this.#folder, key);
    try {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await rename(path, target).catch(async (error) => {
        if (!isMissing(error) || !(await exists(target))) throw error;
      });
      await syncFolder(dirname(target));
    } catch (error) {
      if (isMissing(error)) throw RecordingError.unknownRecording();
      throw RecordingError.storage('The recording cannot be moved to its folder', error);
    }
    return scheme + key;
  }

  has(location: string): boolean {
    return location.startsWith(scheme);
  }

  async open(location: string, range?: ByteRange): Promise<Readable | undefined> {
    const path = this.#pathOf(location);
    if (!(await exists(path))) return undefined;
    return createReadStream(path, range && { start: range.first, end: range.last });
  }

  async remove(location: string): Promise<void> {
    try {
      await rm(this.#pathOf(location), { force: true });
    } catch (error) {
      throw RecordingError.storage('The recording cannot be deleted', error);
    }
  }

  async close(): Promise<void> {}

  #pathOf(location: string): string {
    return join(this.#folder, location.slice(scheme.length));
  }
}

const isMissing = (error: unknown): boolean => (error as { code?: unknown }).code === 'ENOENT';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A rename outlives a loss of power when its folder is written. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}
