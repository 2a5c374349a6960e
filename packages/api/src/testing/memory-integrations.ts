import { createHash } from 'node:crypto';
import { CallError, type CallRecord, toE164 } from '@intermix/calls';
import { type Clock, IntermixError } from '@intermix/kernel';
import type { SigningSecret, SigningSecrets } from '@intermix/webhooks';
import type { IntegrationDeps } from '../integrations/parts.js';
import type {
  AppRecord,
  AppSettings,
  Contact,
  ContactStore,
  CustomerRecord,
  FlowNotification,
  IntegrationToken,
  MappedUser,
  NewMappedUser,
  PlaceCallRequest,
} from '../integrations/ports.js';

import { memoryRecordings } from './memory-recordings.js';

class Conflict extends IntermixError {
  readonly code = 'ERR_STORE_CONFLICT';
  constructor(readonly field: string) {
    super(`conflict on ${field}`);
  }
}

export interface MemoryIntegrations {
  deps: IntegrationDeps;
  customer: { id: string; secret: string };
  app: { id: string; secret: string };
  /** Users whose registrations were ended; `all of <account> <app>` for those of an app. */
  forgotten: string[];
  /** Calls that were asked for, the refused ones too. */
  placed: PlaceCallRequest[];
  notified: FlowNotification[];
  /** What the switch throws at the next order. */
  callFails: { with: Error | undefined };
}

const accountOne = { sid: 'one', apiKey: 'key', apiToken: 'token' };

