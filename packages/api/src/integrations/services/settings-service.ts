import { ApiError } from '../../http/api-error.js';
import type { AppSettings, AppSettingsPatch, AppSettingsStore, Generation, UrlRule } from '../ports.js';
import type { AppScope } from './app-scope.js';
import { urlProblem } from './customer-url.js';
import { conflictField } from './store-conflict.js';

/** How a generation of the API spells the settings, for refusals. */
export type SettingsSpelling = Partial<Readonly<Record<keyof AppSettingsPatch, string>>>;

export interface SettingsServiceDeps {
  settings: AppSettingsStore;
  urlRule: UrlRule;
}

const maxCustomKeys = 50;
const schemes = {
  popupUrl: 'http',
  incomingCallHangupUrl: 'http',
  missedCallUrl: 'http',
  callbackUrl: 'http',
  recordingUrl: 'http',
  playbackUrl: 'http',
  streamingUrl: 'ws',
} as const satisfies Partial<Record<keyof AppSettingsPatch, 'http' | 'ws'>>;

/** Settings of an app: both generations of the API read and write the same ones. */
export class SettingsService {
  readonly #deps: SettingsServiceDeps;

  constructor(deps: SettingsServiceDeps) {
    this.#deps = deps;
  }

  /** Defaults when nothing was written. 404: no such app. */
  async read(app: AppScope): Promise<AppSettings> {
    const settings = await this.#deps.settings.find(app.accountSid, app.appId);
    if (settings === undefined) throw ApiError.notFound('app');
    return settings;
  }

  /**
   * Changes the fields that are present and leaves the rest; `undefined` clears. 400 names a URL that cannot be used, or
   * more than 50 keys of the customer's own. 404: no such app.
   */
  async write(
    app: AppScope,
    patch: AppSettingsPatch,
    by: Generation,
    spelling: SettingsSpelling,
  ): Promise<AppSettings> {
    this.#checkUrls(patch, by, spelling);
    if (patch.custom !== undefined) refuseTooMany(await this.read(app), patch.custom, spelling);
    return this.#deps.settings.update(app.accountSid, app.appId, patch, by).catch((error: unknown) => {
      if (conflictField(error) === 'custom') throw tooManyKeys(spelling);
      throw error;
    });
  }

  #checkUrls(patch: AppSettingsPatch, by: Generation, spelling: SettingsSpelling): void {
    for (const [key, scheme] of Object.entries(schemes) as [keyof typeof schemes, 'http' | 'ws'][]) {
      const url = patch[key];
      if (url === undefined) continue;
      // The samples of the snake_case generation stream to an https:// URL.
      const problem = urlProblem(url, scheme === 'ws' && by === 'snake' ? 'stream' : scheme) ?? this.#deps.urlRule(url);
      const field = spelling[key] ?? key;
      if (problem !== undefined) throw ApiError.invalid(field, `"${field}": ${problem}`);
    }
  }
}

function refuseTooMany(
  now: AppSettings,
  changes: Readonly<Record<string, string | undefined>>,
  spelling: SettingsSpelling,
): void {
  const keys = new Set(Object.keys(now.custom));
  for (const [key, value] of Object.entries(changes)) value === undefined ? keys.delete(key) : keys.add(key);
  if (keys.size > maxCustomKeys) throw tooManyKeys(spelling);
}

function tooManyKeys(spelling: SettingsSpelling): ApiError {
  return ApiError.invalid(
    spelling.custom ?? 'custom',
    `An app has at most ${maxCustomKeys} settings of its own: delete one first.`,
  );
}
