import type { CallRecord, CallStatus } from '@intermix/calls';

const statuses: ReadonlySet<CallStatus> = new Set(['failed', 'no-answer', 'busy']);
/** Who was asked said no, or the number is no number, or none that we may dial: the next answer would be the same. */
const finalReasons: ReadonlySet<string> = new Set(['rejected', 'unknown-number', 'not-allowed']);

/** Whether the party that an ordered call rings first was not reached, and might be another time (`MaxRetries` of Exotel's Voice v1). */
export function mayBeTriedAgain({ status, termination }: Pick<CallRecord, 'status' | 'termination'>): boolean {
  return statuses.has(status) && termination?.by === 'caller' && !finalReasons.has(termination.reason);
}