/** The integrations API's ports in memory, as the store and the switch implement them. Account `one` has a customer and an app. */
export function memoryIntegrations(clock: Clock): MemoryIntegrations {
  const customers = new Map<string, CustomerRecord & { secret: string }>();
  const apps = new Map<string, AppRecord & { secret: string }>();
  const settings = new Map<string, AppSettings>();
  const tokens = new Map<string, IntegrationToken>();
  const users = new Map<string, MappedUser & { sipPassword: string }>();
  const forgotten: string[] = [];
  const placed: PlaceCallRequest[] = [];
  const notified: FlowNotification[] = [];
  const callFails: { with: Error | undefined } = { with: undefined };
  let count = 0;
  const nextId = () => createHash('md5').update(`id ${++count}`).digest('hex');
  const now = () => new Date(clock.now());
  const times = () => ({ createdAt: now(), updatedAt: now() });
  const userKey = (appId: string, userId: string) => JSON.stringify([appId, userId]);
  const usersOf = (appId: string) => [...users.values()].filter((user) => user.appId === appId);
  const appOf = (accountSid: string, appId: string) => {
    const app = apps.get(appId);
    return app?.accountSid === accountSid ? app : undefined;
  };
  const userOf = (accountSid: string, appId: string, userId: string) =>
    appOf(accountSid, appId) && users.get(userKey(appId, userId));
  const removeApp = (appId: string) => {
    for (const { userId } of usersOf(appId)) users.delete(userKey(appId, userId));
    for (const [token, record] of tokens) if (record.appId === appId) tokens.delete(token);
    settings.delete(appId);
    return apps.delete(appId);
  };

  const deps: IntegrationDeps = {
    tokens: {
      async create(token, record) {
        tokens.set(token, { ...record, createdAt: now(), lastUsedAt: undefined });
      },
      find: async (token) => tokens.get(token),
      revoke: async (token) => tokens.delete(token),
    },
    customers: {
      async create(input) {
        const customer = { id: nextId(), ...input, ...times() };
        customers.set(customer.id, customer);
        return customer;
      },
      async find(accountSid, id) {
        const found = customers.get(id);
        return found?.accountSid === accountSid ? found : undefined;
      },
      async delete(_accountSid, id) {
        for (const app of [...apps.values()]) if (app.customerId === id) removeApp(app.id);
        for (const [token, record] of tokens) if (record.customerId === id) tokens.delete(token);
        return customers.delete(id);
      },
      async authenticate(id, secret) {
        const found = customers.get(id);
        return found?.secret === secret ? found : undefined;
      },
      async usage() {
        const none = { totalCalls: 0, talkSeconds: 0, inboundCalls: 0, outboundCalls: 0, sipCalls: 0, pstnCalls: 0 };
        return { ...none, activeApps: 0, activeUsers: 0 };
      },
      async counts(_accountSid, customerId) {
        const own = [...apps.values()].filter((app) => app.customerId === customerId);
        return { apps: own.length, users: own.flatMap((app) => usersOf(app.id)).length };
      },
    },
    apps: {
      async create(input) {
        const app = { id: nextId(), ...input, ...times() };
        apps.set(app.id, app);
        return app;
      },
      find: async (accountSid, appId) => appOf(accountSid, appId),
      findById: async (appId) => apps.get(appId),
      list: async (_accountSid, customerId) => [...apps.values()].filter((app) => app.customerId === customerId),
      delete: async (_accountSid, appId) => removeApp(appId),
      async authenticate(id, secret) {
        const found = apps.get(id);
        return found?.isActive && found.secret === secret ? found : undefined;
      },
    },
    settings: {
      async find(accountSid, appId) {
        return appOf(accountSid, appId) && (settings.get(appId) ?? emptySettings(accountSid, appId));
      },
      async update(accountSid, appId, patch, by) {
        const before = settings.get(appId) ?? emptySettings(accountSid, appId);
        const custom = Object.entries({ ...before.custom, ...patch.custom }).filter(([, value]) => value !== undefined);
        const after = { ...before, ...patch, custom: Object.fromEntries(custom) as Record<string, string> };
        settings.set(appId, { ...(after as AppSettings), writtenGeneration: by, updatedAt: now() });
        return settings.get(appId) as AppSettings;
      },
    },
    users: {
      async create(wanted) {
        for (const { appId, userId } of wanted) if (users.has(userKey(appId, userId))) throw new Conflict('user_id');
        const made = wanted.map((user) => ({ ...mappedUser(user, ++count, now()), sipPassword: user.sipPassword }));
        for (const user of made) users.set(userKey(user.appId, user.userId), user);
        return made;
      },
      find: async (accountSid, appId, userId) => userOf(accountSid, appId, userId),
      async list(_accountSid, appId, { limit, offset }) {
        const all = usersOf(appId);
        return { users: all.slice(offset, offset + limit), total: all.length };
      },
      async update(accountSid, appId, userId, patch) {
        const user = userOf(accountSid, appId, userId);
        return user && Object.assign(user, patch);
      },
      async setDevices(accountSid, appId, userId, devices) {
        const user = userOf(accountSid, appId, userId);
        if (user === undefined) return undefined;
        const after = { ...user.devices, ...devices };
        if (!after.sip && !after.phone) throw new Conflict('devices');
        const lastEnabledDevice = !after.sip ? 'phone' : !after.phone ? 'sip' : devices.phone ? 'phone' : 'sip';
        return Object.assign(user, { devices: after, lastEnabledDevice });
      },
      async delete(accountSid, appId, userIds) {
        const found = userIds.flatMap((userId) => userOf(accountSid, appId, userId) ?? []);
        for (const { userId } of found) users.delete(userKey(appId, userId));
        return found;
      },
      async deleteAll(_accountSid, appId) {
        const found = usersOf(appId);
        for (const { userId } of found) users.delete(userKey(appId, userId));
        return found;
      },
      sipPassword: async (accountSid, appId, userId) => userOf(accountSid, appId, userId)?.sipPassword,
    },
    contacts: memoryContacts(now),
    callArchive: {
      listOfApp: async () => ({ calls: [], nextCursor: undefined }),
      find: async () => undefined,
    },
    deliveries: { ofCall: async () => [] },
    recordings: memoryRecordings(clock).recordings,
    feed: { read: async () => ({ events: [], cursor: undefined, hasMore: false }) },
    signingSecrets: memorySigningSecrets(now),
    accounts: {
      findAccount: async (sid) => (sid === accountOne.sid ? accountOne : undefined),
      authenticateAccount: async (key, token) =>
        key === accountOne.apiKey && token === accountOne.apiToken ? accountOne : undefined,
    },
    numbers: {
      async findDid(number) {
        if (number !== '+918000000001') return undefined;
        const did = {
          id: 'd',
          carrierId: 'c',
          accountSid: 'one',
          number,
          label: undefined,
          direction: 'both' as const,
        };
        return { ...did, target: undefined, ringTimeoutSec: undefined };
      },
    },
    telephony: {
      registrations: () => 0,
      forgetUser: ({ userId }) => void forgotten.push(userId),
      forgetApp: ({ accountSid, appId }) => void forgotten.push(`all of ${accountSid} ${appId}`),
      sipSession: async ({ sipUsername }, lifetimeSec) => ({
        authUsername: `${sipUsername}~end~random`,
        password: 'short-lived',
        expiresAt: new Date(now().getTime() + lifetimeSec * 1000),
        iceServers: [{ urls: ['stun:192.0.2.1:3478'] }],
      }),
      async placeCall(request) {
        const { user, to, customField } = request;
        placed.push(request);
        if (callFails.with) throw callFails.with;
        if (toE164(to) === undefined) throw CallError.badNumber();
        return { ...call, appId: user.appId, to, userId: user.userId, exophone: user.virtualNumber, customField };
      },
    },
    notifications: { trigger: async (notification) => void notified.push(notification) },
    urlRule: (url) => (url.includes('10.0.0.1') ? 'this address is private.' : undefined),
    origins: '*',
    sipDomain: 'sip.example',
  };

  const customer = { id: nextId(), secret: 'customer secret' };
  customers.set(customer.id, { ...customer, accountSid: 'one', name: 'Acme', email: undefined, ...times() });
  const app = { id: nextId(), secret: 'app secret' };
  const ofApp = { customerId: customer.id, accountSid: 'one', name: 'crm', exotelDomain: 'mumbai', isActive: true };
  apps.set(app.id, { ...app, ...ofApp, ...times() });
  return { deps, customer, app, forgotten, placed, notified, callFails };
}

