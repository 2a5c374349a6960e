import type { CallChange, CallEventRecord, CallQuery, CallRecord, CallStore, LegRecord } from '@intermix/calls';
import type { Notice } from '../ports/notice.js';
import type { ClosedCall, LeftBy, NotifiedCallStore } from '../ports/notified-call-store.js';
import type { StatusCallbacks } from '../status-callbacks/status-callbacks.js';
import { CallMemory, type RememberedCall } from './call-memory.js';
import { type CallNotices, nothing, type PreparedNotices } from './call-notices.js';

export interface NotifyingCallStoreDeps {
  store: NotifiedCallStore;
  notices: CallNotices;
  /** What those are told who ordered a call themselves. */
  statusCallbacks?: StatusCallbacks | undefined;
  /** Told when something that is to be delivered has been committed. */
  onQueued(): void;
}

/**
 * The calls package's store, which besides writes what the apps' backends are to be told: in the same transaction as the
 * step itself, so that neither is there without the other.
 */
export class NotifyingCallStore implements CallStore {
  readonly #store: NotifiedCallStore;
  readonly #notices: CallNotices;
  readonly #statusCallbacks: StatusCallbacks | undefined;
  readonly #onQueued: () => void;
  readonly #calls = new CallMemory();

  constructor(deps: NotifyingCallStoreDeps) {
    this.#store = deps.store;
    this.#notices = deps.notices;
    this.#statusCallbacks = deps.statusCallbacks;
    this.#onQueued = deps.onQueued;
  }

  async create(call: CallRecord, legs: readonly LegRecord[], events: readonly CallEventRecord[]): Promise<void> {
    // One without an app, too: a flow may yet connect it to a user, who has one.
    const remembered = this.#calls.add(call, legs);
    const prepared = await this.#prepare(remembered, events);
    try {
      await this.#store.create(call, legs, events, prepared.notices);
    } catch (error) {
      this.#calls.delete(call.callSid);
      throw error;
    }
    this.#committed(prepared);
  }

  async apply(change: CallChange): Promise<void> {
    const { callSid } = change.call;
    const remembered = this.#calls.get(callSid);
    remembered?.take(change);
    const prepared = await this.#prepare(remembered, change.events);
    await this.#store.apply(change, prepared.notices);
    // Not by the record's end: steps of legs that end with the call are written before the call's own, and know it.
    if (change.events.some(({ type }) => type === 'call-ended')) this.#forget(callSid);
    this.#committed(prepared);
  }

  async addLegs(legs: readonly LegRecord[]): Promise<void> {
    for (const leg of legs) this.#calls.get(leg.callSid)?.addLegs([leg]);
    await this.#store.addLegs(legs);
  }

  find(accountSid: string, callSid: string): ReturnType<CallStore['find']> {
    return this.#store.find(accountSid, callSid);
  }

  list(query: CallQuery): ReturnType<CallStore['list']> {
    return this.#store.list(query);
  }

  async failOpenCalls(at: Date, left: LeftBy = 'own'): Promise<number> {
    let prepared = nothing;
    const noticesOf = async (calls: readonly ClosedCall[]) => {
      const callbacks = await this.#statusCallbacks?.ofClosed(calls, at);
      prepared = withMore(await this.#notices.ofClosed(calls, at), callbacks);
      return prepared.notices;
    };
    const closed = await this.#store.failOpenCalls(at, noticesOf, left);
    this.#committed(prepared);
    return closed;
  }

  /** Without waiting where there is nothing to say: most steps of most calls. */
  #prepare(
    call: RememberedCall | undefined,
    events: readonly CallEventRecord[],
  ): Promise<PreparedNotices> | PreparedNotices {
    if (call === undefined) return nothing;
    const callbacks = this.#statusCallbacks?.ofStep(call, events);
    if (call.call.appId === undefined) return withMore(nothing, callbacks);
    return this.#notices.ofStep(call, events).then((prepared) => withMore(prepared, callbacks));
  }

  #forget(callSid: string): void {
    this.#calls.delete(callSid);
    this.#statusCallbacks?.forget(callSid);
  }

  #committed(prepared: PreparedNotices): void {
    prepared.written();
    if (prepared.notices.some(({ delivery }) => delivery !== undefined)) this.#onQueued();
  }
}

function withMore(prepared: PreparedNotices, more: readonly Notice[] = []): PreparedNotices {
  if (more.length === 0) return prepared;
  return { notices: [...prepared.notices, ...more], written: () => prepared.written() };
}
