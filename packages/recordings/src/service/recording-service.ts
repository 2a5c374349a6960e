import { mkdir, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { CallRecord, CallRecordingState, RecordingWish } from '@intermix/calls';
import { type Clock, createId, type Logger, type Random, TypedEmitter } from '@intermix/kernel';
import type { AttachmentEnd, MediaAttachment } from '@intermix/media';
import { RecordingError } from '../errors.js';
import { extensionOf, type FileFigures } from '../files/recording-file.js';
import type {
  RecordingCommand,
  RecordingFailure,
  RecordingResult,
  RecordOrder,
  ToneOrder,
} from '../files/recording-spec.js';
import { repairRecording } from '../files/repair-recording.js';
import type { CallRecords, RecordedCalls, RecordedMedia, RecordingAnnouncer } from '../ports/recorded-calls.js';
import {
  defaultRecordingSettings,
  type Recording,
  type RecordingCause,
  type RecordingSettings,
  type RecordingSettingsStore,
  type RecordingStore,
} from '../ports/recording-store.js';
import type { ByteRange, RecordingStorage } from '../storage/recording-storage.js';
import { Finisher, hasRest } from './finisher.js';
import type { RecordingUrls } from './recording-urls.js';
import { Retention } from './retention.js';
import { type RunningRecording, RunningRecordings } from './running-recordings.js';

export interface RecordingServiceDeps {
  /** Recordings grow here; on the disk where a folder keeps them. */
  partsFolder: string;
  /** Names the server that has this folder: several may share a store. */
  owner: string;
  calls: RecordedCalls;
  callRecords: CallRecords;
  store: RecordingStore;
  settings: RecordingSettingsStore;
  /** Whether an app's calls are recorded; cached. */
  apps: { find(accountSid: string, appId: string): Promise<{ recordingEnabled: boolean } | undefined> };
  storage: RecordingStorage;
  announcer: RecordingAnnouncer;
  urls: RecordingUrls;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Octets that are free where recordings grow. Default: as the file system says. */
  freeBytes?: (folder: string) => Promise<number>;
}

export interface RecordingServiceEvents {
  /** What is said in the call is being written from now on, or no longer. */
  stateChanged: [callSid: string, state: CallRecordingState];
}

/** Below this no recording is begun: the database may be on the same disk. */
const leastFreeBytes = 256 * 1024 * 1024;
const toneEverySec = 15;
/** A server that is away for so long does not come back: another one tells of its recordings, which are lost to it. */
const goneAfterMs = 7 * 24 * 3600_000;

/**
 * Decides which calls are recorded, has it done beside their audio, and sees each recording through until it is kept and
 * told of. Whatever fails, the call goes on.
 */
export class RecordingService extends TypedEmitter<RecordingServiceEvents> {
  readonly #deps: RecordingServiceDeps;
  readonly #running = new RunningRecordings();
  readonly #finisher: Finisher;
  readonly #retention: Retention;
  /** By call, the last word that would have it recorded, while it is being dealt with. */
  readonly #starting = new Map<string, Promise<unknown>>();
  #left: Recording[] = [];
  #isStopped = false;

  constructor(deps: RecordingServiceDeps) {
    super();
    this.#deps = deps;
    this.#finisher = new Finisher({ ...deps, calls: deps.callRecords, partOf: (one) => this.#partOf(one) });
    this.#retention = new Retention({ ...deps, remove: (one) => this.#remove(one) });
  }

  get stats(): { running: number; pending: number } {
    return { running: this.#running.size, pending: this.#finisher.pending };
  }

  /** Is there a recording of this call, or will there be? Knows calls of this process, and what `load` found. */
  hasRecording(callSid: string): boolean {
    return this.#running.knownOf(callSid) !== undefined;
  }

  /** Looks for what a dead process left. To be called before its calls are closed and told of. */
  async load(): Promise<void> {
    await mkdir(this.#deps.partsFolder, { recursive: true, mode: 0o700 });
    const { store, owner, clock } = this.#deps;
    this.#left = await store.claim(owner, this.#now(), new Date(clock.now() - goneAfterMs));
    for (const one of this.#left) if (one.state !== 'failed') this.#running.remember(one);
  }

  /** Finishes what `load` found, removes files that belong to nothing, begins the retention. */
  async start(): Promise<void> {
    const left = this.#left.splice(0);
    const files = new Set(left.map((one) => this.#partOf(one)));
    for (const name of await readdir(this.#deps.partsFolder)) {
      const path = join(this.#deps.partsFolder, name);
      if (!files.has(path)) await rm(path, { force: true, recursive: true });
    }
    if (left.length > 0) this.#deps.logger.info({ recordings: left.length }, 'recordings of before are being finished');
    for (const one of left) this.#finisher.add(one);
    this.#retention.start();
  }

  /** Media has ended before: running recordings have been closed. Waits for what is under way. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#retention.stop();
    await this.#running.ended();
    await this.#finisher.stop();
    await this.#deps.storage.close();
  }

  /** A call has its audio: records it when that is wished, or its app's settings say so. Never rejects. */
  async handleAnswered(call: CallRecord): Promise<void> {
    try {
      await this.#inTurn(call.callSid, async () => {
        const media = this.#deps.calls.mediaOf(call.callSid);
        if (media && (media.recording || (await this.#isEnabled(call)))) await this.#begin(call, media.recording ?? {});
      });
    } catch (error) {
      this.#notStarted(call.callSid, error);
    }
  }

  /** A flow wants the call recorded from now on. Never rejects. */
  async handleWish(call: CallRecord, wish: RecordingWish): Promise<void> {
    try {
      await this.#inTurn(call.callSid, () => this.#begin(call, wish));
    } catch (error) {
      this.#notStarted(call.callSid, error);
    }
  }

  /** By an order of the account's. Throws RecordingError: `unknown-call`, `already-recording`, `start-failed`. */
  async startFor(accountSid: string, callSid: string, wish: RecordingWish = {}): Promise<Recording> {
    const found = await this.#deps.callRecords.find(accountSid, callSid);
    if (!found) throw RecordingError.unknownCall();
    return this.#inTurn(callSid, () => this.#begin(found.call, wish));
  }

  /** What is written meanwhile, `paused_as` of the app's settings says. Throws RecordingError. */
  async pause(accountSid: string, callSid: string, recordingSid: string): Promise<Recording> {
    return this.#tell({ accountSid, callSid, recordingSid }, { do: 'pause' });
  }

  async resume(accountSid: string, callSid: string, recordingSid: string): Promise<Recording> {
    return this.#tell({ accountSid, callSid, recordingSid }, { do: 'resume' });
  }

  /** Ends it; the call goes on. Throws RecordingError. */
  async stopFor(accountSid: string, callSid: string, recordingSid: string): Promise<Recording> {
    const running = await this.#runningOf({ accountSid, callSid, recordingSid });
    running.attachment.close();
    return running.recording;
  }

  /** The recording of the call that runs now; `ended` resolves when it does not any more. */
  runningOf(callSid: string): Pick<RunningRecording, 'recording' | 'isPaused' | 'ended'> | undefined {
    return this.#running.of(callSid);
  }

  isPaused(recordingSid: string): boolean {
    return this.#running.get(recordingSid)?.isPaused ?? false;
  }

  /** Of one call, oldest first; empty for a call of another account. */
  ofCall(accountSid: string, callSid: string): Promise<Recording[]> {
    return this.#deps.store.ofCalls(accountSid, [callSid]);
  }

  ofCalls(accountSid: string, callSids: readonly string[]): Promise<Recording[]> {
    return this.#deps.store.ofCalls(accountSid, callSids);
  }

  /** Plain address of the recording that a call of late has, or will have. */
  urlOfCall(callSid: string): string | undefined {
    const known = this.#running.knownOf(callSid);
    return known && this.urls.plain(known);
  }

  /** Addresses of the last recordings of calls that are ready, by call; signed ones when a validity in minutes is given. */
  async urlsOf(accountSid: string, callSids: readonly string[], validityMin?: number): Promise<Map<string, string>> {
    const ready = (await this.ofCalls(accountSid, callSids)).filter(({ state }) => state === 'ready');
    const urlOf = (one: Recording) =>
      validityMin === undefined ? this.urls.plain(one) : this.urls.signed(one, validityMin);
    return new Map(ready.map((one) => [one.callSid, urlOf(one)]));
  }

  /** Undefined when the account has no such recording, or it was deleted. */
  async find(accountSid: string, recordingSid: string): Promise<Recording | undefined> {
    const found = await this.#deps.store.find(accountSid, recordingSid);
    return found?.state === 'deleted' ? undefined : found;
  }

  /** The sound itself. Undefined when it is not there yet, or not any more. Throws RecordingError (`storage`). */
  async open({ location }: Recording, range?: ByteRange): Promise<Readable | undefined> {
    return location === undefined ? undefined : this.#deps.storage.open(location, range);
  }

  /** Throws RecordingError: `unknown-recording`, `still-running`, `storage`. */
  async delete(accountSid: string, callSid: string, recordingSid: string): Promise<void> {
    const found = await this.find(accountSid, recordingSid);
    if (!found || found.callSid !== callSid) throw RecordingError.unknownRecording();
    const isUnderWay = found.state === 'recording' || found.state === 'processing' || hasRest(found);
    if (isUnderWay) throw RecordingError.stillRunning();
    await this.#remove(found);
  }

  /** Address for the account's key pair, and one for anybody for so many minutes, 5 to 60. */
  get urls(): RecordingUrls {
    return this.#deps.urls;
  }

  async #remove(recording: Recording): Promise<void> {
    const { storage, store, clock, logger } = this.#deps;
    if (recording.location !== undefined) await storage.remove(recording.location);
    const told = { announcedAt: recording.announcedAt ?? new Date(clock.now()) };
    await store.change(recording.recordingSid, ['ready', 'failed'], { state: 'deleted', location: undefined, ...told });
    logger.info({ recordingSid: recording.recordingSid, callSid: recording.callSid }, 'recording deleted');
  }

  async #isEnabled({ accountSid, appId }: CallRecord): Promise<boolean> {
    return appId !== undefined && ((await this.#deps.apps.find(accountSid, appId))?.recordingEnabled ?? false);
  }

  #notStarted(callSid: string, error: unknown): void {
    const isKnown = error instanceof RecordingError && error.problem !== 'storage';
    if (isKnown) this.#deps.logger.info({ callSid, problem: error.problem }, 'recording not begun');
    else this.#deps.logger.error({ err: error, callSid }, 'recording could not be begun');
  }

  /** Two words for one call begin one recording, and who comes second finds it there. */
  async #inTurn<T>(callSid: string, work: () => Promise<T>): Promise<T> {
    const before = this.#starting.get(callSid);
    const turn = before ? before.then(work, work) : work();
    this.#starting.set(callSid, turn);
    try {
      return await turn;
    } finally {
      if (this.#starting.get(callSid) === turn) this.#starting.delete(callSid);
    }
  }

  async #begin(call: CallRecord, wish: RecordingWish): Promise<Recording> {
    if (this.#isStopped) throw RecordingError.startFailed('the server stops');
    if (this.#running.of(call.callSid)) throw RecordingError.alreadyRecording();
    const settings = await this.#settingsOf(call);
    const media = this.#deps.calls.mediaOf(call.callSid);
    if (!media) throw RecordingError.unknownCall();
    const recording = this.#newRecording(call, { ...settings, ...defined(wish) });
    await this.#deps.store.create(recording, this.#deps.owner);
    const cause = await this.#attach(recording, media, settings);
    if (cause === undefined) return recording;
    await this.#failed(recording, cause.cause, cause.detail);
    throw RecordingError.startFailed(cause.detail);
  }

  async #settingsOf({ accountSid, appId }: CallRecord): Promise<RecordingSettings> {
    const found = appId === undefined ? undefined : await this.#deps.settings.find(accountSid, appId);
    return found ?? defaultRecordingSettings;
  }

  #newRecording(call: CallRecord, { channels, format }: RecordingSettings): Recording {
    const { clock, random } = this.#deps;
    return {
      recordingSid: createId('rec_', 16, random),
      callSid: call.callSid,
      accountSid: call.accountSid,
      appId: call.appId,
      state: 'recording',
      channels,
      format,
      startedAt: new Date(clock.now()),
      endedAt: undefined,
      durationMs: 0,
      bytes: 0,
      location: undefined,
      cause: undefined,
      detail: undefined,
      announcedAt: undefined,
    };
  }

  /** Undefined when it runs; else why not. */
  async #attach(
    recording: Recording,
    media: RecordedMedia,
    settings: RecordingSettings,
  ): Promise<{ cause: RecordingCause; detail: string } | undefined> {
    const { partsFolder, freeBytes = freeBytesOf, logger } = this.#deps;
    const { callSid, recordingSid, channels, format } = recording;
    let tone: MediaAttachment | undefined;
    let cause: RecordingCause = 'media-failed';
    try {
      if ((await freeBytes(partsFolder)) < leastFreeBytes)
        return { cause: 'disk-full', detail: 'the disk has less than 256 MB left' };
      cause = 'tone-failed'; // First: who are to hear it are not recorded without.
      tone = await soundTone(media, settings);
      cause = 'media-failed';
      const path = this.#partOf(recording);
      const order: RecordOrder = { do: 'record', path, format, channels, ...held(settings) };
      const attachment = await media.leg.attach('recording', order);
      recording.startedAt = this.#now(); // What took its time before is not in the file. Written with its end.
      logger.info({ callSid, recordingSid, channels, format }, 'recording begun');
      const ended = attachment.ended.then((end) => this.#ended(recording, end, tone));
      this.#running.add({ recording, attachment, isPaused: false, ended });
      this.emit('stateChanged', callSid, 'recording');
      return undefined;
    } catch (error) {
      tone?.close();
      return { cause, detail: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Never rejects. */
  async #ended(recording: Recording, end: AttachmentEnd, tone: MediaAttachment | undefined): Promise<void> {
    tone?.close();
    this.#running.delete(recording.recordingSid);
    this.emit('stateChanged', recording.callSid, 'off');
    const result = end.how === 'ended' ? (end.result as RecordingResult) : undefined;
    if (result?.ok === false)
      return this.#failed(recording, result.failure, result.detail, await this.#restOf(recording, result.failure));
    const { bytes, durationMs } = result ?? {};
    const { startedAt } = recording;
    if (bytes !== undefined && durationMs !== undefined) {
      const change = { state: 'processing', startedAt, endedAt: this.#now(), bytes, durationMs } as const;
      if (await this.#written(recording, change)) Object.assign(recording, change);
    }
    this.#finisher.add(recording); // One that the media process could not end is mended there.
  }

  /** Its sound until it broke off. Undefined when there is none, or its file may not be trusted. Never rejects. */
  async #restOf(recording: Recording, failure: RecordingFailure): Promise<FileFigures | undefined> {
    if (failure === 'write-failed') return undefined;
    return repairRecording(this.#partOf(recording), recording.format).catch(() => undefined);
  }

  async #failed(recording: Recording, cause: RecordingCause, detail: string, rest?: FileFigures): Promise<void> {
    this.#running.forget(recording.callSid);
    if (!rest) await rm(this.#partOf(recording), { force: true }).catch(() => {});
    const change = { state: 'failed', endedAt: this.#now(), cause, detail, ...rest } as const;
    if (await this.#written(recording, change)) Object.assign(recording, change);
    this.#finisher.add(recording);
  }

  /** False when the store does not take it now: the finisher finds out again what there is. */
  async #written(recording: Recording, change: Parameters<RecordingStore['change']>[2]): Promise<boolean> {
    try {
      return await this.#deps.store.change(recording.recordingSid, ['recording'], change);
    } catch (error) {
      this.#deps.logger.warn(
        { err: error, recordingSid: recording.recordingSid },
        'the end of a recording is not written yet',
      );
      return false;
    }
  }

  async #tell(names: Names, command: RecordingCommand): Promise<Recording> {
    const running = await this.#runningOf(names);
    running.attachment.tell(command);
    const wasPaused = running.isPaused;
    running.isPaused = command.do === 'pause';
    if (running.isPaused !== wasPaused) this.emit('stateChanged', names.callSid, wasPaused ? 'recording' : 'paused');
    return running.recording;
  }

  async #runningOf({ accountSid, callSid, recordingSid }: Names) {
    const running = this.#running.get(recordingSid);
    if (running?.recording.accountSid === accountSid && running.recording.callSid === callSid) return running;
    const found = await this.find(accountSid, recordingSid);
    throw found?.callSid === callSid ? RecordingError.notRunning() : RecordingError.unknownRecording();
  }

  #partOf({ recordingSid, format }: Recording): string {
    return join(this.#deps.partsFolder, `${recordingSid}.${extensionOf(format)}.part`);
  }

  #now(): Date {
    return new Date(this.#deps.clock.now());
  }
}

interface Names {
  accountSid: string;
  callSid: string;
  recordingSid: string;
}

const held = ({ pausedAs, heldAs }: RecordingSettings) => ({ pausedAs, heldAs });

/** Undefined when none is to be heard. Rejects where it cannot be. */
async function soundTone({ leg }: RecordedMedia, { tone }: RecordingSettings): Promise<MediaAttachment | undefined> {
  if (tone === 'off') return undefined;
  const order: ToneOrder = { do: 'tone', everySec: tone === 'repeat' ? toneEverySec : undefined };
  return leg.attach('recording', order);
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** What a wish leaves out, the settings say. */
function defined(wish: RecordingWish): Partial<Pick<RecordingSettings, 'channels' | 'format'>> {
  return {
    ...(wish.channels !== undefined && { channels: wish.channels }),
    ...(wish.format !== undefined && { format: wish.format }),
  };
}
