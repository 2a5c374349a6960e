import type { SessionSnapshot } from '@intermix/sip';
import type { VoiceError } from '../errors.js';
import type { CallQuality, QualityWarning } from '../quality/part.js';
import type { RecordingState } from './call-recording.js';

export type CallDirection = 'incoming' | 'outgoing';

/**
 *   outgoing  calling ──180──► ringing ──183 with SDP──► early-media ──200──► connected ──► ended
 *   incoming  ringing ──answer()──► answering ──200 sent──► connected ──► ended
 *
 * `ended` is reached from every state, once.
 */
export type CallState = 'calling' | 'ringing' | 'early-media' | 'answering' | 'connected' | 'ended';

/** Why a call is over. */
export type CallEndReason =
  | 'local-hangup'
  | 'remote-hangup'
  | 'rejected' // Declined here.
  | 'cancelled' // Given up before the answer, by whoever placed the call.
  | 'answered-elsewhere' // Another device of the same person took it.
  | 'busy'
  | 'declined'
  | 'no-answer'
  | 'unknown-number'
  | 'forbidden'
  | 'connection-lost'
  | 'handed-over' // The call goes on in another page, or in this one after its reload.
  | 'media-failed'
  | 'failed';

export interface CallEnd {
  reason: CallEndReason;
  by: 'local' | 'remote';
  /** SIP status of a call that was never answered. */
  status?: number;
  /** The server's words, for logs. */
  text?: string;
}

/** Who is at the other end. */
export interface RemoteParty {
  /** User part of the address: a number or a user name. */
  user: string;
  /** Name shown by the caller; Exotel puts the caller's number here. */
  displayName: string | undefined;
  /** Full address, `sip:user@host`. */
  uri: string;
}

/** A snapshot for a log or a screen. Times are milliseconds since the epoch, undefined until they happen. */
export interface CallDetails {
  callId: string;
  /** Exotel's id of the call, from X-Exotel-CallSid; empty when the server gave none. */
  callSid: string;
  legSid: string;
  direction: CallDirection;
  state: CallState;
  remote: RemoteParty;
  muted: boolean;
  held: boolean;
  /** The far end holds us: it said so by `sendonly` or `inactive` (RFC 3264 section 8.4). */
  remoteHeld: boolean;
  startedAt: number;
  answeredAt: number | undefined;
  connectedAt: number | undefined;
  endedAt: number | undefined;
  /** Talk time so far, milliseconds. */
  durationMs: number;
  end: CallEnd | undefined;
  /** Header fields of the INVITE (incoming) or of the last answer (outgoing); an array where one is repeated. */
  headers: Readonly<Record<string, string | readonly string[]>>;
}

/** What a page needs to go on with a call of another one, or of itself before a reload. Plain JSON, without secrets. */
export interface CallSnapshot {
  v: 1;
  session: SessionSnapshot;
  direction: CallDirection;
  callId: string;
  remote: RemoteParty;
  headers: CallDetails['headers'];
  startedAt: number;
  answeredAt: number | undefined;
  connectedAt: number;
  muted: boolean;
  held: boolean;
  remoteHeld: boolean;
  recording?: RecordingState;
}

export interface VoiceCallEvents {
  /** The far end rings (outgoing). */
  ringing: [];
  /** Sound before the answer: announcements, the network's own ringback. */
  earlyMedia: [stream: MediaStream | undefined];
  connected: [];
  muted: [];
  unmuted: [];
  held: [];
  unheld: [];
  /** The far end put us on hold, or took us back. */
  remoteHold: [held: boolean];
  /** The call is being recorded from now on, or no longer, whoever wanted it: this page, the far end's, the API, a flow. */
  recording: [state: RecordingState];
  /** Digits begin to be sent; a comma is a pause. */
  dtmfSent: [digits: string];
  remoteStream: [stream: MediaStream];
  /** The connection to the server, or the audio path, was lost; the call stays up and is mended. */
  reconnecting: [what: 'signalling' | 'media'];
  reconnected: [what: 'signalling' | 'media'];
  /** Every five seconds. */
  quality: [quality: CallQuality];
  /** Three of the last five seconds were bad, or five were silent: the person hears it. Once until it is cleared. */
  qualityWarning: [warning: QualityWarning];
  /** Five seconds in a row were good again. */
  qualityWarningCleared: [warning: QualityWarning];
  iceGathering: [state: RTCIceGatheringState];
  iceConnection: [state: RTCIceConnectionState];
  /** Something went wrong; `ended` follows when the call could not live on. */
  failed: [error: VoiceError];
  /** Exactly once. */
  ended: [end: CallEnd];
  /** After every change of state. */
  stateChanged: [state: CallState];
}

/** Tells the page of something that has happened to the call. */
export type TellOfCall = <E extends keyof VoiceCallEvents>(event: E, ...told: VoiceCallEvents[E]) => void;

/** How a person hears of a SIP status that ended an outgoing call. */
export function endReasonOf(status: number): CallEndReason {
  switch (status) {
    case 486:
    case 600:
      return 'busy';
    case 603:
    case 607:
      return 'declined';
    case 408:
    case 480:
      return 'no-answer';
    case 404:
    case 410:
    case 484:
    case 604:
      return 'unknown-number';
    case 401:
    case 403:
    case 407:
      return 'forbidden';
    case 487:
      return 'cancelled';
    default:
      return 'failed';
  }
}
