import { IntermixError } from '@intermix/kernel';
import type { SessionEnd, SipFailure } from '../ua/types.js';
import type { SipResponse } from './message.js';

export { type PartialMessage, SipHeaderError, SipParseError } from './syntax-errors.js';

/** A flow could not be had, or broke while a message was on its way. Maps to 503 (RFC 3261 §8.1.3.1). */
export class SipTransportError extends IntermixError {
  readonly code = 'ERR_SIP_TRANSPORT';
}

/** The peer refused with a final response of 300 to 699. */
export class SipRejectedError extends IntermixError {
  readonly code = 'ERR_SIP_REJECTED';
  readonly status: number;
  readonly response: SipResponse;

  constructor(response: SipResponse, message = `refused with ${response.status} ${response.reason}`) {
    super(message);
    this.status = response.status;
    this.response = response;
  }
}

/** A request that got no response at all, or whose flow was lost. */
export class SipRequestError extends IntermixError {
  readonly code = 'ERR_SIP_REQUEST';
  readonly failure: SipFailure;

  constructor(failure: SipFailure, options?: { cause?: unknown }) {
    super(`request failed: ${failure.cause} (${failure.status} ${failure.reason})`, options);
    this.failure = failure;
  }
}

/** What was to be a snapshot of a session cannot be used: of another version, incomplete, or not ours at all. */
export class SessionSnapshotError extends IntermixError {
  readonly code = 'ERR_SIP_SNAPSHOT';

  constructor(options?: { cause?: unknown }) {
    super('the snapshot of the session cannot be used', options);
  }
}

/** Something was asked of a session that is over. */
export class SessionEndedError extends IntermixError {
  readonly code = 'ERR_SIP_SESSION_ENDED';
  readonly end: SessionEnd | undefined;

  constructor(end?: SessionEnd) {
    super(end ? `the session has ended: ${end.by} ${end.cause}` : 'the session has ended');
    this.end = end;
  }
}
