import { rm } from 'node:fs/promises';
import { backoffDelayMs, type Clock, type Logger, type Random, type Timer } from '@intermix/kernel';
import { RecordingError } from '../errors.js';
import { contentTypeOf, extensionOf } from '../files/recording-file.js';
import { repairRecording } from '../files/repair-recording.js';
import type { CallRecords, RecordingAnnouncer } from '../ports/recorded-calls.js';
import type { Recording, RecordingChange, RecordingStore } from '../ports/recording-store.js';
import type { RecordingStorage } from '../storage/recording-storage.js';
import type { RecordingUrls } from './recording-urls.js';

export interface FinisherDeps {
  store: RecordingStore;
  storage: RecordingStorage;
  announcer: RecordingAnnouncer;
  calls: CallRecords;
  urls: RecordingUrls;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Where a recording grows. */
  partOf(recording: Recording): string;
}

interface Waiting {
  recording: Recording;
  /** How often it has been tried. */
  attempts: number;
}

const retries = { firstMs: 1_000, maxMs: 300_000 };
/** Uploads at once: recordings wait on the disk, and calls need the network more. */
const maxAtOnce = 4;
const stopLimitMs = 5_000;
/** The URL that the app's backend is told. */
const toldUrlMinutes = 60;

/**
 * Brings recordings that have ended to where they are kept, and tells of them when they are there. Each step is written
 * before the next: a process that dies in between goes on with it at its next start. What cannot be done now is tried
 * again, for as long as it takes; meanwhile the file stays where it was made.
 */
export class Finisher {
  readonly #deps: FinisherDeps;
  readonly #waiting: Waiting[] = [];
  readonly #working = new Set<Promise<void>>();
  readonly #timers = new Map<string, Timer>();
  #isStopped = false;

  constructor(deps: FinisherDeps) {
    this.#deps = deps;
  }

  /** Recordings that are not where they are to be, or not told of. */
  get pending(): number {
    return this.#waiting.length + this.#working.size + this.#timers.size;
  }

  /** Takes a recording that does not grow any more, in whatever state it is. */
  add(recording: Recording): void {
    this.#waiting.push({ recording, attempts: 0 });
    this.#pump();
  }

