import { type CallDurations, callDurations } from '@intermix/calls';
import { type CallerInfo, type Happening, type KnownCall, ownLeg, userLegs } from './happening.js';

type Body = Record<string, unknown>;

/** The snake_case body; fields in the documented order, and `custom_field` behind `call_sid` where the call has one. */
export function snakeBody(happening: Happening, known: KnownCall, caller: CallerInfo | undefined): Body {
  const { call, legs } = known;
  const { callSid: call_sid, customField: custom_field } = call;
  const head = { event: happening.type, call_sid, ...(custom_field !== undefined && { custom_field }) };
  const timestamp = happening.at.toISOString();
  const durations = (): CallDurations => callDurations({ ...call, lastSeenAt: known.lastSeenAt }, legs, happening.at);
  switch (happening.type) {
    case 'incoming_call':
      return {
        ...head,
        direction: 'inbound',
        from: call.from,
        to: happening.address,
        app_id: call.appId,
        user_id: happening.userId,
        exophone: call.exophone ?? call.to,
        timestamp,
        ...(caller ? { caller_info: callerInfo(caller) } : {}),
      };
    case 'outbound_call':
      return {
        ...head,
        direction: 'outbound',
        from: ownLeg(known)?.address ?? call.from,
        to: dialled(known),
        app_id: call.appId,
        user_id: call.userId,
        exophone: call.exophone ?? '',
        timestamp,
      };
    case 'call_ringing':
      return { ...head, status: 'ringing', timestamp };
    case 'call_answered':
      return {
        ...head,
        status: 'in-progress',
        answered_by: happening.answeredBy,
        device: happening.device,
        timestamp,
      };
    case 'call_completed': {
      const { totalSec: duration, talkSec: talk_time } = durations();
      const recording_available = happening.recordingAvailable;
      return { ...head, status: happening.status, duration, talk_time, recording_available, timestamp };
    }
    case 'call_missed':
      return { ...head, status: 'no-answer', ring_time: durations().ringSec, timestamp };
    case 'missed_call':
      return {
        ...head,
        from: call.from,
        to: userLegs(known)[0]?.address ?? call.to,
        exophone: call.exophone ?? call.to,
        ring_duration: durations().ringSec,
        timestamp,
      };
    case 'recording_ready':
      return { ...head, recording_url: happening.recordingUrl, duration: happening.durationSec, timestamp };
    case 'recording_failed':
      return { ...head, cause: happening.cause, timestamp };
  }
}

/** A colleague is dialled by name: then it is the address that rings. */
function dialled(known: KnownCall): string {
  const colleague = known.call.direction === 'internal' ? userLegs(known)[0]?.address : undefined;
  return colleague ?? known.call.to;
}

function callerInfo({ name, customField }: CallerInfo): Body {
  return customField === undefined ? { name } : { name, custom_field: customField };
}
