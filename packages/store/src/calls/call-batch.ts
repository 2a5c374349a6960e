import type { CallChange, CallEventRecord, CallRecord, LegRecord } from '@intermix/calls';
import type { Notice } from '@intermix/webhooks';
import { isWholeLeg, type JsonRow, rowOfCall, rowOfEvent, rowOfLeg } from './call-rows.js';

/** One write of a call's story, as it waits for its commit. */
export type CallWrite =
  | {
      kind: 'create';
      call: CallRecord;
      legs: readonly LegRecord[];
      events: readonly CallEventRecord[];
      notices: readonly Notice[];
    }
  | { kind: 'apply'; change: CallChange; notices: readonly Notice[] }
  | { kind: 'addLegs'; legs: readonly LegRecord[] };

/**
 * Several writes as one statement's rows. A row appears once: SQL does not say which of two updates of a row in one
 * statement wins, so later changes are merged into earlier ones here.
 */
export class CallBatch {
  readonly newCalls = new Map<string, JsonRow>();
  readonly changedCalls = new Map<string, JsonRow>();
  readonly newLegs = new Map<string, JsonRow>();
  readonly changedLegs = new Map<string, JsonRow>();
  readonly events: JsonRow[] = [];
  /** What apps' backends are told of these writes. */
  readonly notices: Notice[] = [];
  #owner: string | undefined;

  /** `owner`: the server that has the calls which begin. */
  static of(writes: readonly CallWrite[], owner?: string): CallBatch {
    const batch = new CallBatch();
    batch.#owner = owner;
    for (const write of writes) batch.#add(write);
    return batch;
  }

  /** Nothing to write: no leg was added. */
  get isEmpty(): boolean {
    const rows = [this.newCalls, this.changedCalls, this.newLegs, this.changedLegs];
    return this.events.length + this.notices.length === 0 && rows.every((kind) => kind.size === 0);
  }

  #add(write: CallWrite): void {
    if (write.kind !== 'addLegs') this.notices.push(...write.notices);
    if (write.kind === 'create') {
      this.newCalls.set(write.call.callSid, { ...rowOfCall(write.call), owner: this.#owner ?? null });
      this.#addEvents(write.events);
    }
    if (write.kind === 'apply') this.#addChange(write.change);
    else for (const leg of write.legs) this.#addLeg(rowOfLeg(leg));
  }

  #addChange(change: CallChange): void {
    const { callSid } = change.call;
    const row = rowOfCall(change.call);
    const created = this.newCalls.get(callSid);
    if (created) Object.assign(created, row);
    else merge(this.changedCalls, callSid, row);
    for (const leg of change.legs ?? []) this.#addLeg(rowOfLeg({ ...leg, callSid }));
    this.#addEvents(change.events);
  }

  #addLeg(row: JsonRow): void {
    const legId = row.leg_id as string;
    const created = this.newLegs.get(legId);
    if (created) Object.assign(created, row);
    else if (isWholeLeg(row)) this.newLegs.set(legId, { ...this.#takeChanged(legId), ...row });
    else merge(this.changedLegs, legId, row);
  }

  #takeChanged(legId: string): JsonRow | undefined {
    const changed = this.changedLegs.get(legId);
    this.changedLegs.delete(legId);
    return changed;
  }

  #addEvents(events: readonly CallEventRecord[]): void {
    for (const event of events) this.events.push(rowOfEvent(event));
  }
}

function merge(rows: Map<string, JsonRow>, key: string, row: JsonRow): void {
  const known = rows.get(key);
  if (known) Object.assign(known, row);
  else rows.set(key, row);
}
