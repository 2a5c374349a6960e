import type {
  CallDirection,
  CallEventRecord,
  CallRecord,
  CallStatus,
  Did,
  IceServer,
  LegRecord,
  SipSession,
  SipUser,
} from '@intermix/calls';

// What the integrations API needs of the store. Both generations of the API stand on these: what one writes, the other
// reads. Every method takes the tenant; none finds another's rows.

/** Whom a token speaks for. A customer's token has no `appId`. */
export interface IntegrationToken {
  accountSid: string;
  customerId: string;
  appId: string | undefined;
  createdAt: Date;
  expiresAt: Date;
  lastUsedAt: Date | undefined;
}

export interface TokenStore {
  /** Keeps the hash of `token`. */
  create(token: string, record: Omit<IntegrationToken, 'createdAt' | 'lastUsedAt'>): Promise<void>;
  /**
   * In force or not: the caller compares `expiresAt`. Undefined when unknown or revoked, or its customer or app is gone
   * or inactive. Cached. Use is recorded, at most once a minute a token, without being waited for.
   */
  find(token: string): Promise<IntegrationToken | undefined>;
  /** False when there was none. */
  revoke(token: string): Promise<boolean>;
}

export interface CustomerRecord {
  id: string;
  accountSid: string;
  name: string;
  email: string | undefined;
  createdAt: Date;
  updatedAt: Date;
}

export interface CustomerStore {
  /** Throws ERR_STORE_CONFLICT on `account_sid` when there is no such account. */
  create(input: {
    accountSid: string;
    name: string;
    email: string | undefined;
    secret: string;
  }): Promise<CustomerRecord>;
  find(accountSid: string, customerId: string): Promise<CustomerRecord | undefined>;
  /** With its apps, their users, settings and tokens; calls stay. False when there was none. */
  delete(accountSid: string, customerId: string): Promise<boolean>;
  /** The customer whose id and secret these are. */
  authenticate(id: string, secret: string): Promise<CustomerRecord | undefined>;
  /** Figures of the period, `from` included and `to` not. */
  usage(accountSid: string, customerId: string, from: Date, to: Date): Promise<CustomerUsage>;
  counts(accountSid: string, customerId: string): Promise<{ apps: number; users: number }>;
}

export interface CustomerUsage {
  totalCalls: number;
  /** Seconds talked. */
  talkSeconds: number;
  inboundCalls: number;
  outboundCalls: number;
  /** Calls whose user spoke by browser or SIP telephone; by telephone line. */
  sipCalls: number;
  pstnCalls: number;
  /** Apps and users with a call in the period. */
  activeApps: number;
  activeUsers: number;
}

export interface AppRecord {
  id: string;
  customerId: string;
  accountSid: string;
  name: string;
  /** Region, as the customer wrote it. */
  exotelDomain: string;
  isActive: boolean;
  createdAt: Date;
  updatedAt: Date;
}

export interface AppStore {
  create(input: {
    customerId: string;
    accountSid: string;
    name: string;
    exotelDomain: string;
    isActive: boolean;
    secret: string;
  }): Promise<AppRecord>;
  find(accountSid: string, appId: string): Promise<AppRecord | undefined>;
  /** By the id alone: for the one route without a token. */
  findById(appId: string): Promise<AppRecord | undefined>;
  list(accountSid: string, customerId: string): Promise<AppRecord[]>;
  delete(accountSid: string, appId: string): Promise<boolean>;
  authenticate(id: string, secret: string): Promise<AppRecord | undefined>;
}

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

/** What a write changes: a key that is left out stays, one that is present and `undefined` is cleared. */
export type AppSettingsPatch = Partial<
  Pick<
    AppSettings,
    | 'popupUrl'
    | 'incomingCallHangupUrl'
    | 'missedCallUrl'
    | 'callbackUrl'
    | 'recordingEnabled'
    | 'recordingUrl'
    | 'streamingEnabled'
    | 'streamingUrl'
    | 'playbackUrl'
    | 'notificationFormat'
  >
> & { custom?: Readonly<Record<string, string | undefined>> };

export interface AppSettingsStore {
  /** Cached. Defaults when nothing was written yet; undefined when the account has no such app. */
  find(accountSid: string, appId: string): Promise<AppSettings | undefined>;
  /** One statement. Throws ERR_STORE_NOT_FOUND when there is no such app. */
  update(accountSid: string, appId: string, patch: AppSettingsPatch, by: Generation): Promise<AppSettings>;
}

export type DeviceName = 'sip' | 'phone';

