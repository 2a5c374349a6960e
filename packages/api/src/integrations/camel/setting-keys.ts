import { ApiError } from '../../http/api-error.js';
import type { AppSettings, AppSettingsPatch } from '../ports.js';
import type { SettingsSpelling } from '../services/settings-service.js';

/** How one key of `/app_setting` stands in the settings. */
interface KnownKey {
  /** Undefined: not set. */
  read(settings: AppSettings): string | undefined;
  /** The change that sets it, or with undefined takes it away. Throws a 400 that names `Value`. */
  patch(value: string | undefined): AppSettingsPatch;
}

type UrlKey = 'popupUrl' | 'incomingCallHangupUrl' | 'missedCallUrl' | 'callbackUrl' | 'playbackUrl';

const url = (key: UrlKey): KnownKey => ({ read: (settings) => settings[key], patch: (value) => ({ [key]: value }) });

function oneOf<W extends string>(value: string, words: readonly W[]): W {
  const word = words.find((one) => one === value);
  if (word !== undefined) return word;
  throw ApiError.invalid('Value', `"Value" must be ${words.map((one) => `"${one}"`).join(' or ')}, as text.`);
}

const formats = ['camel', 'snake'] as const;

/** The vendor's keys, and `notificationFormat`, ours: in which generation the app's webhooks are written. */
export const knownKeys: ReadonlyMap<string, KnownKey> = new Map(
  Object.entries({
    popup: url('popupUrl'),
    incomingCallHangup: url('incomingCallHangupUrl'),
    missedCall: url('missedCallUrl'),
    callback: url('callbackUrl'),
    playback: url('playbackUrl'),
    record: {
      read: ({ recordingEnabled }) => (recordingEnabled ? 'true' : undefined),
      patch: (value) => ({
        recordingEnabled: value !== undefined && oneOf(value, ['true', 'false']) === 'true',
      }),
    },
    // In this generation a stream is on while it has a URL.
    streaming: {
      read: ({ streamingEnabled, streamingUrl }) => (streamingEnabled ? streamingUrl : undefined),
      patch: (value) => ({ streamingUrl: value, streamingEnabled: value !== undefined }),
    },
    notificationFormat: {
      read: ({ notificationFormat }) => notificationFormat,
      patch: (value) => ({ notificationFormat: value === undefined ? undefined : oneOf(value, formats) }),
    },
  } satisfies Record<string, KnownKey>),
);

/** Here every setting's value is called `Value`. */
export const settingSpelling: SettingsSpelling = {
  popupUrl: 'Value',
  incomingCallHangupUrl: 'Value',
  missedCallUrl: 'Value',
  callbackUrl: 'Value',
  playbackUrl: 'Value',
  streamingUrl: 'Value',
  custom: 'Key',
};

export function settingPatch(key: string, value: string | undefined): AppSettingsPatch {
  return knownKeys.get(key)?.patch(value) ?? { custom: { [key]: value } };
}

/** Undefined: not set. `record` is always known: "false" is what it is until it is set. */
export function settingValue(settings: AppSettings, key: string): string | undefined {
  const known = knownKeys.get(key);
  if (known === undefined) return Object.hasOwn(settings.custom, key) ? settings.custom[key] : undefined;
  return known.read(settings) ?? (key === 'record' ? 'false' : undefined);
}

/** All that are set, the vendor's keys first. */
export function settingPairs(settings: AppSettings): [key: string, value: string][] {
  const known = [...knownKeys].flatMap(([key, { read }]): [string, string][] => {
    const value = read(settings);
    return value === undefined ? [] : [[key, value]];
  });
  return [...known, ...Object.entries(settings.custom)];
}
