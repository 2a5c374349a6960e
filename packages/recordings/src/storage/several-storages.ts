import type { Readable } from 'node:stream';
import { RecordingError } from '../errors.js';
import type { ByteRange, RecordingStorage } from './recording-storage.js';

/** Keeps in the first; reads and removes wherever a recording lies: an operator may have changed their mind. */
export class SeveralStorages implements RecordingStorage {
  readonly #storages: readonly [RecordingStorage, ...RecordingStorage[]];

  constructor(...storages: [RecordingStorage, ...RecordingStorage[]]) {
    this.#storages = storages;
  }

  keep(path: string, key: string, contentType: string): Promise<string> {
    return this.#storages[0].keep(path, key, contentType);
  }

  has(location: string): boolean {
    return this.#storages.some((storage) => storage.has(location));
  }

  async open(location: string, range?: ByteRange): Promise<Readable | undefined> {
    return this.#of(location).open(location, range);
  }

  async remove(location: string): Promise<void> {
    await this.#of(location).remove(location);
  }

  async close(): Promise<void> {
    await Promise.all(this.#storages.map((storage) => storage.close()));
  }

  #of(location: string): RecordingStorage {
    const found = this.#storages.find((storage) => storage.has(location));
    if (found) return found;
    throw RecordingError.storage('The recording cannot be reached', 'the store that has it is not configured any more');
  }
}
