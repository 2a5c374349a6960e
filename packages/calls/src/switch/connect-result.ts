import type { ConnectOutcome } from '../control/call-control.js';
import type { CallStatus } from '../ports/call-store.js';
import type { Refusal } from './call-plan.js';
import { type BranchFailure, callStatusOf } from './failure-status.js';

/** How an attempt to connect ended. */
export type ConnectResult = Pick<ConnectOutcome, 'status' | 'reason' | 'endedBy'>;

/** A second that has begun counts. */
export function secondsBetween(from: number | undefined, to: number): number {
  return from === undefined ? 0 : Math.ceil((to - from) / 1000);
}

export function resultOfFailure({ reason }: BranchFailure): ConnectResult {
  return { ...resultOf(callStatusOf(reason), reason), endedBy: 'callee' };
}

export function resultOfRefusal({ why }: Refusal): ConnectResult {
  return { ...resultOf(why === 'unreachable' ? 'no-answer' : 'failed', why), endedBy: 'platform' };
}

function resultOf(status: CallStatus, reason: string): Pick<ConnectResult, 'status' | 'reason'> {
  return { status: status === 'busy' || status === 'no-answer' ? status : 'failed', reason };
}
