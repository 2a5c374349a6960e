import { type FileHandle, open, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Logger } from '@intermix/kernel';
import { RecordingError } from '../errors.js';
import type { ByteRange, RecordingStorage } from './recording-storage.js';

export interface S3Options {
  bucket: string;
  region: string;
  /** Undefined: Amazon's own of the region. */
  endpoint?: string | undefined;
  /** Put before each key; no slash at its end. */
  prefix?: string | undefined;
  /** `http://host/bucket/key` in place of `http://bucket.host/key`. */
  pathStyle: boolean;
  /** Undefined: as the environment, a profile or the machine's role says. */
  credentials?: { accessKeyId: string; secretAccessKey: string } | undefined;
  /** What the library would else write to the console goes there. */
  logger: Logger;
  /** How long the store may be silent before a request is given up, ms. Default: two minutes. */
  silenceMs?: number;
}

/** The library is large: it is loaded when the first recording goes out. */
type Library = typeof import('@aws-sdk/client-s3');
interface Loaded {
  library: Library;
  client: S3Client;
}

const connectionTimeout = 5_000;
const defaultSilenceMs = 120_000;
/** Of one request, however slowly it goes on: a long call over a narrow line. */
const requestTimeout = 3_600_000;

/** Recordings in any store that speaks S3. One call is one object; the largest that S3 takes in one piece is 5 GB. */
export class S3Storage implements RecordingStorage {
  readonly #options: S3Options;
  #loaded: Promise<Loaded> | undefined;
  /** What is under way: ended at `close`. */
  readonly #asking = new Set<AbortController>();
  #isClosed = false;

  constructor(options: S3Options) {
    this.#options = options;
  }

  async keep(path: string, key: string, contentType: string): Promise<string> {
    const whole = this.#options.prefix ? `${this.#options.prefix}/${key}` : key;
    const location = this.#scheme + whole;
    const file = await openThere(path);
    if (file) {
      await this.#upload(file, whole, contentType);
      await rm(path, { force: true });
    } else if (!(await this.#holds(whole))) throw RecordingError.unknownRecording();
    return location;
  }

  /** Closes the file, whatever comes of it: the library leaves it open when the request fails before it is read. */
  async #upload(file: FileHandle, key: string, ContentType: string): Promise<void> {
    const Body = file.createReadStream();
    try {
      await this.#ask('The recording cannot be stored', async ({ library, client }, abort) => {
        Body.on('error', (error) => abort.abort(error)); // The request itself does not notice.
        const content = { ContentLength: (await file.stat()).size, ContentType, Body };
        const command = new library.PutObjectCommand({ ...this.#object(key), ...content });
        return client.send(command, { abortSignal: abort.signal });
      });
    } finally {
      Body.destroy();
    }
  }

  has(location: string): boolean {
    return location.startsWith(this.#scheme);
  }

  async open(location: string, range?: ByteRange): Promise<Readable | undefined> {
    const object = this.#object(this.#keyOf(location));
    const found = await this.#ask('The recording cannot be read', async ({ library, client }, { signal }) => {
      const part = range && { Range: `bytes=${range.first}-${range.last}` };
      const command = new library.GetObjectCommand({ ...object, ...part });
      return client.send(command, { abortSignal: signal }).catch(undefinedWhenMissing);
    });
    return found?.Body as Readable | undefined;
  }

  async remove(location: string): Promise<void> {
    const object = this.#object(this.#keyOf(location));
    await this.#ask('The recording cannot be deleted', ({ library, client }, { signal }) =>
      client.send(new library.DeleteObjectCommand(object), { abortSignal: signal }).catch(undefinedWhenMissing),
    );
  }

  /** Gives up what is under way. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const abort of this.#asking) abort.abort(new Error('the server stops'));
    const loaded = await this.#loaded?.catch(() => undefined);
    loaded?.client.destroy();
  }

  async #holds(key: string): Promise<boolean> {
    const found = await this.#ask('The store does not answer', ({ library, client }, { signal }) =>
      client
        .send(new library.HeadObjectCommand(this.#object(key)), { abortSignal: signal })
        .catch(undefinedWhenMissing),
    );
    return found !== undefined;
  }

  get #scheme(): string {
    return `s3://${this.#options.bucket}/`;
  }

  #keyOf(location: string): string {
    return location.slice(this.#scheme.length);
  }

  #object(key: string) {
    return { Bucket: this.#options.bucket, Key: key };
  }

  async #ask<T>(what: string, ask: (loaded: Loaded, abort: AbortController) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    this.#asking.add(abort);
    try {
      if (this.#isClosed) throw new Error('the server stops');
      this.#loaded ??= this.#load();
      return await ask(await this.#loaded, abort);
    } catch (error) {
      // Of a request that was given up the library says no more than that.
      throw RecordingError.storage(what, abort.signal.aborted ? abort.signal.reason : error);
    } finally {
      this.#asking.delete(abort);
    }
  }

  async #load(): Promise<Loaded> {
    const library = await import('@aws-sdk/client-s3');
    const {
      region,
      endpoint,
      pathStyle,
      credentials,
      logger,
      silenceMs: socketTimeout = defaultSilenceMs,
    } = this.#options;
    const client = new library.S3Client({
      region,
      forcePathStyle: pathStyle,
      ...(endpoint && { endpoint }),
      ...(credentials && { credentials }),
      maxAttempts: 2, // Trying again for as long as it takes is the service's.
      requestHandler: { connectionTimeout, socketTimeout, requestTimeout, throwOnRequestTimeout: true },
      logger: libraryLogger(logger),
      // Many compatible stores do not know the checksums that newer clients add unasked.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    return { library, client };
  }
}

/** Undefined: it is not there. */
async function openThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw RecordingError.storage('The recording cannot be read', error);
  }
}

/** Its warnings alone: each request and its failure are told to whoever asked. */
function libraryLogger(logger: Logger) {
  const warn = (...said: unknown[]) => logger.warn({ said: said.map(String).join(' ') }, 'the S3 client warns');
  return { trace() {}, debug() {}, info() {}, warn, error() {} };
}

function undefinedWhenMissing(error: unknown): undefined {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  if (name === 'NoSuchKey' || name === 'NotFound' || $metadata?.httpStatusCode === 404) return undefined;
  throw error;
}
