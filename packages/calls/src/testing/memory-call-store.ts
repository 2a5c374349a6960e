import type { CallChange, CallEventRecord, CallQuery, CallRecord, CallStore, LegRecord } from '../ports/call-store.js';

interface Stored {
  call: CallRecord;
  legs: Map<string, LegRecord>;
  events: CallEventRecord[];
}

/** A call store in memory that can be made to fail or to wait. */
export class MemoryCallStore implements CallStore {
  readonly calls = new Map<string, Stored>();
  /** Called before each write; throw or wait in it to make the store fail or be slow. */
  before: (write: 'create' | 'apply') => void | Promise<void> = () => {};

  async create(call: CallRecord, legs: readonly LegRecord[], events: readonly CallEventRecord[]): Promise<void> {
    await this.before('create');
    if (this.calls.has(call.callSid)) throw new Error(`call ${call.callSid} exists`);
    this.calls.set(call.callSid, { call, legs: new Map(legs.map((leg) => [leg.legId, leg])), events: [...events] });
  }

  async apply({ call, legs = [], events }: CallChange): Promise<void> {
    await this.before('apply');
    const stored = this.#stored(call.callSid);
    stored.call = { ...stored.call, ...call };
    for (const leg of legs) stored.legs.set(leg.legId, { ...stored.legs.get(leg.legId)!, ...leg });
    stored.events.push(...events);
  }

  async addLegs(legs: readonly LegRecord[]): Promise<void> {
    for (const leg of legs) this.#stored(leg.callSid).legs.set(leg.legId, leg);
  }

  async find(accountSid: string, callSid: string) {
    const stored = this.calls.get(callSid);
    if (stored?.call.accountSid !== accountSid) return undefined;
    return { call: stored.call, legs: [...stored.legs.values()], events: [...stored.events] };
  }

  async list({ accountSid, status, limit }: CallQuery) {
    const calls = [...this.calls.values()]
      .map(({ call }) => call)
      .filter((call) => call.accountSid === accountSid && (status === undefined || call.status === status));
    return { calls: calls.slice(0, limit), nextCursor: undefined };
  }

  async failOpenCalls(): Promise<number> {
    return 0;
  }

  #stored(callSid: string): Stored {
    const stored = this.calls.get(callSid);
    if (!stored) throw new Error(`no call ${callSid}`);
    return stored;
  }
}
