/** Which of the two generations of bodies. */
export type NotificationFormat = 'camel' | 'snake';

/** Of an app's settings, what notifications need. */
export interface AppNotificationSettings {
  popupUrl: string | undefined;
  incomingCallHangupUrl: string | undefined;
  missedCallUrl: string | undefined;
  callbackUrl: string | undefined;
  recordingUrl: string | undefined;
  recordingEnabled: boolean;
  /** Which face of the API wrote last; undefined before the first write. */
  writtenGeneration: NotificationFormat | undefined;
  /** The customer's decision; undefined: as `writtenGeneration`, and `snake` before the first write. */
  notificationFormat: NotificationFormat | undefined;
}

/** The store of app settings has more. `find` is cached: it stands in the path of every call. */
export interface AppNotificationSettingsSource {
  find(accountSid: string, appId: string): Promise<AppNotificationSettings | undefined>;
}

/** The app's directory entry of a number. */
export interface CallerDirectory {
  find(
    accountSid: string,
    appId: string,
    number: string,
  ): Promise<{ name: string; customField: string | undefined } | undefined>;
}

/** What the CamelCase body says of the app besides its calls. Cached. */
export interface AppIdentitySource {
  find(accountSid: string, appId: string): Promise<{ customerId: string; exotelDomain: string } | undefined>;
}
