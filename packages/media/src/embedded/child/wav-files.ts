import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { readWav } from '../../audio/wav.js';
import { MediaError } from '../../errors.js';

const maxFileBytes = 20_000_000;
/** Of all files together, in the octets of their samples: an hour of audio. */
const maxCachedBytes = 60_000_000;

interface Entry {
  mtimeMs: number;
  size: number;
  samples: Promise<Int16Array>;
}

/** Prompts on disk as samples. Kept while they are the same file, the ones that were played last. */
export class WavFiles {
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  readonly #maxCachedBytes: number;
  #cachedBytes = 0;

  constructor(options: { maxCachedBytes?: number } = {}) {
    this.#maxCachedBytes = options.maxCachedBytes ?? maxCachedBytes;
  }

  /** The file's samples, to be read only. Rejects with MediaError (`bad-argument`) that says what is wrong with the file. */
  async load(path: string): Promise<Int16Array> {
    const { mtimeMs, size } = await factsOf(path);
    const known = this.#entries.get(path);
    if (known) this.#forget(path, known);
    const isSame = known?.mtimeMs === mtimeMs && known.size === size;
    const entry = isSame ? known : { mtimeMs, size, samples: read(path) };
    this.#keep(path, entry);
    try {
      return await entry.samples;
    } catch (error) {
      if (this.#entries.get(path) === entry) this.#forget(path, entry);
      throw error;
    }
  }

  #keep(path: string, entry: Entry): void {
    this.#entries.set(path, entry);
    this.#cachedBytes += entry.size;
    for (const [oldest, each] of this.#entries) {
      if (this.#cachedBytes <= this.#maxCachedBytes) return;
      this.#forget(oldest, each);
    }
  }

  #forget(path: string, entry: Entry): void {
    this.#entries.delete(path);
    this.#cachedBytes -= entry.size;
  }
}

async function factsOf(path: string): Promise<{ mtimeMs: number; size: number }> {
  const facts = await stat(path).catch((error: unknown) => {
    throw new MediaError('bad-argument', `there is no audio file ${path}`, { cause: error });
  });
  if (!facts.isFile()) throw new MediaError('bad-argument', `${path} is not a file`);
  if (facts.size > maxFileBytes) {
    const megabytes = (octets: number) => `${Math.ceil(octets / 1_000_000)} MB`;
    throw new MediaError(
      'bad-argument',
      `${basename(path)} has ${megabytes(facts.size)}; an audio file may have ${megabytes(maxFileBytes)}, which is 20 minutes`,
    );
  }
  return facts;
}

async function read(path: string): Promise<Int16Array> {
  const data = await readFile(path).catch((error: unknown) => {
    throw new MediaError('bad-argument', `the audio file ${path} cannot be read`, { cause: error });
  });
  return readWav(data, basename(path));
}
