import type { RecordingChannels, RecordingFormat } from './recording-file.js';

// What passes between the service and its attachments in the media process: orders, never audio.

/** What is written for the stretch in which a recording is paused: as much silence, or nothing. */
export type PausedAs = 'silence' | 'cut';

/**
 * What is written while a party has the other on hold: silence, or what is on the line (music of the one that holds, or what
 * is said beside the telephone).
 */
export type HeldAs = 'silence' | 'sound';

/** Starts a recording beside the calling party's leg. */
export interface RecordOrder {
  do: 'record';
  /** Absolute; must not exist. Written as the call runs. */
  path: string;
  format: RecordingFormat;
  channels: RecordingChannels;
  pausedAs: PausedAs;
  heldAs: HeldAs;
}

/** Has both parties hear that the call is recorded. */
export interface ToneOrder {
  do: 'tone';
  /** Seconds from one tone to the next; undefined: one tone, and one for each who joins. */
  everySec: number | undefined;
}

export type RecordingSpec = RecordOrder | ToneOrder;

/** A word to a running recording. `stop` is the attachment's own close. */
export type RecordingCommand = { do: 'pause' } | { do: 'resume' };

/** Why a recording came to nothing, or broke off. */
export type RecordingFailure =
  /** No room on the disk. */
  | 'disk-full'
  /** The file cannot be made or written. */
  | 'write-failed'
  /** Encoding or the disk did not keep up with the call. */
  | 'encoder-behind'
  /** The thread that encodes died. */
  | 'encoder-failed';

/** What came of a recording. `durationMs` is the length of the file. */
export type RecordingResult =
  | { ok: true; bytes: number; durationMs: number }
  | { ok: false; failure: RecordingFailure; detail: string };
