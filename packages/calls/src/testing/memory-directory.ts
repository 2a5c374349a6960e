import type { Carrier, CarrierDirectory, Did, SipUser, UserDirectory } from '../ports/directory.js';

/** Users, carriers and numbers in memory. */
export class MemoryDirectory implements UserDirectory, CarrierDirectory {
  readonly users: Array<{ user: SipUser; password: string }> = [];
  readonly carriers: Carrier[] = [];
  readonly dids: Did[] = [];
  /** Look-ups of accounts so far. */
  lookups = 0;

  addUser(name: string, overrides: Partial<SipUser> = {}): SipUser {
    const user: SipUser = {
      ...{ accountSid: 'acme', appId: 'app1', userId: `u-${name}`, name, sipUsername: name, phone: undefined },
      ...{ devices: { sip: true, phone: false }, virtualNumber: undefined },
      ...overrides,
    };
    this.users.push({ user, password: `secret-${name}` });
    return user;
  }

  addCarrier(overrides: Partial<Carrier> = {}): Carrier {
    const carrier: Carrier = {
      ...{ id: 'car_1', accountSid: 'acme', name: 'Carrier', sipAddress: '203.0.113.5:5060', transport: 'udp' },
      ...{ inboundAuthMode: 'ip', inboundAuthUsername: undefined, inboundAuthPassword: undefined },
      ...{ inboundAllowedAddresses: [], outboundAuthUsername: undefined, outboundAuthPassword: undefined },
      ...{ outboundCps: 10, outboundBurst: 10, outboundChannels: 10, outboundAllowedPrefixes: [] },
      ...{ destinationCountry: 'IN', simulated: false },
      ...overrides,
    } as Carrier;
    this.carriers.push(carrier);
    return carrier;
  }

  addDid(number: string, userIds: readonly string[], overrides: Partial<Did> = {}): Did {
    const did: Did = {
      ...{ id: `did_${number}`, carrierId: 'car_1', accountSid: 'acme', number, label: undefined, direction: 'both' },
      ringTimeoutSec: undefined,
      target: { type: 'users', appId: 'app1', userIds },
      ...overrides,
    } as Did;
    this.dids.push(did);
    return did;
  }

  async findSipAccount(accountSid: string, sipUsername: string) {
    this.lookups++;
    const found = this.users.find(({ user }) => user.accountSid === accountSid && user.sipUsername === sipUsername);
    return found && { user: found.user, credentials: { password: found.password } };
  }

  async findUser(appId: string, userId: string) {
    return this.users.find(({ user }) => user.appId === appId && user.userId === userId)?.user;
  }

  async listCarriers() {
    return [...this.carriers];
  }

  async findDid(number: string) {
    return this.dids.find((did) => did.number === number);
  }

  async listDids(accountSid: string) {
    return this.dids.filter((did) => did.accountSid === accountSid);
  }
}
