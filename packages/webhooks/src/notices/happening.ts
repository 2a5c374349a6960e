import type { CallRecord, CallStatus, LegRecord } from '@intermix/calls';

/** A step of a call that its app's backend is told of. */
export type Happening =
  | { type: 'incoming_call'; at: Date; userId: string; address: string }
  | { type: 'outbound_call'; at: Date }
  | { type: 'call_ringing'; at: Date }
  | { type: 'call_answered'; at: Date; answeredBy: string; device: 'sip' | 'phone' }
  | { type: 'call_completed'; at: Date; status: CallStatus; recordingAvailable: boolean }
  | { type: 'call_missed'; at: Date }
  | { type: 'missed_call'; at: Date }
  | { type: 'recording_ready'; at: Date; recordingSid: string; recordingUrl: string; durationSec: number }
  | { type: 'recording_failed'; at: Date; recordingSid: string; cause: string };

export type NotificationType = Happening['type'];

/** A call as it stands, with those of its legs that are known. */
export interface KnownCall {
  call: CallRecord;
  legs: readonly LegRecord[];
  /** Of a call that its server did not live to end: when it was last seen, where its durations end. */
  lastSeenAt?: Date | undefined;
}

/** What the app adds to a call's own facts. */
export interface CallerInfo {
  name: string;
  customField: string | undefined;
}

/** The legs of the app's users that were rung, sip before phone: a user's address is that of the first. */
export function userLegs({ legs }: KnownCall): LegRecord[] {
  const own = legs.filter((leg) => leg.role === 'callee' && leg.userId !== undefined);
  return own.sort((a, b) => Number(a.device === 'phone') - Number(b.device === 'phone'));
}

/** The leg of the user whose call it is. */
export function ownLeg(known: KnownCall): LegRecord | undefined {
  const own = ownLegs(known);
  return own.find((leg) => leg.device !== 'phone') ?? own[0];
}

/** The same, but of several devices that rang for the user the one that took the call. */
export function talkingLeg(known: KnownCall): LegRecord | undefined {
  return ownLegs(known).find((leg) => leg.answeredAt !== undefined) ?? ownLeg(known);
}

function ownLegs({ call, legs }: KnownCall): LegRecord[] {
  return legs.filter((leg) => leg.userId !== undefined && leg.userId === call.userId);
}
