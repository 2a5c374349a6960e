import type { SnakeSettings, SnakeSettingsUpdate } from '@intermix/contracts';
import type { AppRecord, AppSettings, AppSettingsPatch, Generation } from '../ports.js';
import type { SettingsSpelling } from '../services/settings-service.js';

export const settingsSpelling = {
  popupUrl: 'popup_url',
  missedCallUrl: 'missed_call_url',
  callbackUrl: 'callback_url',
  recordingUrl: 'recording_url',
  streamingUrl: 'streaming_url',
} as const satisfies SettingsSpelling;

type UrlField = keyof typeof settingsSpelling;

/** The fields that are present; null is a clearing. */
export function settingsPatch(body: SnakeSettingsUpdate): AppSettingsPatch {
  const urls = (Object.entries(settingsSpelling) as [UrlField, (typeof settingsSpelling)[UrlField]][])
    .filter(([, name]) => body[name] !== undefined)
    .map(([field, name]) => [field, body[name] ?? undefined]);
  const { recording_enabled: recording, streaming_enabled: streaming, notification_format: format } = body;
  return {
    ...Object.fromEntries(urls),
    ...(recording !== undefined && { recordingEnabled: recording ?? false }),
    ...(streaming !== undefined && { streamingEnabled: streaming ?? false }),
    ...(format !== undefined && { notificationFormat: format === null ? undefined : generationOf(format) }),
  };
}

function generationOf(format: 'camel_case' | 'snake_case'): Generation {
  return format === 'camel_case' ? 'camel' : 'snake';
}

/** Settings to which nobody has written are as old as their app. */
export function snakeSettings(app: AppRecord, settings: AppSettings): Required<SnakeSettings> {
  const { notificationFormat: format } = settings;
  return {
    popup_url: settings.popupUrl ?? null,
    missed_call_url: settings.missedCallUrl ?? null,
    callback_url: settings.callbackUrl ?? null,
    recording_enabled: settings.recordingEnabled,
    recording_url: settings.recordingUrl ?? null,
    streaming_enabled: settings.streamingEnabled,
    streaming_url: settings.streamingUrl ?? null,
    notification_format: format === undefined ? null : `${format}_case`,
    created_at: (settings.createdAt ?? app.createdAt).toISOString(),
    updated_at: (settings.updatedAt ?? app.createdAt).toISOString(),
  };
}
