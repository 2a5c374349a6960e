import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallRecord, Carrier, Did } from '@intermix/calls';
import { type Logger, silentLogger } from '@intermix/kernel';
import type { PlaceCallOptions } from '@intermix/simulator';
import { FakeClock } from '@intermix/testkit';
import type { Delivery } from '@intermix/webhooks';
import { hash } from '@node-rs/argon2';
import type { FastifyInstance } from 'fastify';
import { createApi } from '../app.js';
import type { Role } from '../auth/admin.js';
import { type MemoryBots, memoryBots } from './memory-bots.js';
import { type MemoryExotel, memoryExotel } from './memory-exotel.js';
import { memoryFlowFacts, memoryFlows } from './memory-flows.js';
import { type MemoryIntegrations, memoryIntegrations } from './memory-integrations.js';
import { type MemoryPeople, memoryPeople } from './memory-people.js';
import { memoryPrompts } from './memory-prompts.js';
import { type MemoryRecordings, memoryRecordings } from './memory-recordings.js';
import { type MemoryVoice, memoryVoice } from './memory-voice.js';

const password = 'correct horse';

/** Keeps carriers and numbers in memory, each of an account: the port as the store implements it. */
function memoryCarriers() {
  const carriers: Carrier[] = [];
  const dids: Did[] = [];
  const ofAccount = <T extends { accountSid: string; id: string }>(list: T[], accountSid: string, id: string) =>
    list.find((entry) => entry.accountSid === accountSid && entry.id === id);
  const change = <T extends object>(entry: T | undefined, changes: object): T | undefined =>
    entry && Object.assign(entry, changes);
  const remove = <T>(list: T[], entry: T | undefined): boolean =>
    entry !== undefined && list.splice(list.indexOf(entry), 1).length === 1;
  return {
    listCarriersOf: async (accountSid: string) => carriers.filter((carrier) => carrier.accountSid === accountSid),
    getCarrier: async (accountSid: string, id: string) => ofAccount(carriers, accountSid, id),
    createCarrier: async (input: Omit<Carrier, 'id'>) => {
      const carrier = { ...input, id: `car_${carriers.length + 1}` };
      carriers.push(carrier);
      return carrier;
    },
    updateCarrier: async (accountSid: string, id: string, changes: object) =>
      change(ofAccount(carriers, accountSid, id), changes),
    deleteCarrier: async (accountSid: string, id: string) => remove(carriers, ofAccount(carriers, accountSid, id)),
    listDidsOfCarrier: async (accountSid: string, carrierId: string) =>
      dids.filter((did) => did.accountSid === accountSid && did.carrierId === carrierId),
    getDid: async (accountSid: string, id: string) => ofAccount(dids, accountSid, id),
    createDid: async (input: Omit<Did, 'id'>) => {
      const did = { ...input, id: `did_${dids.length + 1}` };
      dids.push(did);
      return did;
    },
    updateDid: async (accountSid: string, id: string, changes: object) =>
      change(ofAccount(dids, accountSid, id), changes),
    deleteDid: async (accountSid: string, id: string) => remove(dids, ofAccount(dids, accountSid, id)),
  };
}

const call: CallRecord = {
  callSid: 'c1',
  accountSid: 'one',
  appId: 'app',
  direction: 'inbound',
  from: '+911130000100',
  to: '+918000000001',
  status: 'completed',
  createdAt: new Date('2026-01-01T00:00:00Z'),
  answeredAt: undefined,
  endedAt: undefined,
  durationSec: 0,
  termination: undefined,
  userId: undefined,
  exophone: undefined,
  customField: undefined,
};

/** What telling `dlv_1` of account `one` again makes. */
const delivery: Delivery = {
  ...{
    deliveryId: 'dlv_2',
    eventId: 'evt_1',
    eventType: 'call_ringing',
    accountSid: 'one',
    appId: 'app',
    callSid: 'c1',
  },
  ...{ url: 'https://crm.example/calls', host: 'crm.example:443', status: 'pending', attempts: 0, replayOf: 'dlv_1' },
  ...{ createdAt: new Date('2026-01-01T00:00:00Z'), dueAt: undefined, lastHttpStatus: undefined, lastError: undefined },
  finishedAt: undefined,
};

export interface TestApi {
  app: FastifyInstance;
  clock: FakeClock;
  /** Calls that the simulated network was asked to place. */
  placed: PlaceCallOptions[];
  ready: { store: boolean; sip: boolean; media: boolean };
  integrations: MemoryIntegrations;
  voice: MemoryVoice;
  recordings: MemoryRecordings;
  exotel: MemoryExotel;
  bots: MemoryBots;
  people: MemoryPeople;
  carriersChanged: () => number;
  tokenOf(role: Role, account?: 'one' | 'two'): Promise<string>;
  login(email: string, secret?: string): Promise<{ statusCode: number; body: any; headers: any }>;
}

