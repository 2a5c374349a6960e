import { createHash } from 'node:crypto';
import type { Clock, Logger } from '@intermix/kernel';
import { type OutboundAnswer, OutboundError } from '@intermix/outbound';
import type { AudioConverter } from '../convert/audio-converter.js';
import { maxAudioBytes } from '../limits.js';
import { SpeechError } from '../speech-error.js';
import type { AudioCache, CachedAudio, CacheNotes } from './audio-cache.js';
import { Flights } from './flights.js';
import { freshUntil } from './freshness.js';
import type { PromptFile } from './prompt.js';

/** What opens URLs: OutboundClient, with its guard. */
export interface WebReader {
  get(
    url: string,
    request?: { headers?: Readonly<Record<string, string>>; maxBytes?: number; timeoutMs?: number },
  ): Promise<OutboundAnswer>;
}

export interface WebAudioDeps {
  reader: WebReader;
  cache: AudioCache;
  converter: Pick<AudioConverter, 'convert'>;
  clock: Clock;
  logger: Logger;
}

/** A copy is still played when its server fails, for so long after it was last confirmed. */
const staleMs = 24 * 3600 * 1000;
/** For so long a failure answers for its URL: a call a second does not ask a dead server a second time. */
const failureMs = 5_000;
const maxFailures = 1_000;

/** Audio files of customers' URLs, kept by HTTP's rules (RFC 9111) and asked for again with their tag. */
export class WebAudio {
  readonly #deps: WebAudioDeps;
  readonly #flights = new Flights<PromptFile>();
  readonly #failures = new Map<string, { error: SpeechError; until: number }>();

  constructor(deps: WebAudioDeps) {
    this.#deps = deps;
  }

  /** Rejects with SpeechError: `fetch-failed`, `address-refused`, `too-large`, `too-long`, or what is wrong with the file. */
  async fileOf(accountSid: string, url: string, maxBytes = maxAudioBytes): Promise<PromptFile> {
    const { cache, clock } = this.#deps;
    const key = createHash('sha256').update(['url', accountSid, url].join('\0')).digest('hex');
    const cached = await cache.get(key);
    if ((cached?.notes.sourceBytes ?? 0) > maxBytes) throw tooLarge(maxBytes);
    if (cached && (cached.notes.freshUntil ?? 0) > clock.now()) return cached;
    return this.#flights.run(`${key} ${maxBytes}`, () => this.#refreshed(key, url, maxBytes, cached));
  }

  async #refreshed(key: string, url: string, maxBytes: number, cached: CachedAudio | undefined): Promise<PromptFile> {
    try {
      this.#throwRemembered(`${key} ${maxBytes}`);
      return await this.#fetch(key, url, maxBytes, cached);
    } catch (error) {
      if (!(error instanceof SpeechError)) throw error;
      this.#rememberFailure(`${key} ${maxBytes}`, error);
      if (cached && error.problem === 'fetch-failed' && this.#deps.clock.now() < cached.writtenAt + staleMs) {
        this.#deps.logger.warn(
          { reason: error.message },
          'an audio file could not be fetched again: its copy is played',
        );
        return cached;
      }
      throw error;
    }
  }

  async #fetch(key: string, url: string, maxBytes: number, cached: CachedAudio | undefined): Promise<PromptFile> {
    const { cache, converter, clock } = this.#deps;
    const answer = await this.#ask(url, maxBytes, cached?.notes);
    if (answer.status === 304 && cached) {
      await cache.note(key, { ...cached.notes, freshUntil: freshUntil(answer.headers, clock.now()) });
      return cached;
    }
    if (answer.status !== 200)
      throw new SpeechError('fetch-failed', `The URL answered ${answer.status} in place of an audio file.`, 'url');
    if (answer.cutOff || answer.body.length > maxBytes) throw tooLarge(maxBytes);
    const wav = await converter.convert(answer.body);
    return cache.put(key, wav, {
      freshUntil: freshUntil(answer.headers, clock.now()),
      etag: answer.headers.etag,
      lastModified: answer.headers['last-modified'],
      sourceBytes: answer.body.length,
    });
  }

  async #ask(url: string, maxBytes: number, notes: CacheNotes | undefined): Promise<OutboundAnswer> {
    const headers = {
      accept: 'audio/wav, audio/mpeg, audio/*;q=0.5, */*;q=0.1',
      ...(notes?.etag === undefined ? {} : { 'if-none-match': notes.etag }),
      ...(notes?.lastModified === undefined ? {} : { 'if-modified-since': notes.lastModified }),
    };
    try {
      return await this.#deps.reader.get(url, { headers, maxBytes });
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      const problem = error.problem === 'address-refused' ? 'address-refused' : 'fetch-failed';
      throw new SpeechError(problem, error.message, 'url', { cause: error });
    }
  }

  #throwRemembered(name: string): void {
    const failure = this.#failures.get(name);
    if (failure === undefined) return;
    if (failure.until > this.#deps.clock.now()) throw failure.error;
    this.#failures.delete(name);
  }

  #rememberFailure(name: string, error: SpeechError): void {
    if (error.problem === 'busy' || this.#failures.has(name)) return;
    if (this.#failures.size >= maxFailures) this.#failures.clear();
    this.#failures.set(name, { error, until: this.#deps.clock.now() + failureMs });
  }
}

function tooLarge(maxBytes: number): SpeechError {
  return new SpeechError('too-large', `The audio file is larger than ${megabytes(maxBytes)}.`, 'url');
}

function megabytes(bytes: number): string {
  return `${Number((bytes / 1024 / 1024).toFixed(2))} MB`;
}
