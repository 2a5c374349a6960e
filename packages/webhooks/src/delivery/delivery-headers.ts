import type { ClaimedDelivery } from '../ports/outbox.js';
import { signatureOf } from '../signing/sign-webhook.js';

/** The head of one attempt: of an app's webhook Standard Webhooks' three fields, of each delivery ours. */
export function deliveryHeaders(
  delivery: ClaimedDelivery,
  options: { secrets: readonly string[]; nowMs: number; userAgent: string },
): Record<string, string> {
  const { manner } = delivery;
  return {
    'content-type': manner?.contentType ?? 'application/json',
    'user-agent': options.userAgent,
    ...(manner === undefined && standardWebhook(delivery, options)),
    'x-intermix-delivery-id': delivery.deliveryId,
    'x-intermix-attempt': String(delivery.attempts + 1),
    'x-intermix-event': delivery.eventType,
  };
}

function standardWebhook(
  { eventId: id, body }: ClaimedDelivery,
  { secrets, nowMs }: { secrets: readonly string[]; nowMs: number },
): Record<string, string> {
  const timestampSec = Math.floor(nowMs / 1000);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSec),
    'webhook-signature': signatureOf({ id, timestampSec, body }, secrets),
  };
}