export interface TestApiOptions {
  isLocalOnly?: boolean;
  origins?: readonly string[];
  trustedProxies?: readonly string[];
  publicUrl?: string;
  logger?: Logger;
}

/** The API over ports in memory, with an administrator of each role in two accounts, `one` and `two`. */
export async function makeApi(options: TestApiOptions = {}): Promise<TestApi> {
  const clock = new FakeClock();
  const passwordHash = await hash(password, { memoryCost: 1024, timeCost: 2, parallelism: 1 });
  const people = memoryPeople(clock, passwordHash);
  const placed: PlaceCallOptions[] = [];
  const recordings = memoryRecordings(clock);
  const integrations = memoryIntegrations(clock);
  const voice = memoryVoice(clock);
  const exotel = memoryExotel({ publicUrl: options.publicUrl });
  const bots = memoryBots(clock);
  const ready = { store: true, sip: true, media: true };
  let changes = 0;
  const pageFolder = mkdtempSync(join(tmpdir(), 'intermix-page-'));
  writeFileSync(join(pageFolder, 'index.html'), '<title>Softphone</title>');
  const app = await createApi({
    logger: options.logger ?? silentLogger,
    clock,
    ...(options.trustedProxies ? { trustedProxies: options.trustedProxies } : {}),
    version: '0.0.0',
    tokenKey: new Uint8Array(32).fill(7),
    admins: people.admins,
    sessions: people.sessions,
    audit: people.audit,
    carriers: memoryCarriers(),
    calls: {
      find: async (accountSid, callSid) =>
        accountSid === call.accountSid && callSid === call.callSid ? { call, legs: [], events: [] } : undefined,
      list: async ({ accountSid }) => ({
        calls: accountSid === call.accountSid ? [call] : [],
        nextCursor: undefined,
      }),
    },
    deliveries: {
      list: async () => ({ deliveries: [], nextCursor: undefined }),
      find: async () => undefined,
      replay: async (accountSid, deliveryId) =>
        accountSid === delivery.accountSid && deliveryId === 'dlv_1' ? delivery : undefined,
      replayAll: async () => ({ replayed: 0, hasMore: false, nextCursor: undefined, lastDeliveryAt: undefined }),
    },
    prompts: memoryPrompts(clock),
    recordings,
    flows: { flows: memoryFlows(), facts: memoryFlowFacts },
    ...exotel.deps,
    bots,
    simulator: () => ({
      async placeCall(wanted) {
        placed.push(wanted);
        return { snapshot: () => ({ ...snapshot, to: wanted.to }) };
      },
      calls: () => [],
      hangup: () => false,
    }),
    softphone: {
      pageFolder,
      isLocalOnly: options.isLocalOnly ?? true,
      demo: async () => ({ agents: [], exophones: [], simulated_numbers: {}, simulated_pstn: true }),
      callMe: async () => ({ id: 'x', to: '+918000000001' }),
    },
    sdk: { sdkFolder: pageFolder },
    integrations: options.origins ? { ...integrations.deps, origins: options.origins } : integrations.deps,
    voice: voice.deps,
    readiness: async () => ready,
    metrics: async () => ({ contentType: 'text/plain', text: 'x 1' }),
    onCarriersChanged: async () => {
      changes += 1;
    },
  });
  const login = async (email: string, secret = password) => {
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      payload: { email, password: secret },
    });
    return { statusCode: answer.statusCode, body: answer.json(), headers: answer.headers };
  };
  return {
    app,
    clock,
    placed,
    ready,
    integrations,
    voice,
    recordings,
    exotel,
    bots,
    people,
    carriersChanged: () => changes,
    login,
    tokenOf: async (role, account = 'one') => (await login(`${role}.${account}@example.com`)).body.access_token,
  };
}

const snapshot = {
  id: 'sim1',
  sip_call_id: 'abc',
  direction: 'placed' as const,
  to: '',
  from: '+911130000100',
  from_name: '',
  state: 'dialling' as const,
  started_at: '2026-01-01T00:00:00.000Z',
  answered_at: undefined,
  ended_at: undefined,
  end: undefined,
  codec: undefined,
  on_hold: false,
  digits_heard: '',
  hearing_hz: undefined,
  tone_heard_hz: undefined,
  packets_sent: 0,
  packets_received: 0,
  packets_lost: 0,
  events: [],
};
