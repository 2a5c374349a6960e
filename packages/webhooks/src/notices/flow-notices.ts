import type { CallRecord, LegRecord } from '@intermix/calls';
import { type Clock, createId } from '@intermix/kernel';
import type { Notice } from '../ports/notice.js';
import type { Outbox } from '../ports/outbox.js';
import type { AppContext } from './app-context.js';
import type { AppIdentity } from './camel-body.js';
import type { CallerInfo, Happening } from './happening.js';
import type { LateNotices } from './late-notices.js';
import { type AppFacts, deliveryOf, makeNotice, stableId } from './make-notice.js';

/** A step of a call that another platform's flow handles, as its applet tells it. */
export interface FlowStep {
  app: AppIdentity & { id: string; accountSid: string };
  type: 'popup' | 'incomingcallhungup' | 'missedcall';
  /** The applet's query: `CallSid`, `CallFrom`, `CallTo`, `DialWhomNumber`, `DialCallDuration`, `CustomField`, … */
  query: Readonly<Record<string, string>>;
}

/** Passes on to an app's receiver what a flow elsewhere tells of its calls, in the body that the app has chosen. */
export class FlowNotices {
  readonly #context: AppContext;
  readonly #late: LateNotices;
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #onQueued: () => void;

  constructor(deps: { context: AppContext; late: LateNotices; outbox: Outbox; clock: Clock; onQueued(): void }) {
    this.#context = deps.context;
    this.#late = deps.late;
    this.#outbox = deps.outbox;
    this.#clock = deps.clock;
    this.#onQueued = deps.onQueued;
  }

  /**
   * Resolves when it is kept to be delivered; in memory only, while the app's settings cannot be read. Does nothing when the
   * app has no URL for it.
   */
  async trigger(step: FlowStep): Promise<void> {
    const { id, accountSid } = step.app;
    const at = new Date(this.#clock.now());
    const call = callOf(step, at);
    const [facts, caller] = await Promise.all([
      this.#late.facts(accountSid, id),
      step.type === 'popup' ? this.#context.caller(accountSid, id, call.from) : undefined,
    ]);
    const make = (known: AppFacts) => noticesOf(step, { call, at, caller }, known);
    if (facts === undefined) return this.#late.add(accountSid, id, make);
    const notices = make(facts);
    if (notices.length === 0) return;
    await this.#outbox.enqueue(notices);
    this.#onQueued();
  }
}

/** One, or none when nobody is told. */
function noticesOf(
  { app, type, query }: FlowStep,
  { call, at, caller }: { call: CallRecord; at: Date; caller: CallerInfo | undefined },
  { settings }: AppFacts,
): Notice[] {
  if (settings === undefined) return [];
  const address = query.DialWhomNumber ?? '';
  const known = { call, legs: [{ role: 'callee', userId: '', address } as LegRecord], appId: app.id };
  // The applet names its receiver itself, so that a hang-up has one in either generation.
  const hungUp = settings.incomingCallHangupUrl ?? settings.callbackUrl;
  const facts = { settings: { ...settings, incomingCallHangupUrl: hungUp, callbackUrl: hungUp }, identity: app };
  const notice = makeNotice(happeningOf(type, call, at, address), known, facts, caller);
  if (notice.delivery === undefined) return [];
  // Whoever knows the address may name any call: an id of its own, that no call of ours can have. A flow that rings one
  // after another tells of each; the same request again tells nothing new.
  const eventId = stableId('evt_', 'flow', app.id, type, call.callSid, JSON.stringify(query));
  const { url, body } = notice.delivery;
  return [{ ...notice, eventId, delivery: deliveryOf(eventId, url, body) }];
}

function happeningOf(type: FlowStep['type'], { status }: CallRecord, at: Date, address: string): Happening {
  switch (type) {
    case 'popup':
      return { type: 'incoming_call', at, userId: '', address };
    case 'incomingcallhungup':
      return { type: 'call_completed', at, status, recordingAvailable: false };
    case 'missedcall':
      return { type: 'missed_call', at };
  }
}

/** What the call was placed with. An applet writes `null` for a value that it does not have. */
function customFieldOf({ CustomField }: FlowStep['query']): string | undefined {
  return CustomField && CustomField !== 'null' ? CustomField.slice(0, maxCustomField) : undefined;
}

const maxCustomField = 128;
const maxSidLength = 128;
/** Far longer than any call; a date stays a date. */
const maxTalkSec = 1_000_000;

function callOf({ app, type, query }: FlowStep, at: Date): CallRecord {
  const talkedSec = Math.min(Math.max(0, Math.trunc(Number(query.DialCallDuration ?? 0)) || 0), maxTalkSec);
  const isOver = type !== 'popup';
  return {
    callSid: (query.CallSid || createId()).slice(0, maxSidLength), // Longer ones do not fit into the index.
    accountSid: app.accountSid,
    appId: app.id,
    direction: 'inbound',
    from: query.CallFrom ?? query.From ?? '',
    to: query.CallTo ?? query.To ?? '',
    status: isOver ? (type === 'missedcall' ? 'no-answer' : 'completed') : 'ringing',
    createdAt: new Date(at.getTime() - talkedSec * 1000),
    answeredAt: undefined,
    endedAt: isOver ? at : undefined,
    durationSec: type === 'incomingcallhungup' ? talkedSec : 0,
    termination: undefined,
    userId: '',
    exophone: query.CallTo ?? query.To,
    customField: customFieldOf(query),
  };
}
