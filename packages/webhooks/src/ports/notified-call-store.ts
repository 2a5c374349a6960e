import type { CallChange, CallEventRecord, CallRecord, CallStore, LegRecord } from '@intermix/calls';
import type { Notice } from './notice.js';

/** A call that a dead process left open, as it is recorded now. */
export interface ClosedCall {
  call: CallRecord;
  legs: LegRecord[];
  /** The last thing that was recorded of it while it was up. */
  lastSeenAt: Date;
}

/** Whose open calls: what this server's last process left, or what servers left that are not there any more. */
export type LeftBy = 'own' | 'gone';

/** A store of calls that writes notices, and what is to be delivered of them, in the transaction of the call's rows. */
export interface NotifiedCallStore extends CallStore {
  create(
    call: CallRecord,
    legs: readonly LegRecord[],
    events: readonly CallEventRecord[],
    notices?: readonly Notice[],
  ): Promise<void>;
  apply(change: CallChange, notices?: readonly Notice[]): Promise<void>;
  /** `noticesOf` gives what is to be told of the calls that are being closed. */
  failOpenCalls(
    at: Date,
    noticesOf?: (closed: readonly ClosedCall[]) => Promise<readonly Notice[]>,
    left?: LeftBy,
  ): Promise<number>;
}
