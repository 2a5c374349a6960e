import type { CallDirection } from '@intermix/calls';
import type { AppNotificationSettings, NotificationFormat } from '../ports/app-notifications.js';
import type { NotificationType } from './happening.js';

/** Which of the two bodies the app's receivers get. */
export function formatOf(settings: AppNotificationSettings): NotificationFormat {
  return settings.notificationFormat ?? settings.writtenGeneration ?? 'snake';
}

/** The URL that is told of this; undefined when there is none. */
export function receiverOf(
  type: NotificationType,
  direction: CallDirection,
  settings: AppNotificationSettings,
): string | undefined {
  return formatOf(settings) === 'camel' ? camelReceiver(type, direction, settings) : snakeReceiver(type, settings);
}

function snakeReceiver(type: NotificationType, settings: AppNotificationSettings): string | undefined {
  switch (type) {
    case 'incoming_call':
      return settings.popupUrl;
    case 'call_missed':
    case 'missed_call':
      return settings.missedCallUrl;
    case 'recording_ready':
    case 'recording_failed':
      return settings.recordingUrl;
    default:
      return settings.callbackUrl;
  }
}

/** Receivers of this generation tell events apart by their URL: each gets one kind, and a missed call comes once. */
function camelReceiver(
  type: NotificationType,
  direction: CallDirection,
  settings: AppNotificationSettings,
): string | undefined {
  if (type === 'recording_ready' || type === 'recording_failed') return settings.recordingUrl;
  if (direction !== 'inbound') return settings.callbackUrl;
  switch (type) {
    case 'incoming_call':
      return settings.popupUrl;
    case 'call_completed':
      return settings.incomingCallHangupUrl;
    case 'missed_call':
      return settings.missedCallUrl;
    default:
      return undefined;
  }
}
