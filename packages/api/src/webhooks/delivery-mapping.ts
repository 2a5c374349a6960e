import type { DeliveryAttemptRead, DeliveryDetailRead, DeliveryRead } from '@intermix/contracts';
import type { Delivery, DeliveryAttempt, DeliveryDetail } from '@intermix/webhooks';

const time = (date: Date | undefined) => date?.toISOString() ?? null;

export function deliveryRead(delivery: Delivery): DeliveryRead {
  return {
    delivery_id: delivery.deliveryId,
    event_id: delivery.eventId,
    event: delivery.eventType,
    account_sid: delivery.accountSid,
    app_id: delivery.appId,
    call_sid: delivery.callSid,
    url: withoutCredentials(delivery.url),
    host: delivery.host,
    status: delivery.status,
    attempts: delivery.attempts,
    next_attempt_at: time(delivery.dueAt),
    replay_of: delivery.replayOf ?? null,
    last_http_status: delivery.lastHttpStatus ?? null,
    last_error: delivery.lastError ?? null,
    created_at: delivery.createdAt.toISOString(),
    finished_at: time(delivery.finishedAt),
  };
}

/** The URL with what stands before its @ masked: a history is read by more people than hold the receiver's password. */
function withoutCredentials(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.username === '' && url.password === '') return text;
  url.username = '***';
  url.password = '';
  return url.href;
}

export function attemptRead(attempt: DeliveryAttempt): DeliveryAttemptRead {
  return {
    number: attempt.number,
    at: attempt.at.toISOString(),
    latency_ms: attempt.latencyMs,
    http_status: attempt.httpStatus ?? null,
    error: attempt.error ?? null,
    response_body: attempt.responseBody ?? null,
  };
}

export function deliveryDetailRead(detail: DeliveryDetail): DeliveryDetailRead {
  return { ...deliveryRead(detail), body: detail.body, history: detail.history.map(attemptRead) };
}
