import type { CallEventRecord } from '@intermix/calls';
import type { Notice } from '../ports/notice.js';
import type { ClosedCall } from '../ports/notified-call-store.js';
import type { AppContext } from './app-context.js';
import type { RememberedCall } from './call-memory.js';
import type { CallerInfo, Happening, KnownCall } from './happening.js';
import { happeningsOf } from './happenings.js';
import type { LateNotices } from './late-notices.js';
import { type AppFacts, makeNotice } from './make-notice.js';

/** For the settings of apps whose calls a dead process left open: a database that has just started may be slow. */
const closingPatienceMs = 60_000;

/** Makes the notices of a step; the memory is marked only when they are written, so that a repeated write makes them again. */
export class CallNotices {
  readonly #context: AppContext;
  readonly #late: LateNotices;
  readonly #hasRecording: (callSid: string) => boolean;

  constructor(deps: { context: AppContext; late: LateNotices; hasRecording: (callSid: string) => boolean }) {
    this.#context = deps.context;
    this.#late = deps.late;
    this.#hasRecording = deps.hasRecording;
  }

  async ofStep(remembered: RememberedCall, events: readonly CallEventRecord[]): Promise<PreparedNotices> {
    const happenings = events.flatMap((event) => happeningsOf(remembered, event, remembered.told));
    const made = await this.#make(remembered, happenings);
    return {
      notices: made.notices,
      written() {
        for (const happening of happenings) markTold(remembered, happening);
        made.written();
      },
    };
  }

  /** Of calls that a dead process left open. What was told while they were up is told again under the same id: once. */
  async ofClosed(closed: readonly ClosedCall[], at: Date): Promise<PreparedNotices> {
    const making = closed.map((known) => {
      const event = { callSid: known.call.callSid, legId: undefined, type: 'server-died', at, data: {} };
      const happenings = happeningsOf(known, event, { users: new Set(), ringing: true, answered: true });
      return this.#make(known, happenings, closingPatienceMs);
    });
    const made = await Promise.all(making);
    return {
      notices: made.flatMap(({ notices }) => notices),
      written() {
        for (const one of made) one.written();
      },
    };
  }

  async #make(known: KnownCall, happenings: readonly Happening[], patienceMs?: number): Promise<PreparedNotices> {
    const { call, legs, lastSeenAt } = known; // As they are now: the call goes on meanwhile.
    const { accountSid, appId } = call;
    if (appId === undefined || happenings.length === 0) return nothing;
    const needsCaller = happenings.some(({ type }) => type === 'incoming_call');
    const [app, caller] = await Promise.all([
      this.#late.facts(accountSid, appId, patienceMs),
      needsCaller ? this.#context.caller(accountSid, appId, call.from) : undefined,
    ]);
    const settled = happenings.map((happening) => this.#withRecording(happening, call.callSid));
    const story = { call, legs, appId, lastSeenAt };
    const make = (facts: AppFacts | undefined) =>
      settled.map((happening) => makeNotice(happening, story, facts, callerOf(happening, caller)));
    return { notices: make(app), written: app ? nothing.written : () => this.#late.add(accountSid, appId, make) };
  }

  #withRecording(happening: Happening, callSid: string): Happening {
    if (happening.type !== 'call_completed') return happening;
    return { ...happening, recordingAvailable: this.#hasRecording(callSid) };
  }
}

export interface PreparedNotices {
  notices: readonly Notice[];
  /** To be called when they are committed. */
  written(): void;
}

export const nothing: PreparedNotices = { notices: [], written() {} };

function callerOf({ type }: Happening, caller: CallerInfo | undefined): CallerInfo | undefined {
  return type === 'incoming_call' ? caller : undefined;
}

function markTold({ told }: RememberedCall, happening: Happening): void {
  if (happening.type === 'incoming_call') told.users.add(happening.userId);
  if (happening.type === 'call_ringing') told.ringing = true;
  if (happening.type === 'call_answered') told.answered = true;
}
