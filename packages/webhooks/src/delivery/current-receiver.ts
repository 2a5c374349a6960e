import { hostPortOf } from '@intermix/outbound';
import type { NotificationType } from '../notices/happening.js';
import { receiverOf } from '../notices/receiver.js';
import type { AppNotificationSettings } from '../ports/app-notifications.js';

/**
 * The URL that the app has today for an event whose body was made before. The body keeps its generation, so the URL is the one
 * that this generation is told at, whichever the app has chosen since. Undefined when none is set that could be opened.
 */
export function currentReceiver(
  { eventType, body }: { eventType: string; body: string },
  settings: AppNotificationSettings,
): { url: string; host: string } | undefined {
  const { Direction } = JSON.parse(body) as { Direction?: string };
  const notificationFormat = Direction === undefined ? 'snake' : 'camel'; // Every CamelCase body says it, and no other.
  const direction = Direction === 'outbound' ? 'outbound' : 'inbound';
  const url = receiverOf(eventType as NotificationType, direction, { ...settings, notificationFormat });
  const host = url === undefined ? undefined : hostPortOf(url);
  return url === undefined || host === undefined ? undefined : { url, host };
}
