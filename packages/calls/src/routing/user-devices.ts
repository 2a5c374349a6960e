import { NameAddr, SipUri } from '@intermix/sip';
import type { CarrierDirectory, SipUser } from '../ports/directory.js';
import type { Binding, LocationStore } from '../registrar/location-store.js';
import { routeOf } from '../registrar/registrar.js';
import type { BranchPlan, Refusal } from '../switch/call-plan.js';
import { mediaKindOfDevice, partyKindOfDevice } from '../switch/media-kind.js';
import type { DialOut } from './dial-out.js';

export interface UserDevicesDeps {
  location: LocationStore;
  carriers: Pick<CarrierDirectory, 'findDid'>;
  dialOut: DialOut;
}

/** What a device shows: the caller, and to a telephone line our own number, as carriers take no other. */
export interface ShownCaller {
  number: string;
  name: string;
  /** Our number in the call, `+E.164`. */
  exophone: string | undefined;
}

/** The devices of a user that are to ring together. Without any, `refusal` says why. */
export type RingingDevices = { branches: readonly BranchPlan[]; refusal?: Refusal };

export const unreachable: Refusal = { status: 480, why: 'unreachable' };

/** A number of the account's own, dialled by the account: it would come back to us. */
export const ownNumber: Refusal = { status: 403, reason: 'Number Of Our Own', why: 'own-number' };

/** Which devices of a user ring: every registered one when `sip` is on, the telephone line when `phone` is on. */
export class UserDevices {
  readonly #deps: UserDevicesDeps;

  constructor(deps: UserDevicesDeps) {
    this.#deps = deps;
  }

  /** Each branch to a telephone line holds a channel of its carrier: it is to be rung, or released. */
  async of(user: SipUser, shown: ShownCaller): Promise<RingingDevices> {
    const registered = user.devices.sip ? this.#deps.location.bindingsOf(user) : [];
    const branches = registered.map((binding) => branchTo(user, binding, shown));
    const phone = user.devices.phone ? await this.#phoneOf(user, shown) : { refusal: unreachable };
    if ('branch' in phone) return { branches: [...branches, phone.branch] };
    return branches.length > 0 ? { branches } : { branches, refusal: phone.refusal };
  }

  /** The users' devices together; the first refusal speaks when nobody can ring. Rejects when a directory does. */
  async ofAll(users: readonly SipUser[], shown: ShownCaller): Promise<RingingDevices> {
    const results = await Promise.allSettled(users.map((user) => this.of(user, shown)));
    const all = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    const branches = all.flatMap((devices) => devices.branches);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) {
      for (const branch of branches) branch.release?.();
      throw failed.reason;
    }
    if (branches.length > 0) return { branches };
    const refusals = all.flatMap(({ refusal }) => refusal ?? []);
    return { branches, refusal: refusals.find(({ why }) => why !== 'unreachable') ?? unreachable };
  }

  /** A telephone line that is a number of ours would call the user again, and again. */
  async #phoneOf(user: SipUser, shown: ShownCaller): Promise<{ branch: BranchPlan } | { refusal: Refusal }> {
    const { dialOut, carriers } = this.#deps;
    const callerIds = await dialOut.callerIdsOf(user.accountSid);
    const number = user.phone === undefined ? undefined : dialOut.numberOf(user.phone, callerIds);
    const own = number === undefined ? undefined : await carriers.findDid(number);
    if (number === undefined || own?.accountSid === user.accountSid) return { refusal: unreachable };
    const dialled = dialOut.dial(number, callerIds, [shown.exophone, user.virtualNumber]);
    if (!dialled.ok) return { refusal: dialled.refusal };
    return { branch: { ...dialled.branch, userId: user.userId, appId: user.appId, userDevice: 'phone' } };
  }
}

/** The Request-URI is the contact as registered, whose user part the device knows itself by; the flow takes it there. */
function branchTo(user: SipUser, binding: Binding, shown: ShownCaller): BranchPlan {
  const route = routeOf(binding);
  const { domain } = binding;
  return {
    kind: partyKindOfDevice(binding.flow, binding.contactUri),
    party: user.userId,
    address: `sip:${user.sipUsername}@${domain}`,
    target: { uri: binding.contactUri, flow: binding.flow, ...(route.length > 0 ? { route } : {}) },
    mediaKind: mediaKindOfDevice(binding.flow, binding.contactUri),
    from: NameAddr.create({ displayName: shown.name, uri: SipUri.create({ user: shown.number, host: domain }) }),
    to: NameAddr.create({ uri: SipUri.create({ user: user.sipUsername, host: domain }) }),
    preferredCodec: binding.preferredCodec,
    device: binding,
    userId: user.userId,
    appId: user.appId,
    userDevice: 'sip',
  };
}
