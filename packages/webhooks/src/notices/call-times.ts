import type { CallRecord, LegRecord } from '@intermix/calls';

/** How long things took, in whole seconds: each one that has begun counts, as in the call's record. */
export interface CallTimes {
  /** From the start of the call to its end: ringing and talk. */
  duration: number;
  /** From the answer to the end; 0 when nobody answered. */
  talkTime: number;
  /** From the first ringing to the answer, or to the end; 0 when nothing rang. */
  ringTime: number;
}

type RingingLeg = Pick<LegRecord, 'role' | 'ringingAt'>;

/** The times of a call; 0 for what is not over yet. Every face of the product takes them from here. */
export function callTimes(call: CallRecord, legs: readonly RingingLeg[]): CallTimes {
  const rung = legs.flatMap((leg) => (leg.role === 'callee' && leg.ringingAt ? [leg.ringingAt.getTime()] : []));
  const rangAt = rung.length > 0 ? new Date(Math.min(...rung)) : undefined;
  const endedAt = endOf(call, rung);
  return {
    duration: secondsBetween(call.createdAt, endedAt),
    talkTime: call.answeredAt && endedAt ? call.durationSec : 0,
    ringTime: secondsBetween(rangAt, call.answeredAt ?? endedAt),
  };
}

/** A call that died with the server ends with the last that is known of it: the night until the next start is nobody's. */
function endOf({ endedAt, answeredAt, createdAt, durationSec, termination }: CallRecord, rung: number[]) {
  if (endedAt === undefined || termination?.reason !== 'server-died') return endedAt;
  if (answeredAt) return new Date(answeredAt.getTime() + durationSec * 1000);
  return new Date(Math.max(createdAt.getTime(), ...rung));
}

function secondsBetween(from: Date | undefined, to: Date | undefined): number {
  if (from === undefined || to === undefined) return 0;
  return Math.max(0, Math.ceil((to.getTime() - from.getTime()) / 1000));
}
