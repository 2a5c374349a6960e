import type { ClaimedDelivery } from '../ports/outbox.js';
import { signatureOf } from '../signing/sign-webhook.js';

/** The head of one attempt: Standard Webhooks' three fields, and ours for the delivery. */
export function deliveryHeaders(
  delivery: ClaimedDelivery,
  options: { secrets: readonly string[]; nowMs: number; userAgent: string },
): Record<string, string> {
  const { eventId: id, body } = delivery;
  const timestampSec = Math.floor(options.nowMs / 1000);
  return {
    'content-type': 'application/json',
    'user-agent': options.userAgent,
    'webhook-id': id,
    'webhook-timestamp': String(timestampSec),
    'webhook-signature': signatureOf({ id, timestampSec, body }, options.secrets),
    'x-intermix-delivery-id': delivery.deliveryId,
    'x-intermix-attempt': String(delivery.attempts + 1),
    'x-intermix-event': delivery.eventType,
  };
}
