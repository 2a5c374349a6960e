import { SdpError } from '@intermix/media';
import type { Reason } from '@intermix/sip';
import type { CallStatus, Termination } from '../ports/call-store.js';
import type { Refusal } from './call-plan.js';
import { type BranchFailure, callStatusOf } from './failure-status.js';
import type { Farewell, LegLoss } from './leg.js';

type Role = 'caller' | 'callee';

/** How a call ends, in all its aspects: what the record says, and what each far end hears. The README has the table. */
export interface CallEnding {
  status: CallStatus;
  termination: Termination;
  /** For a caller that still waits for an answer. */
  reject: Farewell['reject'];
  /** Reason header of CANCEL and BYE. RFC 3326. */
  reason?: Reason | undefined;
}

/** The caller gave up. Its own reason passes on: a phone that heard "completed elsewhere" lists no missed call. */
export function cancelledByCaller(flowLost: boolean, reason: Reason | undefined): CallEnding {
  const termination: Termination = { by: 'caller', reason: flowLost ? 'flow-lost' : 'cancelled', sipStatus: 487 };
  return { status: 'canceled', termination, reject: { status: 487 }, reason };
}

export function refusedByUs({ why, ...reject }: Refusal): CallEnding {
  const status: CallStatus = why === 'unreachable' ? 'no-answer' : 'failed';
  return { status, termination: { by: 'platform', reason: why, sipStatus: reject.status }, reject };
}

export function notRecorded(): CallEnding {
  return refusedByUs({ why: 'store-failed', status: 500, reason: 'Call Could Not Be Recorded' });
}

/** Nobody of those who were called answered; `by` is the caller where it is the one that we ring first. */
export function unanswered({ reason, sipStatus, upstream }: BranchFailure, by: Role): CallEnding {
  const termination: Termination = { by, reason, sipStatus };
  return { status: callStatusOf(reason), termination, reject: { status: upstream } };
}

export function rungOut(by: Role): CallEnding {
  const termination: Termination = { by, reason: 'no-answer', sipStatus: 480 };
  return { status: 'no-answer', termination, reject: { status: 480, reason: 'No Answer' } };
}

/** The time that the call may last is over. */
export function timeIsUp(): CallEnding {
  const termination: Termination = { by: 'platform', reason: 'time-limit', sipStatus: undefined };
  return { status: 'completed', termination, reject: { status: 480 } };
}

/** How a call that its program hangs up reads, while it has not been answered. */
const unansweredEnds: Readonly<Record<string, { status: CallStatus; sipStatus: number }>> = {
  busy: { status: 'busy', sipStatus: 486 },
  rejected: { status: 'busy', sipStatus: 603 },
  'no-answer': { status: 'no-answer', sipStatus: 480 },
  unreachable: { status: 'no-answer', sipStatus: 480 },
  'unknown-number': { status: 'failed', sipStatus: 404 },
  'not-allowed': { status: 'failed', sipStatus: 403 },
};

/** The program that has the call hangs up, or has come to its end. */
export function endedByProgram(reason: Termination['reason'], isAnswered: boolean): CallEnding {
  if (isAnswered)
    return {
      status: 'completed',
      termination: { by: 'platform', reason, sipStatus: undefined },
      reject: { status: 480 },
    };
  const { status, sipStatus } = unansweredEnds[reason] ?? { status: 'canceled', sipStatus: 480 };
  return { status, termination: { by: 'platform', reason, sipStatus }, reject: { status: sipStatus } };
}

/** The program that has the call broke. */
export function programFailed(): CallEnding {
  return {
    status: 'failed',
    termination: { by: 'platform', reason: 'program-failed', sipStatus: 500 },
    reject: { status: 500 },
    reason: { protocol: 'SIP', cause: 500, text: 'Program Failed' },
  };
}

/** By order: `hangup` of an operator or the API, `shutdown` of the server. */
export function ordered(reason: 'hangup' | 'shutdown', isAnswered: boolean): CallEnding {
  const termination: Termination = { by: 'platform', reason, sipStatus: undefined };
  if (reason === 'hangup')
    return { status: isAnswered ? 'completed' : 'canceled', termination, reject: { status: 480 } };
  return {
    status: isAnswered ? 'completed' : 'failed',
    termination,
    reject: { status: 503, headers: [['Retry-After', '10']] },
    reason: { protocol: 'SIP', cause: 503, text: 'Server shutting down' },
  };
}

/** Something of ours broke. Media that cannot be agreed on is the parties' matter: 488. */
export function brokenDown(error: unknown, isAnswered: boolean): CallEnding {
  const isCodec = error instanceof SdpError;
  const sipStatus = isCodec ? 488 : 500;
  const termination: Termination = { by: 'platform', reason: isCodec ? 'no-common-codec' : 'media-lost', sipStatus };
  return { status: isAnswered ? 'completed' : 'failed', termination, reject: { status: sipStatus } };
}

/** `Reason` of the BYE to the other side, so that a trace tells why. */
const reasonOfLoss: Partial<Record<LegLoss['reason'], Reason>> = {
  'flow-lost': { protocol: 'SIP', cause: 480, text: 'Connection lost' },
  'media-lost': { protocol: 'SIP', cause: 500, text: 'Media lost' },
};

/** The caller's leg, or that of the callee who answered, is gone: by BYE, or without a word. */
export function legLost({ reason }: LegLoss, role: Role, isAnswered: boolean): CallEnding {
  const by = reason === 'hangup' ? role : 'platform';
  const unansweredStatus: CallStatus = role === 'caller' ? 'canceled' : 'failed';
  // A user who was rung first and hangs up before the other party answers, gives up.
  const isGivenUp = reason === 'hangup' && role === 'caller' && !isAnswered;
  return {
    status: isAnswered ? 'completed' : unansweredStatus,
    termination: { by, reason: isGivenUp ? 'cancelled' : reason, sipStatus: undefined },
    reject: { status: 480 },
    reason: reasonOfLoss[reason],
  };
}

/** Why a call was not connected, for the BYE to who waits in an answered dialog. An order from outside has no reason. */
export function reasonOf({ reject, termination }: CallEnding): Reason | undefined {
  if (termination.by === 'platform' && termination.reason === 'hangup') return undefined;
  const text = reject.reason ?? reasonPhrases[reject.status];
  return { protocol: 'SIP', cause: reject.status, ...(text ? { text } : {}) };
}

const reasonPhrases: Readonly<Record<number, string>> = {
  404: 'Not Found',
  480: 'No Answer',
  486: 'Busy Here',
  488: 'Not Acceptable Here',
  502: 'Bad Gateway',
  504: 'Unreachable',
  603: 'Decline',
};
