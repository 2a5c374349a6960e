import type { PlayEnd } from '../attachments/attachment.js';
import type { MediaProblem } from '../errors.js';
import type { DtlsRole, LocalTransport, NegotiatedMedia, RemoteTransport } from '../sdp/descriptions.js';
import type { LegKind, LegStats, ToneSpec } from '../types.js';

// Control messages between the server and a media process, over Node's IPC channel. Media packets never pass here.
//
//   server ── start ─────────────────────► process      once, first
//   server ── request (id, command, …) ──► process
//   server ◄── reply (id, ok, …) ───────── process      exactly one for each request
//   server ◄── event (event, …) ────────── process      whenever something happened to a leg or an attachment

export interface LegKey {
  callId: string;
  legId: string;
}

export interface ChildConfig {
  announcedAddress: string;
  bindAddress: string;
  webrtcPort: number;
  rtpPortMin: number;
  rtpPortMax: number;
  silenceAfterMs: number;
}

export type ChildCommand =
  | { command: 'start'; config: ChildConfig }
  | ({ command: 'create-leg'; kind: LegKind } & LegKey)
  /** New ICE credentials and the other certificate, for the far end's ICE restart. */
  | ({ command: 'restart-ice' } & LegKey)
  | ({ command: 'configure-leg'; media: NegotiatedMedia; remote: RemoteTransport; dtlsRole: DtlsRole } & LegKey)
  | ({ command: 'bridge'; otherLegId: string } & LegKey)
  | ({ command: 'unbridge' } & LegKey)
  | ({ command: 'send-dtmf'; digits: string; durationMs: number } & LegKey)
  | ({ command: 'play'; tone: ToneSpec } & LegKey)
  /** Answered when the file has ended. */
  | ({ command: 'play-file'; path: string; loop: boolean } & LegKey)
  /** Ends tone and file. */
  | ({ command: 'stop-playing' } & LegKey)
  /** The id is the server's, of no other attachment of its lifetime. */
  | ({ command: 'attach'; attachmentId: number; kind: string; spec: unknown } & LegKey)
  | { command: 'attachment-command'; attachmentId: number; data: unknown }
  | { command: 'attachment-close'; attachmentId: number }
  | ({ command: 'stats' } & LegKey)
  | ({ command: 'close-leg' } & LegKey)
  | { command: 'stop' };

export type ChildRequest = { id: number } & ChildCommand;

/** What each command gives back. */
export interface CommandResults {
  start: null;
  'create-leg': LocalTransport;
  'restart-ice': LocalTransport;
  'configure-leg': null;
  bridge: null;
  unbridge: null;
  'send-dtmf': null;
  play: null;
  'play-file': PlayEnd;
  'stop-playing': null;
  attach: null;
  'attachment-command': null;
  'attachment-close': null;
  stats: LegStats;
  'close-leg': null;
  stop: null;
}

export type ChildReply =
  | { id: number; ok: true; result: CommandResults[keyof CommandResults] }
  | { id: number; ok: false; problem: MediaProblem; message: string };

export type LegEventMessage = LegKey &
  (
    | { event: 'leg-connected' }
    | { event: 'leg-failed'; reason: string }
    | { event: 'leg-dtmf'; digit: string; durationMs: number }
    | { event: 'leg-silence'; silentMs: number }
  );

export type AttachmentEventMessage = { attachmentId: number } & (
  | { event: 'attachment-event'; data: unknown }
  /** Once; `problem` says why it has no result. */
  | { event: 'attachment-ended'; result: unknown; problem?: string }
);

/** Something in the process failed where nobody caught it. It goes on. */
export interface ProcessErrorMessage {
  event: 'process-error';
  message: string;
}

export type ChildMessage = ChildReply | LegEventMessage | AttachmentEventMessage | ProcessErrorMessage;

/** What attachments have to end in when their process is to stop, milliseconds. */
export const attachmentGraceMs = 5000;

/** A leg's key as one string; the parts cannot run into each other. */
export const keyText = (key: LegKey): string => JSON.stringify([key.callId, key.legId]);
