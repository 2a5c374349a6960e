import type { SipFailure } from '@intermix/sip';
import type { CallStatus } from '../ports/call-store.js';

/** Why a branch was not answered, in our words (`Termination.reason`). Busy is a value, not an error. */
export type Unanswered =
  | 'busy'
  | 'rejected'
  | 'no-answer'
  | 'unreachable'
  | 'unknown-number'
  | 'not-allowed'
  | 'no-common-codec'
  | 'carrier-failed'
  | 'flow-lost'
  | 'media-lost';

/** How a branch failed: what the record says, and what the caller is told when this failure decides the call. */
export interface BranchFailure {
  reason: Unanswered;
  /** The status that the branch gave, as recorded. */
  sipStatus: number;
  /** The status for the caller. */
  upstream: number;
}

/** The reason phrase with which Exotel's SDK refuses a second call while one is up (its status is 480). */
const busyPhraseOfExotelSdk = '4001';

/** Reads the failure of a branch to a browser. */
export function browserFailure(failure: SipFailure): BranchFailure {
  const { status, cause } = failure;
  if (cause === 'timeout') return { reason: 'unreachable', sipStatus: status, upstream: 480 };
  // A browser is reached over its own connection only, so this is a connection that has closed.
  if (cause === 'transport') return { reason: 'flow-lost', sipStatus: status, upstream: 480 };
  if (status === 480 && failure.reason === busyPhraseOfExotelSdk)
    return { reason: 'busy', sipStatus: status, upstream: 486 };
  if (status === 486 || status === 600) return { reason: 'busy', sipStatus: status, upstream: 486 };
  if (status === 603) return { reason: 'rejected', sipStatus: status, upstream: 603 };
  if (status === 408 || status === 480 || status === 487)
    return { reason: 'no-answer', sipStatus: status, upstream: 480 };
  if (status === 488 || status === 415 || status === 606)
    return { reason: 'no-common-codec', sipStatus: status, upstream: 488 };
  return { reason: 'unreachable', sipStatus: status, upstream: 480 };
}

/**
 * Reads the failure of a branch to a carrier. 404, 486, 603 and their like say something about the number and pass.
 * 5xx, and refusals that speak of our trunk and not of the callee, become 502, so that nobody upstream retries the call
 * elsewhere because of a 503 that was not meant for him.
 */
export function carrierFailure(failure: SipFailure): BranchFailure {
  const { status, cause } = failure;
  if (cause === 'timeout') return { reason: 'unreachable', sipStatus: status, upstream: 504 };
  if (cause === 'transport') return { reason: 'carrier-failed', sipStatus: status, upstream: 502 };
  switch (status) {
    case 486:
    case 600:
      return { reason: 'busy', sipStatus: status, upstream: 486 };
    case 603:
      return { reason: 'rejected', sipStatus: status, upstream: 603 };
    case 404:
    case 410:
    case 484:
    case 604:
      return { reason: 'unknown-number', sipStatus: status, upstream: status };
    case 403:
      return { reason: 'not-allowed', sipStatus: status, upstream: 403 };
    case 480:
    case 487:
      return { reason: 'no-answer', sipStatus: status, upstream: 480 };
    case 408:
      return { reason: 'unreachable', sipStatus: status, upstream: 504 };
    case 488:
    case 415:
    case 606:
      return { reason: 'no-common-codec', sipStatus: status, upstream: 488 };
    default:
      return { reason: 'carrier-failed', sipStatus: status, upstream: 502 };
  }
}

/** Which of several failed branches speaks for the call: the one that tells the caller most. */
const rank: readonly Unanswered[] = [
  'rejected',
  'busy',
  'no-answer',
  'unknown-number',
  'not-allowed',
  'no-common-codec',
  'carrier-failed',
  'media-lost',
  'flow-lost',
  'unreachable',
];

export function decisiveFailure(failures: readonly BranchFailure[]): BranchFailure {
  const ranked = [...failures].sort((a, b) => rank.indexOf(a.reason) - rank.indexOf(b.reason));
  return ranked[0] ?? { reason: 'unreachable', sipStatus: 480, upstream: 480 };
}

const statusOf: Record<Unanswered, CallStatus> = {
  busy: 'busy',
  rejected: 'busy',
  'no-answer': 'no-answer',
  unreachable: 'no-answer',
  'flow-lost': 'no-answer',
  'unknown-number': 'failed',
  'not-allowed': 'failed',
  'no-common-codec': 'failed',
  'carrier-failed': 'failed',
  'media-lost': 'failed',
};

/** The customer's word for a call that ended unanswered for this reason. A rejection reads as busy, as Exotel has it. */
export function callStatusOf(reason: Unanswered): CallStatus {
  return statusOf[reason];
}