function memorySigningSecrets(now: () => Date): SigningSecrets {
  const secrets = new Map<string, SigningSecret[]>();
  return {
    inForce: async (_accountSid, appId) => secrets.get(appId) ?? [],
    async rotate(_accountSid, appId) {
      const before = secrets.get(appId) ?? [];
      const secret = `whsec_${Buffer.from(`planted signing secret ${before.length}`).toString('base64')}`;
      const made = { id: `sec_${before.length + 1}`, secret, createdAt: now(), expiresAt: undefined };
      secrets.set(appId, [made, ...before]);
      return made;
    },
  };
}

function memoryContacts(now: () => Date): ContactStore {
  const contacts = new Map<string, Contact>();
  const key = (appId: string, number: string) => JSON.stringify([appId, number]);
  return {
    async put(_accountSid, appId, wanted) {
      for (const contact of wanted) contacts.set(key(appId, contact.number), { ...contact, updatedAt: now() });
      return wanted.length;
    },
    find: async (_accountSid, appId, number) => contacts.get(key(appId, number)),
    async list(_accountSid, appId, { limit, afterNumber = '' }) {
      const own = [...contacts].filter(([name]) => JSON.parse(name)[0] === appId).map(([, contact]) => contact);
      const sorted = own.sort((a, b) => (a.number < b.number ? -1 : 1));
      return sorted.filter(({ number }) => number > afterNumber).slice(0, limit);
    },
    delete: async (_accountSid, appId, number) => contacts.delete(key(appId, number)),
  };
}

function emptySettings(accountSid: string, appId: string): AppSettings {
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

function mappedUser({ sipPassword: _, ...user }: NewMappedUser, number: number, at: Date): MappedUser {
  return {
    ...user,
    isActive: true,
    outboundActive: true,
    exotelUserId: `exotel-${number}`,
    sipDeviceId: `${number}1`,
    phoneDeviceId: `${number}2`,
    lastEnabledDevice: user.devices.sip ? 'sip' : 'phone',
    devicesUpdatedAt: at,
    sipLastSeenAt: undefined,
    createdAt: at,
    updatedAt: at,
  };
}

const call: CallRecord = {
  callSid: '0123456789abcdef0123456789abcdef',
  accountSid: 'one',
  appId: undefined,
  direction: 'outbound',
  from: 'asha',
  to: '',
  status: 'queued',
  createdAt: new Date('2026-01-01T00:00:00Z'),
  answeredAt: undefined,
  endedAt: undefined,
  durationSec: 0,
  termination: undefined,
  userId: undefined,
  exophone: undefined,
  customField: undefined,
};
