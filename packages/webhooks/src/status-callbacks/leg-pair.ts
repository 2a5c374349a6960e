import type { CallRecord, LegRecord } from '@intermix/calls';

/** The two parties of a call, as the Voice v1 API counts them: of several devices that rang for one, the one that took the call. */
export interface LegPair {
  first: LegRecord | undefined;
  second: LegRecord | undefined;
}

export function legPairOf(legs: readonly LegRecord[]): LegPair {
  return { first: speaking(legs, 'caller'), second: speaking(legs, 'callee') };
}

/** The last that answered: a program may connect one after another. Without any, the last that was tried. */
function speaking(legs: readonly LegRecord[], role: LegRecord['role']): LegRecord | undefined {
  const own = legs.filter((leg) => leg.role === role);
  return own.findLast(({ answeredAt }) => answeredAt !== undefined) ?? own.at(-1);
}

/**
 * Seconds that was talked: by both parties, from the second one's answer on, or by the first with a flow or a bot that
 * connected it to nobody. 0 while the call is up.
 */
export function conversationSec(call: Pick<CallRecord, 'durationSec'>, legs: readonly LegRecord[]): number {
  const { second } = legPairOf(legs);
  return second === undefined ? call.durationSec : Math.min(onCallSec(second), call.durationSec);
}

/** Seconds that a leg was answered, one that has begun counts; 0 while it is not over. */
export function onCallSec({ answeredAt, endedAt }: Pick<LegRecord, 'answeredAt' | 'endedAt'>): number {
  if (answeredAt === undefined || endedAt === undefined) return 0;
  return Math.max(0, Math.ceil((endedAt.getTime() - answeredAt.getTime()) / 1000));
}
