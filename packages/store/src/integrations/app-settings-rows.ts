import type { Selectable } from 'kysely';
import type { AppSettingsTable } from '../database.js';

/** Which of the two generations of the API, and of webhook bodies. */
export type Generation = 'camel' | 'snake';

export interface AppSettings {
  appId: string;
  accountSid: string;
  popupUrl: string | undefined;
  incomingCallHangupUrl: string | undefined;
  missedCallUrl: string | undefined;
  callbackUrl: string | undefined;
  recordingEnabled: boolean;
  recordingUrl: string | undefined;
  streamingEnabled: boolean;
  streamingUrl: string | undefined;
  playbackUrl: string | undefined;
  /** Keys that mean nothing here, kept for the customer: at most 50, 2,000 characters each. */
  custom: Readonly<Record<string, string>>;
  /** Which face wrote last; undefined before the first write. */
  writtenGeneration: Generation | undefined;
  /** The customer's decision; undefined: as `writtenGeneration`, and `snake` before the first write. */
  notificationFormat: Generation | undefined;
  createdAt: Date | undefined;
  updatedAt: Date | undefined;
}

const columnOf = {
  popupUrl: 'popup_url',
  incomingCallHangupUrl: 'incoming_call_hangup_url',
  missedCallUrl: 'missed_call_url',
  callbackUrl: 'callback_url',
  recordingEnabled: 'recording_enabled',
  recordingUrl: 'recording_url',
  streamingEnabled: 'streaming_enabled',
  streamingUrl: 'streaming_url',
  playbackUrl: 'playback_url',
  notificationFormat: 'notification_format',
} as const satisfies Partial<Record<keyof AppSettings, keyof AppSettingsTable>>;

type Field = keyof typeof columnOf;

/** What a write changes: a key that is left out stays, one that is present and `undefined` is cleared. */
export type AppSettingsPatch = { [F in Field]?: AppSettings[F] | undefined } & {
  custom?: Readonly<Record<string, string | undefined>>;
};

/** The columns that a patch names, `custom` apart. */
export function columnsOfPatch(
  patch: AppSettingsPatch,
): Partial<Record<(typeof columnOf)[Field], string | boolean | null>> {
  const fields = (Object.keys(columnOf) as Field[]).filter((field) => field in patch);
  return Object.fromEntries(fields.map((field) => [columnOf[field], patch[field] ?? cleared(field)]));
}

function cleared(field: Field): false | null {
  return field === 'recordingEnabled' || field === 'streamingEnabled' ? false : null;
}

export function settingsOfRow(row: Selectable<AppSettingsTable>): AppSettings {
  return {
    appId: row.app_id,
    accountSid: row.account_sid,
    popupUrl: row.popup_url ?? undefined,
    incomingCallHangupUrl: row.incoming_call_hangup_url ?? undefined,
    missedCallUrl: row.missed_call_url ?? undefined,
    callbackUrl: row.callback_url ?? undefined,
    recordingEnabled: row.recording_enabled,
    recordingUrl: row.recording_url ?? undefined,
    streamingEnabled: row.streaming_enabled,
    streamingUrl: row.streaming_url ?? undefined,
    playbackUrl: row.playback_url ?? undefined,
    custom: row.custom,
    writtenGeneration: row.written_generation as Generation,
    notificationFormat: (row.notification_format as Generation | null) ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** The settings of an app for which nothing was written yet. */
export function settingsBeforeTheFirst(accountSid: string, appId: string): AppSettings {
  return {
    appId,
    accountSid,
    popupUrl: undefined,
    incomingCallHangupUrl: undefined,
    missedCallUrl: undefined,
    callbackUrl: undefined,
    recordingEnabled: false,
    recordingUrl: undefined,
    streamingEnabled: false,
    streamingUrl: undefined,
    playbackUrl: undefined,
    custom: {},
    writtenGeneration: undefined,
    notificationFormat: undefined,
    createdAt: undefined,
    updatedAt: undefined,
  };
}
