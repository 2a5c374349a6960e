import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
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
}

/** The library is large: it is loaded when the first recording goes out. */
type Library = typeof import('@aws-sdk/client-s3');
interface Loaded {
  library: Library;
  client: S3Client;
}

const connectionTimeout = 5_000;
const requestTimeout = 120_000;

/** Recordings in any store that speaks S3. One call is one object; the largest that S3 takes in one piece is 5 GB. */
export class S3Storage implements RecordingStorage {
  readonly #options: S3Options;
  #loaded: Promise<Loaded> | undefined;

  constructor(options: S3Options) {
    this.#options = options;
  }

  async keep(path: string, key: string, contentType: string): Promise<string> {
    const whole = this.#options.prefix ? `${this.#options.prefix}/${key}` : key;
    const location = this.#scheme + whole;
    const size = await stat(path).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined) {
      if (await this.#holds(whole)) return location;
      throw RecordingError.unknownRecording();
    }
    await this.#ask('The recording cannot be stored', ({ library, client }) => {
      const content = { ContentLength: size, ContentType: contentType, Body: createReadStream(path) };
      return client.send(new library.PutObjectCommand({ ...this.#object(whole), ...content }));
    });
    await rm(path, { force: true });
    return location;
  }

  has(location: string): boolean {
    return location.startsWith(this.#scheme);
  }

  async open(location: string, range?: ByteRange): Promise<Readable | undefined> {
    const object = this.#object(this.#keyOf(location));
    const found = await this.#ask('The recording cannot be read', async ({ library, client }) => {
      const part = range && { Range: `bytes=${range.first}-${range.last}` };
      return client.send(new library.GetObjectCommand({ ...object, ...part })).catch(undefinedWhenMissing);
    });
    return found?.Body as Readable | undefined;
  }

  async remove(location: string): Promise<void> {
    const object = this.#object(this.#keyOf(location));
    await this.#ask('The recording cannot be deleted', ({ library, client }) =>
      client.send(new library.DeleteObjectCommand(object)).catch(undefinedWhenMissing),
    );
  }

  async close(): Promise<void> {
    (await this.#loaded)?.client.destroy();
  }

  async #holds(key: string): Promise<boolean> {
    const found = await this.#ask('The store does not answer', ({ library, client }) =>
      client.send(new library.HeadObjectCommand(this.#object(key))).catch(undefinedWhenMissing),
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

  async #ask<T>(what: string, ask: (loaded: Loaded) => Promise<T>): Promise<T> {
    try {
      this.#loaded ??= this.#load();
      return await ask(await this.#loaded);
    } catch (error) {
      throw RecordingError.storage(what, error);
    }
  }

  async #load(): Promise<Loaded> {
    const library = await import('@aws-sdk/client-s3');
    const { region, endpoint, pathStyle, credentials } = this.#options;
    const client = new library.S3Client({
      region,
      forcePathStyle: pathStyle,
      ...(endpoint && { endpoint }),
      ...(credentials && { credentials }),
      maxAttempts: 2, // Trying again for as long as it takes is the service's.
      requestHandler: { connectionTimeout, requestTimeout },
      // Many compatible stores do not know the checksums that newer clients add unasked.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    return { library, client };
  }
}

function undefinedWhenMissing(error: unknown): undefined {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  if (name === 'NoSuchKey' || name === 'NotFound' || $metadata?.httpStatusCode === 404) return undefined;
  throw error;
}
