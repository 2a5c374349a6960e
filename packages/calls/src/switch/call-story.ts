import type { Clock, Logger } from '@intermix/kernel';
import type { CallEventRecord, CallRecord, CallStatus, CallStore, Termination } from '../ports/call-store.js';
import { CallJournal } from './call-journal.js';
import type { CallPlan } from './call-plan.js';
import type { Leg } from './leg.js';
import type { UnwrittenEnds } from './unwritten-ends.js';

export interface CallStoryDeps {
  calls: CallStore;
  clock: Clock;
  logger: Logger;
  createDeadlineMs: number;
  /** Takes an end that could not be written. */
  unwritten: UnwrittenEnds;
}

/** What is told in one commit: the event, and the legs whose rows change with it. */
export interface Telling {
  leg?: Leg | undefined;
  legs?: readonly Leg[];
  data?: Record<string, unknown>;
}

/** The record of one call: what it is now, and every step of how it came there, written in order. */
export class CallStory {
  readonly #sid: string;
  readonly #plan: CallPlan;
  readonly #deps: CallStoryDeps;
  readonly #journal: CallJournal;
  readonly #createdAt: Date;
  #status: CallStatus = 'queued';
  #userId: string | undefined;
  #appId: string | undefined;
  #answeredAt: Date | undefined;
  #endedAt: Date | undefined;
  #termination: Termination | undefined;

  constructor(sid: string, plan: CallPlan, deps: CallStoryDeps) {
    this.#sid = sid;
    this.#plan = plan;
    this.#userId = plan.userId;
    this.#appId = plan.appId;
    this.#deps = deps;
    this.#journal = new CallJournal({ ...deps, keepForLater: (write) => deps.unwritten.keep(write) });
    this.#createdAt = this.#now();
  }

  /** True once the rows have been made. */
  get exists(): boolean {
    return this.#journal.isOpen;
  }

  markRinging(): void {
    if (this.#status === 'queued') this.#status = 'ringing';
  }

  /** `userId`: the user who answered, if it was one. */
  markAnswered(userId: string | undefined): void {
    if (this.#plan.direction === 'inbound') this.#userId = userId ?? this.#userId;
    this.#answeredAt = this.#now();
    this.#status = 'in-progress';
  }

  /** A user whom the call's program rang has answered: the call is that user's from here on, if it is nobody's yet. */
  markConnected(userId: string | undefined, appId: string | undefined): void {
    if (userId === undefined || this.#plan.direction !== 'inbound') return;
    this.#userId ??= userId;
    this.#appId ??= appId;
  }

  markEnded(status: CallStatus, termination: Termination): void {
    this.#endedAt = this.#now();
    this.#status = status;
    this.#termination = termination;
  }

  record(): CallRecord {
    const { accountSid, direction, from, to } = this.#plan;
    // A caller who gives up in the instant of the answer has not talked.
    const hasTalked = this.#status === 'completed' && this.#endedAt && this.#answeredAt;
    const talkedMs = hasTalked ? this.#endedAt!.getTime() - this.#answeredAt!.getTime() : 0;
    return {
      callSid: this.#sid,
      accountSid,
      appId: this.#appId,
      direction,
      from,
      to,
      status: this.#status,
      createdAt: this.#createdAt,
      answeredAt: this.#answeredAt,
      endedAt: this.#endedAt,
      durationSec: Math.ceil(talkedMs / 1000),
      termination: this.#termination,
      userId: this.#userId,
      exophone: this.#plan.exophone,
      customField: this.#plan.customField,
    };
  }

  /** Makes the rows. False when they could not be made in time: the call must be refused. */
  create(legs: readonly Leg[]): Promise<boolean> {
    const { customHeaders, direction } = this.#plan;
    const call = this.record();
    const rows = legs.map((leg) => leg.record());
    const event = this.#event('call-created', { data: { direction, headers: customHeaders } });
    return this.#journal.open(() => this.#deps.calls.create(call, rows, [event]), this.#deps.createDeadlineMs);
  }

  /** Commits a step, as it stands now. See `CallJournal.commit` for what the promise says; it never rejects. */
  tell(type: string, telling: Telling = {}): Promise<boolean> {
    return this.#journal.commit(this.#change(type, telling));
  }

  /** Commits the end, which holds everything: earlier steps that could not be written are in it. Never given up. */
  tellEnd(type: string, telling: Telling): Promise<boolean> {
    return this.#journal.close(this.#change(type, telling));
  }

  #change(type: string, telling: Telling): () => Promise<void> {
    const call = this.record();
    const legs = (telling.legs ?? []).map((leg) => leg.record());
    const events = [this.#event(type, telling)];
    return () => this.#deps.calls.apply({ call, legs, events });
  }

  flushed(): Promise<void> {
    return this.#journal.flushed();
  }

  #event(type: string, { leg, data = {} }: Telling): CallEventRecord {
    return { callSid: this.#sid, legId: leg?.id, type, at: this.#now(), data };
  }

  #now(): Date {
    return new Date(this.#deps.clock.now());
  }
}
