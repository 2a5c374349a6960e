import type { Bootstrap } from '@intermix/contracts';
import { createId, type Random } from '@intermix/kernel';
import { simulatedNumbers } from '@intermix/simulator';
import type { Store } from '@intermix/store';
import { hash } from '@node-rs/argon2';
import { demoExophones, demoPeople } from './demo-people.js';

export interface DemoTenantOptions {
  store: Store;
  random: Random;
  sipDomain: string;
  addresses: Pick<Bootstrap, 'http_url' | 'sip_ws_url' | 'sip_udp'>;
}

/**
 * Makes the demo tenant in an empty store: administrator, customer, account, app, three people, two numbers on the
 * simulated carrier. Gives what `bootstrap.json` holds; no secret of it can be read from the store again.
 */
export async function createDemoTenant(options: DemoTenantOptions): Promise<Bootstrap> {
  const { store, random, addresses } = options;
  const secret = (octets: number) => createId('', octets, random);
  const account = { sid: `demo${secret(4)}`, api_key: secret(16), api_token: secret(20) };
  const customer = { id: secret(16), secret: secret(20) };
  const app = { id: secret(16), secret: secret(20) };
  const admin = { email: 'admin@intermix.local', password: secret(9) };
  const users = demoPeople.map((person) => ({
    user_id: person.userId,
    name: person.name,
    sip_username: person.userId,
    sip_password: secret(12),
    sip_domain: `${account.sid}.${options.sipDomain}`,
    phone: person.phone,
  }));

  await store.tenants.createAccount({
    sid: account.sid,
    name: 'Demo',
    apiKey: account.api_key,
    apiToken: account.api_token,
  });
  await store.customers.create({ ...customer, accountSid: account.sid, name: 'Demo customer' });
  await store.apps.create({ ...app, customerId: customer.id, accountSid: account.sid, name: 'Demo app' });
  await store.admins.createAdmin({
    email: admin.email,
    name: 'Administrator',
    role: 'super_admin',
    accountSid: account.sid,
    passwordHash: await hash(admin.password),
  });
  for (const user of users) {
    await store.users.createUser({
      accountSid: account.sid,
      appId: app.id,
      userId: user.user_id,
      name: user.name,
      sipUsername: user.sip_username,
      sipPassword: user.sip_password,
      phone: user.phone,
    });
  }
  await createExophones(store, account.sid, app.id);

  const { echo, answer_tone, busy, no_answer, reject, dtmf_readback } = simulatedNumbers;
  return {
    ...addresses,
    admin,
    customer,
    account,
    app,
    users,
    exophones: [...demoExophones],
    simulated_numbers: { echo, answer_tone, busy, no_answer, reject, dtmf_readback },
  };
}

async function createExophones(store: Store, accountSid: string, appId: string): Promise<void> {
  const carrier = await store.carriers.createCarrier({
    accountSid,
    name: 'Simulated PSTN',
    sipAddress: '127.0.0.1', // Its port is known when it has started; the server fills it in.
    transport: 'udp',
    inboundAuthMode: 'ip',
    inboundAuthUsername: undefined,
    inboundAuthPassword: undefined,
    inboundAllowedAddresses: [],
    outboundAuthUsername: undefined,
    outboundAuthPassword: undefined,
    outboundCps: 100,
    outboundBurst: 1000,
    outboundChannels: 500,
    outboundAllowedPrefixes: [],
    destinationCountry: 'IN',
    simulated: true,
  });
  const [first, second] = demoExophones;
  const everybody = demoPeople.map((person) => person.userId);
  const number = { carrierId: carrier.id, accountSid, direction: 'both' as const, ringTimeoutSec: undefined };
  await store.carriers.createDid({
    ...number,
    number: first,
    label: `Rings ${demoPeople[0].name}`,
    target: { type: 'user', appId, userId: demoPeople[0].userId },
  });
  await store.carriers.createDid({
    ...number,
    number: second,
    label: 'Rings everybody',
    target: { type: 'users', appId, userIds: everybody },
  });
}
