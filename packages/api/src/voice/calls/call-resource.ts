import type { CallRecord, CallStatus, LegRecord } from '@intermix/calls';
import { istTime } from '@intermix/contracts';
import { conversationSec, legPairOf, onCallSec } from '@intermix/webhooks';
import type { Content } from '../http/xml.js';
import type { OrderFacts, VoiceCall, VoiceDirection } from '../ports.js';

/** A call as the Voice v1 API tells it. Every field is there; texts for numbers, as the vendor's. */
export function callResource({ call, order }: VoiceCall, recordingUrl: string | undefined): Record<string, Content> {
  const { callSid, accountSid, createdAt, endedAt } = call;
  return {
    Sid: callSid,
    ParentCallSid: order?.parentCallSid ?? null,
    DateCreated: istTime(createdAt),
    DateUpdated: istTime(endedAt ?? call.answeredAt ?? createdAt),
    AccountSid: accountSid,
    To: order ? (order.to ?? null) : call.to,
    From: order?.from ?? call.from,
    PhoneNumberSid: call.exophone ?? null,
    Status: voiceStatusOf(call.status),
    StartTime: istTime(createdAt),
    EndTime: endedAt ? istTime(endedAt) : null,
    Duration: endedAt ? String(call.durationSec) : null,
    Price: null,
    Direction: voiceDirectionOf(call, order),
    AnsweredBy: null,
    ForwardedFrom: null,
    CallerName: null,
    Uri: `/v1/Accounts/${encodeURIComponent(accountSid)}/Calls.json/${callSid}`,
    RecordingUrl: recordingUrl ?? null,
  };
}

/** What `details=true` adds. */
export function callDetails(call: CallRecord, legs: readonly LegRecord[]): Content {
  const { first, second } = legPairOf(legs);
  return {
    ConversationDuration: conversationSec(call, legs),
    Leg1Status: legStatusOf(first),
    Leg2Status: legStatusOf(second),
    Legs: [first, second].flatMap((leg, index) =>
      leg === undefined ? [] : { Leg: { Id: index + 1, OnCallDuration: onCallSec(leg) } },
    ),
  };
}

function legStatusOf(leg: LegRecord | undefined): string | null {
  return leg === undefined ? null : voiceStatusOf(leg.status);
}

/** What is up is `in-progress` from the order on, as the vendor answers it. */
export function voiceStatusOf(status: CallStatus): CallStatus {
  return status === 'queued' || status === 'ringing' ? 'in-progress' : status;
}

function voiceDirectionOf({ direction }: Pick<CallRecord, 'direction'>, order: OrderFacts | undefined): VoiceDirection {
  if (order) return 'outbound-api';
  return direction === 'inbound' ? 'inbound' : 'outbound-dial';
}