/** A user of an app with a SIP account and up to two devices. */
export interface MappedUser extends SipUser {
  email: string | undefined;
  role: string;
  isActive: boolean;
  outboundActive: boolean;
  exotelUserId: string;
  exotelUserName: string | undefined;
  sipDeviceId: string;
  phoneDeviceId: string;
  /** The one that was switched on last: Exotel's "active device". */
  lastEnabledDevice: DeviceName;
  devicesUpdatedAt: Date;
  /** When a device was last registered, or its registration last refreshed or ended. */
  sipLastSeenAt: Date | undefined;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewMappedUser {
  accountSid: string;
  appId: string;
  userId: string;
  name: string;
  email: string | undefined;
  exotelUserName: string | undefined;
  phone: string | undefined;
  virtualNumber: string | undefined;
  role: string;
  devices: { sip: boolean; phone: boolean };
  sipUsername: string;
  sipPassword: string;
}

export interface MappedUserStore {
  /** All or none. Throws ERR_STORE_CONFLICT on `user_id` or `sip_username`. */
  create(users: readonly NewMappedUser[]): Promise<MappedUser[]>;
  find(accountSid: string, appId: string, userId: string): Promise<MappedUser | undefined>;
  /** In order of creation. `total` counts all of the app. */
  list(
    accountSid: string,
    appId: string,
    page: { limit: number; offset: number },
  ): Promise<{ users: MappedUser[]; total: number }>;
  update(
    accountSid: string,
    appId: string,
    userId: string,
    patch: {
      virtualNumber?: string | undefined;
      name?: string;
      phone?: string | undefined;
      email?: string | undefined;
    },
  ): Promise<MappedUser | undefined>;
  /**
   * Changes the devices named. Throws ERR_STORE_CONFLICT on `devices` when none would be on, in one statement, so that
   * two requests at once cannot switch off one each. Undefined when there is no such user.
   */
  setDevices(
    accountSid: string,
    appId: string,
    userId: string,
    devices: { sip?: boolean; phone?: boolean },
  ): Promise<MappedUser | undefined>;
  /** Those that were there, as they were. */
  delete(accountSid: string, appId: string, userIds: readonly string[]): Promise<MappedUser[]>;
  deleteAll(accountSid: string, appId: string): Promise<MappedUser[]>;
  /** Plain text, for `SipSecret`. */
  sipPassword(accountSid: string, appId: string, userId: string): Promise<string | undefined>;
}

export interface Contact {
  /** `+E.164` */
  number: string;
  name: string;
  customField: string | undefined;
  updatedAt: Date;
}

export interface ContactStore {
  /** Makes or replaces, all or none. At most 100,000 an app: ERR_STORE_CONFLICT on `contacts` beyond. */
  put(
    accountSid: string,
    appId: string,
    contacts: ReadonlyArray<Pick<Contact, 'number' | 'name' | 'customField'>>,
  ): Promise<number>;
  find(accountSid: string, appId: string, number: string): Promise<Contact | undefined>;
  list(accountSid: string, appId: string, page: { limit: number; afterNumber: string | undefined }): Promise<Contact[]>;
  delete(accountSid: string, appId: string, number: string): Promise<boolean>;
}

/** Which calls of an app. What is left out does not narrow. */
export interface AppCallQuery {
  accountSid: string;
  appId: string;
  userId?: string;
  direction?: CallDirection;
  status?: CallStatus;
  /** `+E.164`; of either party, or the ExoPhone. */
  number?: string;
  /** Began then or later. */
  from?: Date;
  /** Began before. */
  to?: Date;
  limit: number;
  /** Opaque; from the page before. */
  cursor?: string;
}

/** A call in a list, with what its durations need of its legs. */
export interface AppCall extends CallRecord {
  /** When the first leg of the called party rang. */
  firstRangAt: Date | undefined;
  /** The last thing recorded of a call that its server did not live to end. */
  lastSeenAt: Date | undefined;
}

/** The records of calls. */
export interface CallArchive {
  /** Newest first; at most 500 a page. Throws ERR_STORE_CURSOR for a cursor that no page returned. */
  listOfApp(query: AppCallQuery): Promise<{ calls: AppCall[]; nextCursor: string | undefined }>;
  find(
    accountSid: string,
    callSid: string,
  ): Promise<{ call: CallRecord; legs: LegRecord[]; events: CallEventRecord[] } | undefined>;
}

/** What the API asks of the running switch. Composed by the server. */
export interface Telephony {
  /** The user's SIP devices that are registered now. */
  registrations(user: SipUser): number;
  /** Ends every registration of the user at once; a call in progress goes on. */
  forgetUser(user: SipUser): void;
  /** The same for all users of an app that is deleted. */
  forgetApp(app: { accountSid: string; appId: string }): void;
  /** A password of the user that is good for a while; undefined when the user is not known, or not active. */
  sipSession(user: SipUser, lifetimeSec: number): Promise<SipSessionGrant | undefined>;
  /** Rings the agent, then the other party. Throws CallError; see its problems. */
  placeCall(request: PlaceCallRequest): Promise<CallRecord>;
}

/** What a page needs to register, and for its audio. */
export interface SipSessionGrant extends SipSession {
  iceServers: readonly IceServer[];
}

export interface PlaceCallRequest {
  user: SipUser;
  /** The other party, as the customer wrote it. */
  to: string;
  /** Kept with the call, and told with each of its steps. */
  customField?: string | undefined;
}

/** Accounts, with the key pair that machines sign in with. */
export interface AccountDirectory {
  findAccount(sid: string): Promise<{ sid: string; apiKey: string } | undefined>;
  /** The account that this pair belongs to; undefined when either is wrong. */
  authenticateAccount(apiKey: string, apiToken: string): Promise<{ sid: string } | undefined>;
}

/** Whose a telephone number is. */
export interface NumberDirectory {
  /** By `+E.164`. Cached. */
  findDid(number: string): Promise<Did | undefined>;
}

/** What a flow elsewhere tells of one of its calls: which of the app's URLs is to be told. */
export type FlowNotificationType = 'popup' | 'incomingcallhungup' | 'missedcall';

export interface FlowNotification {
  app: AppRecord;
  type: FlowNotificationType;
  /** The applet's query as it came, `type` left out: `CallSid`, `CallFrom`, `CallTo`, `DialWhomNumber`, … Bounded. */
  query: Readonly<Record<string, string>>;
}

/** Tells an app's receiver of a call that another platform's flow handles. Implemented over the webhooks' outbox. */
export interface NotificationTrigger {
  /** Resolves when it is kept to be delivered. Does nothing when the app has no URL for it. */
  trigger(notification: FlowNotification): Promise<void>;
}

/**
 * Whether we may ever open this URL of a customer's: undefined, or a sentence that says why not. Looks at the text alone; a
 * name's addresses are checked when it is opened.
 */
export type UrlRule = (url: string) => string | undefined;
