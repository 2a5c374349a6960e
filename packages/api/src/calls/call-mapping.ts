import type { CallEventRecord, CallRecord, LegRecord, Termination } from '@intermix/calls';
import type { CallEventRead, CallLegRead, CallRead, CallSummary } from '@intermix/contracts';

const time = (date: Date | undefined) => date?.toISOString() ?? null;

export function terminationRead(termination: Termination | undefined) {
  if (termination === undefined) return null;
  return { by: termination.by, reason: termination.reason, sip_status: termination.sipStatus ?? null };
}

export function callSummary(call: CallRecord): CallSummary {
  return {
    call_sid: call.callSid,
    direction: call.direction,
    from: call.from,
    to: call.to,
    user_id: call.userId ?? null,
    exophone: call.exophone ?? null,
    custom_field: call.customField ?? null,
    status: call.status,
    created_at: call.createdAt.toISOString(),
    answered_at: time(call.answeredAt),
    ended_at: time(call.endedAt),
    duration: call.durationSec,
    termination: terminationRead(call.termination),
  };
}

export function legRead(leg: LegRecord): CallLegRead {
  const { quality } = leg;
  return {
    leg_id: leg.legId,
    role: leg.role,
    kind: leg.kind,
    party: leg.party,
    address: leg.address,
    user_id: leg.userId ?? null,
    device: leg.device ?? null,
    sip_call_id: leg.sipCallId ?? null,
    status: leg.status,
    created_at: leg.createdAt.toISOString(),
    ringing_at: time(leg.ringingAt),
    answered_at: time(leg.answeredAt),
    ended_at: time(leg.endedAt),
    termination: terminationRead(leg.termination),
    quality: quality
      ? {
          codec: quality.codec ?? null,
          packets_sent: quality.packetsSent,
          packets_received: quality.packetsReceived,
          packets_lost: quality.packetsLost,
          jitter_ms: quality.jitterMs,
          round_trip_ms: quality.roundTripMs ?? null,
        }
      : null,
  };
}

export function eventRead(event: CallEventRecord): CallEventRead {
  return { type: event.type, leg_id: event.legId ?? null, at: event.at.toISOString(), data: event.data };
}

export function callRead(story: { call: CallRecord; legs: LegRecord[]; events: CallEventRecord[] }): CallRead {
  return { ...callSummary(story.call), legs: story.legs.map(legRead), events: story.events.map(eventRead) };
}
