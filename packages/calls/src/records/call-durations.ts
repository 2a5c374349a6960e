import type { CallEventRecord, CallRecord, LegRecord } from '../ports/call-store.js';

/** Times of a call in whole seconds; a second that has begun counts. */
export interface CallDurations {
  /** From the order or the INVITE to the end. */
  totalSec: number;
  /** From the called party's first ringing, or from the beginning when it did not ring, to the other party's answer or the end. */
  ringSec: number;
  /** From the other party's answer to the end; 0 when there was none. */
  talkSec: number;
}

type CallTimes = Pick<CallRecord, 'createdAt' | 'answeredAt' | 'endedAt' | 'status' | 'durationSec'> & {
  /** See `lastSeenOf`. */
  lastSeenAt?: Date | undefined;
};

const serverDied = 'server-died';

/**
 * The last thing recorded of a call that its server did not live to end: nobody knows how long it went on, and its
 * `endedAt` is the next start. Undefined of any other call.
 */
export function lastSeenOf(
  call: Pick<CallRecord, 'createdAt' | 'answeredAt' | 'termination'>,
  events: ReadonlyArray<Pick<CallEventRecord, 'type' | 'at'>>,
): Date | undefined {
  if (call.termination?.reason !== serverDied) return undefined;
  const seen = events.filter(({ type }) => type !== serverDied).map(({ at }) => at.getTime());
  return new Date(Math.max((call.answeredAt ?? call.createdAt).getTime(), ...seen));
}

/** The times of a call. Of one that is still up: as they stand at `now`; of one that a crash ended: when it was last seen. */
export function callDurations(
  call: CallTimes,
  legs: ReadonlyArray<Pick<LegRecord, 'role' | 'ringingAt'>>,
  now: Date,
): CallDurations {
  const end = call.lastSeenAt ?? call.endedAt ?? now;
  const isTalking = call.status === 'in-progress';
  const hasTalked = isTalking || call.durationSec > 0;
  // The calling party is rung, too, when the call is placed for it.
  const called = legs.filter(({ role }) => role === 'callee');
  const rings = called.flatMap(({ ringingAt }) => ringingAt?.getTime() ?? []);
  const rangAt = new Date(Math.min(...rings, (rings.length > 0 ? end : call.createdAt).getTime()));
  return {
    totalSec: secondsBetween(call.createdAt, end),
    ringSec: secondsBetween(rangAt, hasTalked && call.answeredAt ? call.answeredAt : end),
    talkSec: isTalking && call.answeredAt ? secondsBetween(call.answeredAt, end) : call.durationSec,
  };
}

function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, Math.ceil((to.getTime() - from.getTime()) / 1000));
}
