import type { RecordingChannels, RecordingFormat } from '../files/recording-file.js';
import type { HeldAs, PausedAs, RecordingFailure } from '../files/recording-spec.js';

/**
 * `recording`: it grows. `processing`: it has ended and its file is on the way to where it is kept. `ready`: it can be
 * fetched. `failed`: there is none, or it broke off; then what there is of it can be fetched once it has a location.
 * `deleted`: there was one.
 */
export type RecordingState = 'recording' | 'processing' | 'ready' | 'failed' | 'deleted';

/**
 * Why there is no recording, or not the whole. `tone-failed`: the parties cannot hear its tone. `lost`: nothing that could be
 * heard was left of it.
 */
export type RecordingCause = RecordingFailure | 'media-failed' | 'tone-failed' | 'lost';

export interface Recording {
  recordingSid: string;
  callSid: string;
  accountSid: string;
  appId: string | undefined;
  state: RecordingState;
  channels: RecordingChannels;
  format: RecordingFormat;
  startedAt: Date;
  endedAt: Date | undefined;
  /** Of the file, once it has ended. */
  durationMs: number;
  bytes: number;
  /** Where it is kept, as its storage names it; undefined while it is not. */
  location: string | undefined;
  cause: RecordingCause | undefined;
  /** A sentence for the operator: of a failure, or why it still is not where it is to be kept. */
  detail: string | undefined;
  /** When the app's backend was told that it is ready, or failed; undefined: it still has to be. */
  announcedAt: Date | undefined;
}

/** What a step changes. A key that is left out stays. */
export type RecordingChange = Partial<
  Pick<
    Recording,
    'state' | 'startedAt' | 'endedAt' | 'durationMs' | 'bytes' | 'location' | 'cause' | 'detail' | 'announcedAt'
  >
>;

export interface RecordingStore {
  /** `owner`: the server that has its file until it is kept. */
  create(recording: Recording, owner: string): Promise<void>;
  /** Changes it when it is in one of these states. False when it is in none of them, or is not there. */
  change(recordingSid: string, from: readonly RecordingState[], change: RecordingChange): Promise<boolean>;
  find(accountSid: string, recordingSid: string): Promise<Recording | undefined>;
  /** Of each of these calls, oldest first; deleted ones left out. */
  ofCalls(accountSid: string, callSids: readonly string[]): Promise<Recording[]>;
  /**
   * Of every account: what a server has still to do, oldest first: to finish, to store, to tell. Its own, those that nobody
   * owns, and those whose owner was not there since `goneSince`; all are its own from now on.
   */
  claim(owner: string, now: Date, goneSince: Date): Promise<Recording[]>;
  /** The owner is there: nobody else is to take what it has still to do. */
  stillHere(owner: string, now: Date): Promise<void>;
  /**
   * Of every account: those with a file whose app keeps them no longer than until now, the oldest first, at most so many;
   * `after`: those that follow this one. Not those that lie in the data folder of another server.
   */
  expired(owner: string, now: Date, limit: number, after?: Recording): Promise<Recording[]>;
}

/** Whether the parties hear that they are recorded, at the start or again and again. */
export type RecordingToneSetting = 'off' | 'start' | 'repeat';

/** Whose devices may start, pause, resume and stop the recording of their call: nobody's, or those of the app's users. */
export type RecordingControlSetting = 'none' | 'agent';

/** How an app's calls are recorded. Whether they are is `recording_enabled` of its settings. */
export interface RecordingSettings {
  channels: RecordingChannels;
  format: RecordingFormat;
  pausedAs: PausedAs;
  heldAs: HeldAs;
  tone: RecordingToneSetting;
  /** Days after which recordings are deleted; undefined: they are kept. */
  retentionDays: number | undefined;
  control: RecordingControlSetting;
}

export const defaultRecordingSettings: RecordingSettings = {
  channels: 'single',
  format: 'mp3',
  pausedAs: 'silence',
  heldAs: 'silence',
  tone: 'off',
  retentionDays: undefined,
  control: 'none',
};

export interface RecordingSettingsStore {
  /** Defaults where nothing was written; undefined when the account has no such app. */
  find(accountSid: string, appId: string): Promise<RecordingSettings | undefined>;
  /** Replaces them. False when the account has no such app. */
  put(accountSid: string, appId: string, settings: RecordingSettings): Promise<boolean>;
}
