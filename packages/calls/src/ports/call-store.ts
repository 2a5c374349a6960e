/** States of a call, and of each leg, as customers read them (Exotel's words). */
export type CallStatus =
  | 'queued'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'no-answer'
  | 'failed'
  | 'canceled';
export type CallDirection = 'inbound' | 'outbound' | 'internal';

/** How and by whom a call or leg ended. */
export interface Termination {
  by: 'caller' | 'callee' | 'platform';
  /** Stable word: `hangup`, `cancelled`, `busy`, `rejected`, `no-answer`, `unreachable`, `flow-lost`, `media-lost`, `shutdown`, `answered-elsewhere`, `carrier-failed`, `server-died`, … */
  reason: string;
  sipStatus: number | undefined;
}

/** Who stands at the far end: a user's browser, a user's SIP telephone, or a carrier. */
export type PartyKind = 'browser' | 'telephone' | 'carrier';

export interface LegRecord {
  legId: string;
  callSid: string;
  /** `caller` is the leg that placed the call. */
  role: 'caller' | 'callee';
  kind: PartyKind;
  /** User id for browsers and telephones, carrier id for carriers. */
  party: string;
  address: string;
  sipCallId: string | undefined;
  status: CallStatus;
  createdAt: Date;
  ringingAt: Date | undefined;
  answeredAt: Date | undefined;
  endedAt: Date | undefined;
  termination: Termination | undefined;
  /** Media figures at the end of the leg. */
  quality: LegQuality | undefined;
  /** The user whose device it is, by browser or telephone; undefined for the other party. */
  userId: string | undefined;
  /** Which of the user's devices. */
  device: 'sip' | 'phone' | undefined;
}

export interface LegQuality {
  codec: string | undefined;
  packetsSent: number;
  packetsReceived: number;
  packetsLost: number;
  jitterMs: number;
  roundTripMs: number | undefined;
}

export interface CallRecord {
  callSid: string;
  accountSid: string;
  appId: string | undefined;
  direction: CallDirection;
  from: string;
  to: string;
  status: CallStatus;
  createdAt: Date;
  answeredAt: Date | undefined;
  endedAt: Date | undefined;
  /** Seconds between answer and end, rounded up; 0 when unanswered. */
  durationSec: number;
  termination: Termination | undefined;
  /** The app's user in the call: who placed it, who answered it, or the first of those whom it rang. */
  userId: string | undefined;
  /** Our number in the call, `+E.164`: the one dialled, or the caller id shown. */
  exophone: string | undefined;
  /** Of a call that a backend had placed: what it gave along, at most 128 characters, and is told again with each step. */
  customField: string | undefined;
}

/** A thing that happened in a call, kept in order. `type` is a word of docs/reference/events.md. */
export interface CallEventRecord {
  callSid: string;
  legId: string | undefined;
  type: string;
  at: Date;
  data: Record<string, unknown>;
}

/**
 * One write of the call's story: rows that change and the event that tells why, in one transaction.
 * Resolves when committed; only then may the far end be told (180, 200, …).
 */
export interface CallChange {
  /** Whole row at first, changed fields later. */
  call: Partial<CallRecord> & { callSid: string };
  legs?: ReadonlyArray<Partial<LegRecord> & { legId: string }>;
  events: readonly CallEventRecord[];
}

export interface CallQuery {
  accountSid: string;
  status?: CallStatus;
  limit: number;
  /** Opaque; from the page before. */
  cursor?: string;
}

export interface CallStore {
  /** The call row and its first legs; rejects when the sid exists. */
  create(call: CallRecord, legs: readonly LegRecord[], events: readonly CallEventRecord[]): Promise<void>;
  apply(change: CallChange): Promise<void>;
  addLegs(legs: readonly LegRecord[]): Promise<void>;
  find(
    accountSid: string,
    callSid: string,
  ): Promise<{ call: CallRecord; legs: LegRecord[]; events: CallEventRecord[] } | undefined>;
  list(query: CallQuery): Promise<{ calls: CallRecord[]; nextCursor: string | undefined }>;
  /** At start: closes every call that this server's last process left open, as `failed` / `server-died`. Gives how many. */
  failOpenCalls(at: Date): Promise<number>;
}
