import type { CallRecord, CallStatus, LegRecord } from '@intermix/calls';
import { istTime } from '@intermix/contracts';
import type { KnownCall } from '../notices/happening.js';
import type { StatusCallbackEvent, StatusCallbackOrder } from '../ports/status-callback-orders.js';
import { conversationSec, legPairOf, onCallSec } from './leg-pair.js';

type Value = string | number | null;

/** The fields of a status callback, in the order in which they are sent. */
export type StatusCallbackFields = Record<string, Value | ReadonlyArray<Record<string, Value>>>;

export interface StatusCallbackFacts {
  order: StatusCallbackOrder;
  event: StatusCallbackEvent;
  at: Date;
  recordingUrl: string | undefined;
}

/** What is told of a call. Without subscribed events: four fields, once, at the end. */
export function statusCallbackFields(known: KnownCall, facts: StatusCallbackFacts): StatusCallbackFields {
  const { call, legs } = known;
  const { order, event, at, recordingUrl } = facts;
  const callSid = order.firstCallSid ?? call.callSid;
  const basic = { CallSid: callSid, DateUpdated: istTime(at), Status: statusOf(call, event) };
  const recording = { RecordingUrl: recordingUrl ?? null };
  if (order.callback.events.length === 0) return { ...basic, ...recording };
  const isOver = event === 'terminal';
  return {
    ...{ CallSid: callSid, EventType: event, DateCreated: istTime(call.createdAt) },
    ...basic,
    ...{ To: order.to ?? null, From: order.from, PhoneNumberSid: call.exophone ?? null },
    ...{ StartTime: istTime(call.createdAt), EndTime: call.endedAt ? istTime(call.endedAt) : null },
    ...{ ConversationDuration: isOver ? conversationSec(call, legs) : 0, Direction: 'outbound-api' },
    ...(isOver && { CustomField: call.customField ?? null }),
    ...recording,
    Legs: legsOf(legs, order),
  };
}

/** The documented words. A call that its first party gave up before the other answered is `no-answer` here; its legs say more. */
function statusOf({ status }: Pick<CallRecord, 'status'>, event: StatusCallbackEvent): CallStatus {
  if (event === 'ringing') return 'ringing';
  if (event === 'answered') return 'in-progress';
  return status === 'canceled' ? 'no-answer' : status;
}

function legsOf(legs: readonly LegRecord[], { to }: StatusCallbackOrder): ReadonlyArray<Record<string, Value>> {
  const { first, second } = legPairOf(legs);
  const told = to === undefined && second === undefined ? [first] : [first, second];
  return told.map((leg) => ({
    OnCallDuration: leg ? onCallSec(leg) : 0,
    Status: legStatusOf(leg),
    AnsweredBy: 'NA',
  }));
}

/** Null: never dialled, or still ringing. */
function legStatusOf(leg: LegRecord | undefined): string | null {
  if (leg === undefined) return null;
  if (leg.endedAt === undefined) return leg.answeredAt === undefined ? null : 'in-progress';
  return leg.status;
}
