import { randomBytes } from 'node:crypto';
import type { CallEventRecord, CallRecord, LegRecord } from '@intermix/calls';
import type { NewCarrier } from '../carriers/carrier-rows.js';
import type { Store } from '../open-store.js';

/** An account with a customer, an app and a user, none of which another test has. */
export interface TestTenant {
  accountSid: string;
  customerId: string;
  appId: string;
  userId: string;
}

export async function makeTenant(store: Store): Promise<TestTenant> {
  const tag = randomBytes(6).toString('hex');
  const tenant = { accountSid: `acc-${tag}`, customerId: `cus-${tag}`, appId: `app-${tag}`, userId: 'asha' };
  const { accountSid, customerId, appId, userId } = tenant;
  await store.tenants.createAccount({ sid: accountSid, name: 'Acme', apiKey: `key-${tag}`, apiToken: `token-${tag}` });
  await store.customers.create({ id: customerId, accountSid, name: 'Acme', secret: `customer-${tag}` });
  await store.apps.create({ id: appId, customerId, accountSid, name: 'crm', secret: `app-${tag}` });
  await store.users.createUser({
    ...{ accountSid, appId, userId, name: 'Asha Rao' },
    ...{ sipUsername: 'asha-sip', sipPassword: 's3cret', phone: '+919876543210' },
  });
  return tenant;
}

/** A number that no other test has. */
export function spareNumber(): string {
  return `+91${randomBytes(5).readUIntBE(0, 5).toString().padStart(13, '0').slice(-13)}`;
}

export function newCarrier(accountSid: string, changes: Partial<NewCarrier> = {}): NewCarrier {
  return {
    accountSid,
    name: 'Acme Telecom',
    sipAddress: 'sip.acme.example',
    transport: 'udp',
    inboundAuthMode: 'ip',
    inboundAuthUsername: undefined,
    inboundAuthPassword: undefined,
    inboundAllowedAddresses: ['203.0.113.0/28'],
    outboundAuthUsername: 'us',
    outboundAuthPassword: 'out-s3cret',
    outboundCps: 0.5,
    outboundBurst: 10,
    outboundChannels: 30,
    outboundAllowedPrefixes: ['+44'],
    destinationCountry: 'IN',
    simulated: false,
    ...changes,
  };
}

export function newCall(accountSid: string, changes: Partial<CallRecord> = {}): CallRecord {
  return {
    callSid: randomBytes(16).toString('hex'),
    accountSid,
    appId: undefined,
    direction: 'inbound',
    from: '+919876543210',
    to: '+911140000000',
    status: 'queued',
    createdAt: new Date('2026-01-02T03:04:05.678Z'),
    answeredAt: undefined,
    endedAt: undefined,
    durationSec: 0,
    termination: undefined,
    userId: undefined,
    exophone: undefined,
    customField: undefined,
    ...changes,
  };
}

export function newLeg(callSid: string, role: LegRecord['role'], changes: Partial<LegRecord> = {}): LegRecord {
  return {
    legId: `leg_${randomBytes(16).toString('hex')}`,
    callSid,
    role,
    kind: role === 'caller' ? 'carrier' : 'browser',
    party: role === 'caller' ? 'car_1' : 'asha',
    address: 'sip:asha@acc.intermix.local',
    sipCallId: undefined,
    status: 'queued',
    createdAt: new Date('2026-01-02T03:04:05.700Z'),
    ringingAt: undefined,
    answeredAt: undefined,
    endedAt: undefined,
    termination: undefined,
    quality: undefined,
    userId: undefined,
    device: undefined,
    ...changes,
  };
}

export function newEvent(callSid: string, type: string, changes: Partial<CallEventRecord> = {}): CallEventRecord {
  return { callSid, legId: undefined, type, at: new Date('2026-01-02T03:04:06.000Z'), data: {}, ...changes };
}
