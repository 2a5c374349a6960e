import type { CallChange, CallEventRecord, CallRecord, LegRecord } from '@intermix/calls';
import type { Notice } from '../ports/notice.js';
import type { ClosedCall, LeftBy, NotifiedCallStore } from '../ports/notified-call-store.js';

/** A store of calls that only remembers what was to be told; can be made to fail. */
export class ToldStore implements NotifiedCallStore {
  readonly told: Notice[] = [];
  open: ClosedCall[] = [];
  failing = false;
  /** Whose open calls were asked for. */
  readonly swept: LeftBy[] = [];

  async create(
    _call: CallRecord,
    _legs: readonly LegRecord[],
    _events: readonly CallEventRecord[],
    notices: readonly Notice[] = [],
  ): Promise<void> {
    this.#take(notices);
  }

  async apply(_change: CallChange, notices: readonly Notice[] = []): Promise<void> {
    this.#take(notices);
  }

  async addLegs(): Promise<void> {}

  async find(): Promise<undefined> {}

  async list(): Promise<{ calls: CallRecord[]; nextCursor: undefined }> {
    return { calls: [], nextCursor: undefined };
  }

  async failOpenCalls(
    _at: Date,
    noticesOf: (closed: readonly ClosedCall[]) => Promise<readonly Notice[]> = async () => [],
    left: LeftBy = 'own',
  ): Promise<number> {
    this.swept.push(left);
    this.#take(await noticesOf(this.open));
    return this.open.length;
  }

  #take(notices: readonly Notice[]): void {
    if (this.failing) throw new Error('the database is away');
    this.told.push(...notices);
  }
}
