import type { MediaAttachment, PlayEnd, ToneSpec } from '@intermix/media';
import type { CallRecord, LegRecord, Termination } from '../ports/call-store.js';
import type { RecordingWish } from './recording-wish.js';

/**
 * What decides about a call in place of a list of users: a flow, or a bot that is called directly. It has the calling
 * party, answered or not yet, and does with it what it likes. When `run` resolves the call is hung up, when it rejects the
 * call ends as failed. After the calling party has gone every method of `control` rejects with CallError (`call-over`), and
 * `control.signal` is aborted; `run` should return then.
 */
export interface CallProgram {
  /** The app whose calls these are, and whose backend hears of them. */
  readonly appId?: string | undefined;
  run(control: CallControl): Promise<void>;
}

/** A call in a program's hands. */
export interface CallControl {
  /** The record as it stands. */
  readonly call: CallRecord;
  /** Aborted when the call is over; its reason is the Termination. */
  readonly signal: AbortSignal;
  /** Answers the calling party; at once when it has answered already. Everything below answers first. */
  answer(): Promise<void>;
  /** Plays a WAV file (8 kHz, mono, 16 bit PCM) to the calling party. Resolves at its end, or when `stopPlaying` ended it. */
  playFile(path: string, options?: { loop?: boolean }): Promise<PlayEnd>;
  playTone(tone: ToneSpec): Promise<void>;
  /** Ends file and tone. */
  stopPlaying(): Promise<void>;
  /** Digits of the calling party, by RFC 4733 or INFO, while no other party is connected or while one is. */
  onDigit(listener: (digit: { digit: string; durationMs: number }) => void): () => void;
  /** Something that runs beside the calling party's leg in its media process: see `MediaLeg.attach`. */
  attach(kind: string, spec: unknown): Promise<MediaAttachment>;
  /**
   * Rings other parties, all at once, and joins the first that answers. Resolves when that one has gone or none answered;
   * the calling party is still there then, and the program goes on.
   */
  connect(request: ConnectRequest): Promise<ConnectOutcome>;
  /** Asks for the call to be recorded from now on; see `RecordingWish`. */
  record(wish: RecordingWish): void;
  /** Notes a step of the program in the call's story, for its record. Type is a word of docs/reference/events.md. */
  note(type: string, data: Record<string, unknown>): void;
  /** Ends the call. `run` is expected to return soon. */
  hangup(reason?: Termination['reason']): void;
}

/**
 * A party to ring. A number is dialled through a carrier by the account's rules, a user on the devices that are on; a trunk is
 * the account's own exchange behind that carrier, asked for our number in the call, and shown who calls.
 */
export type ConnectParty =
  | { type: 'user'; appId: string; userId: string }
  | { type: 'number'; number: string }
  | { type: 'trunk'; carrierId: string };

export interface ConnectRequest {
  parties: readonly ConnectParty[];
  /** Seconds that they may ring; the switch's setting when undefined. */
  ringTimeoutSec?: number | undefined;
  /** Seconds that the two may talk; then the other party is hung up and the outcome is `completed`. */
  timeLimitSec?: number | undefined;
  /** Our number to show, `+E.164`; the account's default when undefined. */
  callerId?: string | undefined;
  /** What the calling party hears until somebody answers. Default ringback. */
  waiting?: { file: string } | { tone: ToneSpec } | undefined;
  /** Played to who answers before the two are joined, or to both at once. */
  announcement?: { file: string; to: 'callee' | 'both' } | undefined;
  /** Headers of the INVITEs to carriers. */
  headers?: ReadonlyArray<readonly [string, string]> | undefined;
  onEvent?: ((event: ConnectEvent) => void) | undefined;
}

/** A step of a party that is rung. `leg` as its record stands. */
export interface ConnectEvent {
  type: 'dial' | 'ringing' | 'answered' | 'ended';
  leg: LegRecord;
}

export interface ConnectOutcome {
  /** `canceled`: the calling party left first. */
  status: 'completed' | 'busy' | 'no-answer' | 'failed' | 'canceled';
  /** Of `failed` and `no-answer`: the stable word, such as `not-allowed`, `unreachable`, `carrier-failed`. */
  reason: string;
  /** Who answered, or the last one tried: user id or `+E.164`. */
  party: string | undefined;
  /** Seconds since they were dialled, and seconds that the two talked. */
  dialledSec: number;
  talkedSec: number;
  endedBy: Termination['by'] | undefined;
}
