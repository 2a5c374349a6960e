import type { CodecName, LegKind } from '@intermix/media';
import type { DigestCredentials, ExtraHeaders, NameAddr, RequestTarget } from '@intermix/sip';
import type { CallProgram } from '../control/call-control.js';
import type { RecordingWish } from '../control/recording-wish.js';
import type { CallDirection, PartyKind } from '../ports/call-store.js';
import type { Device } from './device-link.js';
import type { Waiting } from './waiting-sound.js';

/** One party that is to ring. */
export interface BranchPlan {
  kind: PartyKind;
  /** User id or carrier id. */
  party: string;
  address: string;
  target: RequestTarget;
  /** What is offered: plain RTP to carriers and telephones, WebRTC to browsers. */
  mediaKind: LegKind;
  /** Goes first in our offer when the calling party knows it: the device asked for it when it registered. */
  preferredCodec?: CodecName | undefined;
  from: NameAddr;
  to: NameAddr;
  credentials?: DigestCredentials;
  /** Further headers of the INVITE. */
  headers?: ExtraHeaders | undefined;
  device?: Device;
  /** The user who rings, of which app, and on which device; undefined for the other party. */
  userId?: string | undefined;
  appId?: string | undefined;
  userDevice?: 'sip' | 'phone' | undefined;
  /** Gives back what the leg holds of its carrier. May be called twice. */
  release?: () => void;
}

/** Said to who answers before the two are joined, or to both. The file is 8 kHz, mono, 16 bit WAV. */
export interface Announcement {
  file: string;
  to: 'callee' | 'both';
}

/** Everything the router decided about a call, before anything is sent. */
export interface CallPlan {
  accountSid: string;
  appId: string | undefined;
  direction: CallDirection;
  /** See `CallRecord`. */
  userId?: string | undefined;
  exophone?: string | undefined;
  customField?: string | undefined;
  from: string;
  to: string;
  /** Who rings; nobody when a program has the call. */
  branches: readonly BranchPlan[];
  /** In place of `branches`, for those who are to be looked for only when it is their turn. Rejects when a directory does. */
  lateBranches?: (() => Promise<{ branches: readonly BranchPlan[]; refusal?: Refusal }>) | undefined;
  program?: CallProgram | undefined;
  recording?: RecordingWish | undefined;
  announcement?: Announcement | undefined;
  /** Seconds that the call may last from its answer on. */
  timeLimitSec?: number | undefined;
  /** Seconds that it may ring; the switch's setting when undefined. */
  ringTimeoutSec?: number | undefined;
  /** Set when the call is to be recorded and refused. */
  refusal?: Refusal;
  /** Hops left for the INVITEs that we send: one less than the caller's had. */
  maxForwards: number;
  /** X- headers of the caller's INVITE: for the record only. */
  customHeaders: Readonly<Record<string, string>>;
}

/** A call that came to us. */
export interface IncomingCallPlan extends CallPlan {
  caller: Pick<BranchPlan, 'kind' | 'party' | 'address' | 'device' | 'userId' | 'appId' | 'userDevice'>;
}

/** A call that we place: for a user, or between a number and somebody else. */
export interface PlacedCallPlan extends CallPlan {
  /** See `CallOrder`. */
  callSid?: string | undefined;
  /** Who is rung first: the user's devices, or the number. */
  devices: readonly BranchPlan[];
  /** What the first party hears until the second answers; ringback when undefined. */
  waiting?: Waiting | undefined;
}

/** A call that is not made: what the caller hears, and the word for the record. */
export interface Refusal {
  status: number;
  reason?: string;
  headers?: ExtraHeaders;
  /** `Termination.reason`. */
  why: string;
}
