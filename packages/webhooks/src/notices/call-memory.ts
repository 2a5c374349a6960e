import type { CallChange, CallRecord, LegRecord } from '@intermix/calls';
import type { KnownCall } from './happening.js';
import type { Told } from './happenings.js';

/** Far more calls than a server has up; the oldest go. */
const maxCalls = 50_000;

/** A call that is up: its rows as last written, and what its app has been told. */
export class RememberedCall implements KnownCall {
  call: CallRecord;
  readonly #legs = new Map<string, LegRecord>();
  readonly told: Told & { users: Set<string> } = { users: new Set(), ringing: false, answered: false };

  constructor(call: CallRecord, legs: readonly LegRecord[]) {
    this.call = call;
    this.addLegs(legs);
  }

  get legs(): LegRecord[] {
    return [...this.#legs.values()];
  }

  addLegs(legs: readonly LegRecord[]): void {
    for (const leg of legs) this.#legs.set(leg.legId, leg);
  }

  take({ call, legs }: CallChange): void {
    this.call = { ...this.call, ...defined(call) };
    for (const leg of legs ?? []) {
      const known = this.#legs.get(leg.legId);
      if (known) this.#legs.set(leg.legId, { ...known, ...defined(leg) });
      else if (leg.role !== undefined && leg.kind !== undefined) this.#legs.set(leg.legId, leg as LegRecord);
    }
  }
}

/** A field that is undefined stays as it was. */
function defined<T extends object>(change: T): T {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as T;
}

/** The calls that are up. */
export class CallMemory {
  readonly #calls = new Map<string, RememberedCall>();

  get size(): number {
    return this.#calls.size;
  }

  add(call: CallRecord, legs: readonly LegRecord[]): RememberedCall {
    const remembered = new RememberedCall(call, legs);
    this.#calls.set(call.callSid, remembered);
    const oldest = this.#calls.keys().next();
    if (this.#calls.size > maxCalls && !oldest.done) this.#calls.delete(oldest.value);
    return remembered;
  }

  get(callSid: string): RememberedCall | undefined {
    return this.#calls.get(callSid);
  }

  delete(callSid: string): void {
    this.#calls.delete(callSid);
  }
}
