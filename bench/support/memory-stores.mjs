// The ports of @intermix/calls in memory, by hash: what is measured is the switch and not a store.

export const domain = 'bench.sip.test';
export const dialled = '+918047110001';
/** Rings the prober's second socket. */
export const probed = '+918047110199';

export class MemoryDirectory {
  #users = new Map();
  #dids = new Map();
  #carrier = {
    ...{ id: 'car_1', accountSid: 'bench', name: 'SIPp', sipAddress: '127.0.0.1:9', transport: 'udp' },
    ...{ inboundAuthMode: 'ip', inboundAuthUsername: undefined, inboundAuthPassword: undefined },
    ...{ inboundAllowedAddresses: ['127.0.0.1'], outboundAuthUsername: undefined, outboundAuthPassword: undefined },
    ...{ outboundCps: 100, outboundBurst: 100, outboundChannels: 500, destinationCountry: 'IN', simulated: false },
  };

  addUser(name) {
    const user = {
      ...{ accountSid: 'bench', appId: 'app', userId: name, name, sipUsername: name, phone: undefined },
      ...{ devices: { sip: true, phone: false }, virtualNumber: undefined },
    };
    this.#users.set(name, { user, credentials: { password: 'secret' } });
  }
  addDid(number, userId) {
    const target = { type: 'user', appId: 'app', userId };
    this.#dids.set(number, {
      ...{ id: number, carrierId: 'car_1', accountSid: 'bench', number, label: undefined, direction: 'both', target },
    });
  }

  async findSipAccount(accountSid, sipUsername) {
    return accountSid === 'bench' ? this.#users.get(sipUsername) : undefined;
  }
  async findUser(_appId, userId) {
    return this.#users.get(userId)?.user;
  }
  async listCarriers() {
    return [this.#carrier];
  }
  async findDid(number) {
    return this.#dids.get(number);
  }
  async listDids() {
    return [...this.#dids.values()];
  }
}

/** Keeps a call while it lasts. */
export class MemoryCalls {
  #calls = new Map();
  async create(call) {
    this.#calls.set(call.callSid, call);
  }
  async apply({ call }) {
    if (call.endedAt) this.#calls.delete(call.callSid);
    else this.#calls.set(call.callSid, { ...this.#calls.get(call.callSid), ...call });
  }
  async addLegs() {}
  async find() {
    return undefined;
  }
  async list() {
    return { calls: [], nextCursor: undefined };
  }
  async failOpenCalls() {
    return 0;
  }
}
