import type { Delivery, DeliveryAttempt, DeliveryDetail, DeliveryStatus } from '@intermix/webhooks';
import type { Selectable } from 'kysely';
import type { WebhookAttemptsTable, WebhookDeliveriesTable } from '../database.js';

export function deliveryOfRow(row: Selectable<WebhookDeliveriesTable>): Delivery {
  return {
    deliveryId: row.delivery_id,
    eventId: row.event_id,
    eventType: row.event_type,
    accountSid: row.account_sid,
    appId: row.app_id,
    callSid: row.call_sid,
    url: row.url,
    host: row.host,
    status: row.status as DeliveryStatus,
    attempts: row.attempts,
    dueAt: row.status === 'pending' ? row.due_at : undefined,
    replayOf: row.replay_of ?? undefined,
    lastHttpStatus: row.last_http_status ?? undefined,
    lastError: row.last_error ?? undefined,
    createdAt: row.created_at,
    finishedAt: row.finished_at ?? undefined,
  };
}

export function detailOfRow(
  row: Selectable<WebhookDeliveriesTable>,
  attempts: ReadonlyArray<Selectable<WebhookAttemptsTable>>,
): DeliveryDetail {
  const own = attempts.filter((attempt) => attempt.delivery_id === row.delivery_id);
  return { ...deliveryOfRow(row), body: row.body, history: own.map(attemptOfRow) };
}

function attemptOfRow(row: Selectable<WebhookAttemptsTable>): DeliveryAttempt {
  return {
    number: row.number,
    at: row.at,
    latencyMs: row.latency_ms,
    httpStatus: row.http_status ?? undefined,
    error: row.error ?? undefined,
    responseBody: row.response_body ?? undefined,
  };
}
