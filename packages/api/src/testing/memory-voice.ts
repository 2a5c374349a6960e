import {
  type CallError,
  type CallProgram,
  type CallRecord,
  type LegRecord,
  type SipUser,
  toE164,
} from '@intermix/calls';
import type { Clock } from '@intermix/kernel';
import type { VoiceCallDetail, VoiceCallOrder, VoiceCallQuery, VoiceDeps } from '../voice/ports.js';

export interface MemoryVoice {
  deps: VoiceDeps;
  /** Orders that were placed. */
  placed: VoiceCallOrder[];
  /** What the list was asked for. */
  asked: VoiceCallQuery[];
  calls: VoiceCallDetail[];
  recordings: Map<string, string>;
  /** What the switch throws at the next order. */
  fails: { with: CallError | Error | undefined };
}

export const voiceUser: SipUser = {
  ...{ accountSid: 'one', appId: 'app', userId: 'agent_001', name: 'Asha Rao', sipUsername: 'asha' },
  ...{ phone: undefined, devices: { sip: true, phone: false }, virtualNumber: undefined },
};

const program: CallProgram = { run: async () => {} };
const exophone = {
  carrierId: 'car',
  accountSid: 'one',
  label: undefined,
  target: undefined,
  ringTimeoutSec: undefined,
};

/** The Voice v1 API's ports in memory: account `one` with two ExoPhones, a user and a flow; account `two` with nothing. */
export function memoryVoice(clock: Clock): MemoryVoice {
  const memory: Omit<MemoryVoice, 'deps'> = {
    ...{ placed: [], asked: [], calls: [], recordings: new Map(), fails: { with: undefined } },
  };
  const accounts = [
    { sid: 'one', name: 'Acme', createdAt: new Date('2026-01-01T00:00:00Z'), apiKey: 'key', apiToken: 'token' },
    { sid: 'two', name: 'Other', createdAt: new Date('2026-01-01T00:00:00Z'), apiKey: 'key2', apiToken: 'token2' },
  ];
  const numbers = [
    { ...exophone, id: 'did_1', number: '+918047100000', direction: 'both' as const },
    { ...exophone, id: 'did_2', number: '+918047100001', direction: 'inbound' as const },
  ];
  const deps: VoiceDeps = {
    accounts: {
      findAccount: async (sid) => accounts.find((account) => account.sid === sid),
      authenticateAccount: async (key, token) =>
        accounts.find(({ apiKey, apiToken }) => apiKey === key && apiToken === token),
    },
    users: {
      findByName: async (accountSid, name) =>
        accountSid === 'one' && ['asha', 'agent_001'].includes(name) ? voiceUser : undefined,
    },
    numbers: {
      read: async (_accountSid, text) => toE164(text, { country: 'IN' }),
      listDids: async (accountSid) => (accountSid === 'one' ? numbers : []),
    },
    orders: {
      async place(order) {
        if (memory.fails.with) throw memory.fails.with;
        memory.placed.push(order);
        const call = callOf(order, new Date(clock.now()), memory.placed.length);
        memory.calls.push({ call, order: { ...order, parentCallSid: undefined }, legs: [], events: [] });
        return call;
      },
    },
    programs: {
      flowIdOfUrl: (url, accountSid) => new RegExp(`/${accountSid}/exoml/start_voice/(\\w+)$`).exec(url)?.[1],
      findFlow: async (accountSid, flowId) => (accountSid === 'one' && flowId === 'flw1' ? program : undefined),
      bot: () => program,
      streamProblem: (url) => (/^wss?:/.test(url) ? undefined : 'it must begin with ws:// or wss://.'),
    },
    archive: {
      findCall: async (accountSid, callSid) =>
        memory.calls.find(({ call }) => call.accountSid === accountSid && call.callSid === callSid),
      async listCalls(query) {
        memory.asked.push(query);
        const calls = memory.calls.filter(({ call }) => call.accountSid === query.accountSid);
        return { calls, total: calls.length, previous: query.after && 'P1', next: 'N1' };
      },
    },
    recordings: { urlsOf: async () => memory.recordings },
    streams: { activeOf: () => ({ active: 3, limit: 100 }) },
    urlRule: (url) => (/^https?:/.test(url) ? undefined : 'it must begin with http:// or https://.'),
  };
  return { ...memory, deps };
}

function callOf(order: VoiceCallOrder, createdAt: Date, count: number): CallRecord {
  return {
    ...{ callSid: String(count).padStart(32, '0'), accountSid: order.accountSid, appId: undefined },
    ...{ direction: 'outbound', from: order.from, to: order.to ?? order.callerId, status: 'queued', createdAt },
    ...{ answeredAt: undefined, endedAt: undefined, durationSec: 0, termination: undefined, userId: undefined },
    ...{ exophone: order.callerId, customField: order.customField },
  };
}

/** A leg of a call that is over. */
export function endedLeg(role: LegRecord['role'], answeredAt: Date, endedAt: Date): LegRecord {
  return {
    ...{ legId: `leg_${role}`, callSid: 'x', role, kind: 'carrier', party: 'car', address: '+919876543210' },
    ...{ sipCallId: undefined, status: 'completed', createdAt: answeredAt, ringingAt: answeredAt, answeredAt, endedAt },
    ...{ termination: undefined, quality: undefined, userId: undefined, device: undefined },
  };
}