  /** Waits for what is under way, for some seconds, not for what is still to be tried: the next start goes on with it. */
  async stop(): Promise<void> {
    const { clock } = this.#deps;
    const underWay = [...this.#working];
    this.#isStopped = true;
    for (const timer of this.#timers.values()) timer.cancel();
    await new Promise<void>((resolve) => {
      const timer = clock.schedule(stopLimitMs, resolve);
      void Promise.all(underWay).then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #pump(): void {
    while (!this.#isStopped && this.#working.size < maxAtOnce) {
      const next = this.#waiting.shift();
      if (!next) return;
      const work = this.#finish(next);
      this.#working.add(work);
      void work.then(() => {
        this.#working.delete(work);
        this.#pump();
      });
    }
  }

  /** Never rejects. */
  async #finish(waiting: Waiting): Promise<void> {
    try {
      await this.#steps(waiting.recording);
    } catch (error) {
      await this.#tellEarly(waiting);
      this.#again(waiting, error);
    }
  }

  async #steps(recording: Recording): Promise<void> {
    if (recording.state === 'recording') await this.#mend(recording);
    if (recording.state === 'processing' || hasRest(recording)) await this.#keep(recording);
    if (recording.state === 'ready' || recording.state === 'failed') await this.#announce(recording);
  }

  /** Its process died while it grew. */
  async #mend(recording: Recording): Promise<void> {
    const figures = await repairRecording(this.#deps.partOf(recording), recording.format).catch((error) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (!figures) return this.#fail(recording, 'nothing that could be heard was left');
    const endedAt = new Date(recording.startedAt.getTime() + figures.durationMs);
    await this.#change(recording, { state: 'processing', endedAt, ...figures });
  }

  async #keep(recording: Recording): Promise<void> {
    const { storage } = this.#deps;
    try {
      const type = contentTypeOf(recording.format);
      const location = await storage.keep(this.#deps.partOf(recording), keyOf(recording), type);
      const isWhole = recording.state === 'processing';
      await this.#change(recording, isWhole ? { state: 'ready', location, detail: undefined } : { location });
    } catch (error) {
      if (!(error instanceof RecordingError) || error.problem !== 'unknown-recording') throw error;
      await this.#fail(recording, 'its file is not there any more');
    }
  }

  async #fail(recording: Recording, detail: string): Promise<void> {
    await rm(this.#deps.partOf(recording), { force: true });
    const { endedAt = this.#now() } = recording;
    // One that had broken off keeps its own cause.
    const why: RecordingChange = recording.state === 'failed' ? {} : { cause: 'lost', detail };
    await this.#change(recording, { state: 'failed', ...why, endedAt, durationMs: 0, bytes: 0 });
  }

  /** That one broke off is told at once, also while there is no place for what there is of it. */
  async #tellEarly({ recording, attempts }: Waiting): Promise<void> {
    if (attempts === 0 && hasRest(recording)) await this.#tell(recording, this.#now()).catch(() => {});
  }

  async #announce(recording: Recording): Promise<void> {
    const at = this.#now();
    await this.#tell(recording, at);
    const { recordingSid, callSid, durationMs, bytes, cause, detail } = recording;
    const { logger } = this.#deps;
    if (recording.state === 'ready') logger.info({ recordingSid, callSid, durationMs, bytes }, 'recording ready');
    else logger.error({ recordingSid, callSid, cause, detail }, 'recording failed');
    await this.#change(recording, { announcedAt: at });
  }

  async #tell(recording: Recording, at: Date): Promise<void> {
    const { announcer, calls, urls } = this.#deps;
    const { call } = (await calls.find(recording.accountSid, recording.callSid)) ?? {};
    if (!call) return;
    if (recording.state === 'ready')
      await announcer.recordingReady({ call, recording, recordingUrl: urls.signed(recording, toldUrlMinutes), at });
    else await announcer.recordingFailed({ call, recording, cause: recording.cause ?? 'lost', at });
  }

  /** Written and taken over. Another's change in between (deleted) stands. */
  async #change(recording: Recording, change: RecordingChange): Promise<void> {
    const isChanged = await this.#deps.store.change(recording.recordingSid, [recording.state], change);
    Object.assign(recording, isChanged ? change : { state: 'deleted' });
  }

  #again({ recording, attempts }: Waiting, error: unknown): void {
    const { clock, random, logger, store } = this.#deps;
    const { recordingSid, state } = recording;
    const inMs = backoffDelayMs(attempts, retries, random);
    logger.warn({ err: error, recordingSid, state, attempts, inMs }, 'recording not finished; it is tried again');
    const detail = error instanceof Error ? error.message : String(error);
    // Of a failed one it says why.
    if (state !== 'failed' && detail !== recording.detail) {
      void store.change(recordingSid, [state], { detail }).catch(() => {});
      recording.detail = detail;
    }
    if (this.#isStopped) return;
    const timer = clock.schedule(inMs, () => {
      this.#timers.delete(recordingSid);
      this.#waiting.push({ recording, attempts: attempts + 1 });
      this.#pump();
    });
    this.#timers.set(recordingSid, timer);
  }

  #now(): Date {
    return new Date(this.#deps.clock.now());
  }
}

/** It broke off, and what there is of it is not where it is to be kept. */
export const hasRest = ({ state, bytes, location }: Recording): boolean =>
  state === 'failed' && bytes > 0 && location === undefined;

/** By day, so that no folder grows without bounds, and by account. */
function keyOf({ recordingSid, accountSid, format, startedAt }: Recording): string {
  const day = startedAt.toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/${encodeURIComponent(accountSid).replaceAll('.', '%2E')}/${recordingSid}.${extensionOf(format)}`;
}
