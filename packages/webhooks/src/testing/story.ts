import type { CallEventRecord, CallRecord, CallStatus, LegRecord } from '@intermix/calls';
import { type Clock, silentLogger, systemRandom } from '@intermix/kernel';
import { AppContext } from '../notices/app-context.js';
import { CallNotices } from '../notices/call-notices.js';
import { LateNotices } from '../notices/late-notices.js';
import { NotifyingCallStore } from '../notices/notifying-call-store.js';
import type { AppNotificationSettings } from '../ports/app-notifications.js';
import type { Notice } from '../ports/notice.js';
import { KeepingOutbox } from './keeping-outbox.js';
import { ToldStore } from './told-store.js';

export const inert = { accountSid: 'acct1', appId: 'app_abc123', callSid: 'call_in_abc123' };

export const everyUrl: AppNotificationSettings = {
  popupUrl: 'https://crm.example/popup',
  incomingCallHangupUrl: 'https://crm.example/hangup',
  missedCallUrl: 'https://crm.example/missed',
  callbackUrl: 'https://crm.example/callback',
  recordingUrl: 'https://crm.example/recording',
  recordingEnabled: false,
  writtenGeneration: undefined,
  notificationFormat: undefined,
};

/** `10:30:00.000` of the documented samples' day. */
export const at = (time: string): Date => new Date(`2024-06-15T${time}Z`);

export function makeCall(changes: Partial<CallRecord> = {}): CallRecord {
  return {
    ...inert,
    direction: 'inbound',
    from: '+919876543210',
    to: '+911234567890',
    status: 'queued',
    createdAt: at('10:30:00.000'),
    answeredAt: undefined,
    endedAt: undefined,
    durationSec: 0,
    termination: undefined,
    userId: 'agent_001',
    exophone: '+911234567890',
    customField: undefined,
    ...changes,
  };
}

export function makeLeg(legId: string, changes: Partial<LegRecord> = {}): LegRecord {
  const isUser = changes.role !== 'caller';
  return {
    legId,
    callSid: inert.callSid,
    role: 'callee',
    kind: isUser ? 'browser' : 'carrier',
    party: isUser ? 'agent_001' : 'car_1',
    address: isUser ? 'sip:agent_001@app.exotel.com' : '+919876543210',
    sipCallId: undefined,
    status: 'queued',
    createdAt: at('10:30:00.000'),
    ringingAt: undefined,
    answeredAt: undefined,
    endedAt: undefined,
    termination: undefined,
    quality: undefined,
    userId: isUser ? 'agent_001' : undefined,
    device: isUser ? 'sip' : undefined,
    ...changes,
  };
}

/** Calls that are told step by step, as the switch does it, to an app with these settings. */
export class Story {
  readonly store = new ToldStore();
  /** Has what was enqueued apart from the calls' own steps. */
  readonly outbox: KeepingOutbox;
  readonly late: LateNotices;
  readonly calls: NotifyingCallStore;
  queued = 0;
  settings: AppNotificationSettings | undefined = everyUrl;
  /** Replaced to make lookups fail or hang. */
  findSettings = async (): Promise<AppNotificationSettings | undefined> => this.settings;
  contact: { name: string; customField: string | undefined } | undefined;

  constructor(clock: Clock) {
    const context = new AppContext({
      settings: { find: () => this.findSettings() },
      identities: { find: async () => ({ customerId: 'cust-1', exotelDomain: 'mumbai' }) },
      contacts: { find: async () => this.contact },
      clock,
      logger: silentLogger,
    });
    this.outbox = new KeepingOutbox(clock);
    const onQueued = () => this.queued++;
    const common = { clock, random: systemRandom, logger: silentLogger, onQueued };
    this.late = new LateNotices({ context, outbox: this.outbox, ...common });
    const notices = new CallNotices({ context, late: this.late, hasRecording: () => true });
    this.calls = new NotifyingCallStore({ store: this.store, notices, onQueued });
  }

  async begin(call: CallRecord, legs: readonly LegRecord[]): Promise<void> {
    await this.calls.create(call, legs, [this.#event('call-created', call.createdAt)]);
  }

  async step(type: string, time: Date, call: Partial<CallRecord> = {}, legs: readonly LegRecord[] = []): Promise<void> {
    const legId = type === 'call-ended' ? undefined : legs[0]?.legId;
    await this.calls.apply({
      call: { ...call, callSid: inert.callSid },
      legs,
      events: [this.#event(type, time, legId)],
    });
  }

  /** An inbound call that agent_001 answers five seconds later and that lasts as long as given. */
  async answeredCall(talkSec: number): Promise<void> {
    const leg = makeLeg('leg_1', { ringingAt: at('10:30:01.000') });
    await this.begin(makeCall(), [makeLeg('leg_0', { role: 'caller' }), makeLeg('leg_1')]);
    await this.step('leg-ringing', at('10:30:01.000'), { status: 'ringing' }, [leg]);
    const answeredAt = at('10:30:05.000');
    await this.step('call-answered', answeredAt, { status: 'in-progress', answeredAt }, [leg]);
    await this.end('completed', new Date(answeredAt.getTime() + talkSec * 1000), talkSec);
  }

  async end(status: CallStatus, endedAt: Date, durationSec = 0): Promise<void> {
    await this.step('call-ended', endedAt, { status, endedAt, durationSec });
  }

  /** Bodies as they go out, in order, with the path that gets them. */
  sent(): Array<[path: string, body: Record<string, unknown>]> {
    return this.store.told.flatMap(({ delivery }) =>
      delivery
        ? [[new URL(delivery.url).pathname, JSON.parse(delivery.body)] as [string, Record<string, unknown>]]
        : [],
    );
  }

  notice(type: string): Notice | undefined {
    return this.store.told.find((notice) => notice.type === type);
  }

  #event(type: string, time: Date, legId?: string): CallEventRecord {
    return { callSid: inert.callSid, legId, type, at: time, data: {} };
  }
}
