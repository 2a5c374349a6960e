import type { Notice } from '@intermix/webhooks';
import { storableJson } from '../storable-json.js';

/** Columns of the rows that a notice makes, as a clause's JSON parameter has them. */
type NoticeRow = Record<string, unknown>;

/** Rows of `webhook_events`: none of what is no app's event. */
export function eventRows(notices: readonly Notice[]): NoticeRow[] {
  const ofApps = notices.filter(({ payload }) => payload !== undefined);
  return ofApps.map((notice) => ({
    event_id: notice.eventId,
    account_sid: notice.accountSid,
    app_id: notice.appId,
    call_sid: notice.callSid,
    type: notice.type,
    payload: notice.payload,
    at: notice.at,
  }));
}

/** Rows of `webhook_deliveries`: none for an event that nobody is told of. */
export function deliveryRows(notices: readonly Notice[]): NoticeRow[] {
  return notices.flatMap(({ delivery, ...notice }) =>
    delivery === undefined
      ? []
      : {
          delivery_id: delivery.deliveryId,
          event_id: notice.eventId,
          event_type: notice.type,
          account_sid: notice.accountSid,
          app_id: notice.appId,
          call_sid: notice.callSid,
          url: delivery.url,
          host: delivery.host,
          body: delivery.body,
          ...(delivery.manner && {
            content_type: delivery.manner.contentType,
            timeout_ms: delivery.manner.timeoutMs,
            retry_delays_ms: delivery.manner.retryDelaysMs,
          }),
        },
  );
}

/**
 * Writes `webhook_events` of a JSON parameter, which stands for `$`. An event that is known already stays as it is: a commit
 * that is tried again, though it had gone through, tells nothing twice. The payload travels as text, since jsonb would lose
 * the order of its fields.
 */
export const newNoticesClause = `new_notices AS (
  INSERT INTO webhook_events (event_id, account_sid, app_id, call_sid, type, payload, at)
  SELECT p.value->>'event_id', p.value->>'account_sid', p.value->>'app_id', p.value->>'call_sid', p.value->>'type',
         (p.value->>'payload')::json, (p.value->>'at')::timestamptz
  FROM few_elements($::jsonb) p ORDER BY p.ordinal
  ON CONFLICT (event_id) DO NOTHING
)`;

/** Writes `webhook_deliveries` of a JSON parameter, which stands for `$`; due at once, by the database's clock. */
export const newDeliveriesClause = `new_deliveries AS (
  INSERT INTO webhook_deliveries (delivery_id, event_id, event_type, account_sid, app_id, call_sid, url, host, body,
    content_type, timeout_ms, retry_delays_ms)
  SELECT p.value->>'delivery_id', p.value->>'event_id', p.value->>'event_type', p.value->>'account_sid',
         p.value->>'app_id', p.value->>'call_sid', p.value->>'url', p.value->>'host', p.value->>'body',
         p.value->>'content_type', (p.value->>'timeout_ms')::int,
         CASE WHEN p.value->'retry_delays_ms' IS NOT NULL
              THEN ARRAY(SELECT d.ms::int FROM jsonb_array_elements_text(p.value->'retry_delays_ms') d (ms)) END
  FROM few_elements($::jsonb) p ORDER BY p.ordinal
  ON CONFLICT (delivery_id) DO NOTHING
)`;

/** The two clauses with their parameters' numbers, and the parameters. */
export function noticeClauses(
  notices: readonly Notice[],
  firstParameter: number,
): { sql: string; values: [events: string, deliveries: string] } {
  const numbered = (clause: string, offset: number) => clause.replace('$', () => `$${firstParameter + offset}`);
  return {
    sql: `${numbered(newNoticesClause, 0)}, ${numbered(newDeliveriesClause, 1)}`,
    values: [storableJson(eventRows(notices)), storableJson(deliveryRows(notices))],
  };
}
