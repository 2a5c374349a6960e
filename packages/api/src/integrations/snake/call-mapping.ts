import type { LegRecord } from '@intermix/calls';
import type {
  DeliveryAttemptRead,
  SnakeCall,
  SnakeCallStory,
  SnakeDeliveryOfCall,
  SnakeLeg,
} from '@intermix/contracts';
import type { DeliveryDetail } from '@intermix/webhooks';
import { eventRead, legRead, terminationRead } from '../../calls/call-mapping.js';
import { attemptRead, deliveryRead } from '../../webhooks/delivery-mapping.js';
import type { CallStory, TimedCall } from '../services/call-record-service.js';
import { isoTime } from './answers.js';

export function snakeCall({ call, durations, recording }: TimedCall): SnakeCall {
  return {
    call_sid: call.callSid,
    app_id: call.appId ?? '',
    user_id: call.userId ?? null,
    direction: call.direction,
    from: call.from,
    to: call.to,
    exophone: call.exophone ?? null,
    custom_field: call.customField ?? null,
    status: call.status,
    created_at: call.createdAt.toISOString(),
    answered_at: isoTime(call.answeredAt),
    ended_at: isoTime(call.endedAt),
    duration: durations.totalSec,
    ring_time: durations.ringSec,
    talk_time: durations.talkSec,
    termination: terminationRead(call.termination),
    recording: recording
      ? { recording_sid: recording.recordingSid, url: recording.url, duration: Math.ceil(recording.durationMs / 1000) }
      : null,
  };
}

/** `isForApp`: for the app's token, which agents' browsers hold: what receivers answered is not theirs to read. */
export function snakeCallStory(story: CallStory, { isForApp }: { isForApp: boolean }): SnakeCallStory {
  return {
    ...snakeCall(story),
    legs: story.legs.map(snakeLeg),
    events: story.events.map(eventRead),
    webhooks: story.deliveries.map((detail) => deliveryOfCall(detail, isForApp)),
  };
}

/** Which carrier took a leg is the operator's business: `party` is left out. */
function snakeLeg(leg: LegRecord): SnakeLeg {
  const { party: _, ...told } = legRead(leg);
  return told;
}

function deliveryOfCall(detail: DeliveryDetail, isForApp: boolean): SnakeDeliveryOfCall {
  const { account_sid: _account, app_id: _app, call_sid: _call, host: _host, ...told } = deliveryRead(detail);
  const history = detail.history.map(attemptRead);
  return { ...told, body: detail.body, history: isForApp ? history.map(withoutAnswer) : history };
}

/** A receiver may stand in the operator's own network, whose pages a URL in the settings would then show. */
function withoutAnswer({
  response_body: _,
  ...attempt
}: DeliveryAttemptRead): Omit<DeliveryAttemptRead, 'response_body'> {
  return attempt;
}
