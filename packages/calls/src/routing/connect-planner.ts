import type { ConnectParty, ConnectRequest } from '../control/call-control.js';
import type { CallRecord } from '../ports/call-store.js';
import type { CarrierDirectory, Did, UserDirectory } from '../ports/directory.js';
import type { BranchPlan, Refusal } from '../switch/call-plan.js';
import type { DialOut } from './dial-out.js';
import { ownNumber, type RingingDevices, type UserDevices, unreachable } from './user-devices.js';

export interface ConnectPlannerDeps {
  users: UserDirectory;
  carriers: Pick<CarrierDirectory, 'findDid'>;
  devices: UserDevices;
  dialOut: DialOut;
}

/** Who is rung, and the number that was to be shown and is none of the account's: another is shown in its place. */
export type ConnectPlan = RingingDevices & { unknownCallerId?: string | undefined };

/** Parties that one connect rings at most; what is beyond is left out. */
const maxParties = 20;

/** Who rings when a program connects its call to others. Sends nothing. */
export class ConnectPlanner {
  readonly #deps: ConnectPlannerDeps;

  constructor(deps: ConnectPlannerDeps) {
    this.#deps = deps;
  }

  /**
   * The branches hold channels of their carriers: they are to be rung, or released. Without any, the first refusal that
   * tells something says why. Rejects when a directory does.
   */
  async plan(call: CallRecord, asked: ConnectRequest): Promise<ConnectPlan> {
    const { dialOut } = this.#deps;
    const callerIds = await dialOut.callerIdsOf(call.accountSid);
    const shown = asked.callerId;
    const wanted = shown === undefined ? undefined : (dialOut.numberOf(shown, callerIds) ?? shown);
    const isKnown = callerIds.some((did) => did.number === wanted);
    const request = { ...asked, callerId: isKnown ? wanted : undefined };
    const parties = request.parties.slice(0, maxParties);
    const planned = await Promise.allSettled(parties.map((party) => this.#partyOf(party, call, request, callerIds)));
    const all = planned.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    const branches = all.flatMap((devices) => devices.branches);
    const failed = planned.find((result) => result.status === 'rejected');
    if (failed) {
      for (const branch of branches) branch.release?.();
      throw failed.reason;
    }
    if (branches.length > 0) return { branches, unknownCallerId: isKnown ? undefined : wanted };
    const refusals = all.flatMap(({ refusal }) => refusal ?? []);
    return { branches, refusal: refusals.find(({ why }) => why !== 'unreachable') ?? unreachable };
  }

  #partyOf(
    party: ConnectParty,
    call: CallRecord,
    request: ConnectRequest,
    callerIds: readonly Did[],
  ): Promise<RingingDevices> {
    if (party.type === 'user') return this.#userOf(party, call, request);
    if (party.type === 'trunk') return this.#trunkOf(party.carrierId, call, request, callerIds);
    return this.#numberOf(party.number, call, request, callerIds);
  }

  /** A user of another account does not exist here. */
  async #userOf(
    { appId, userId }: Extract<ConnectParty, { type: 'user' }>,
    { accountSid, from, exophone }: CallRecord,
    { callerId }: ConnectRequest,
  ): Promise<RingingDevices> {
    const user = await this.#deps.users.findUser(appId, userId);
    if (user?.accountSid !== accountSid) return refused({ status: 404, why: 'unknown-user' });
    return this.#deps.devices.of(user, { number: from, name: from, exophone: callerId ?? exophone });
  }

  /**
   * A trunk that brings us numbers leads to the telephone network, not to an exchange: it would bring the call back, or carry it
   * where no rule looked. Another account's does not exist here.
   */
  async #trunkOf(
    carrierId: string,
    call: CallRecord,
    { callerId, headers = [] }: ConnectRequest,
    callerIds: readonly Did[],
  ): Promise<RingingDevices> {
    const { carriers, dialOut } = this.#deps;
    const { accountSid, callSid, exophone } = call;
    const did = exophone === undefined ? undefined : await carriers.findDid(exophone);
    if ([did, ...callerIds].some((own) => own?.carrierId === carrierId)) return refused(ownNumber);
    const shown = callerId ?? callerShown(call);
    const dialled = dialOut.throughTrunk(carrierId, { accountSid, number: exophone, shown });
    if (!dialled.ok) return refused(dialled.refusal);
    const own = [
      ['X-Exotel-CallSid', callSid],
      ['X-Exotel-TrunkSid', carrierId],
    ] as const;
    return { branches: [{ ...dialled.branch, headers: [...headers, ...own] }] };
  }

  /** A number of the account's own would come back to us, and to the program, and again: without end. */
  async #numberOf(
    text: string,
    { accountSid, exophone }: CallRecord,
    { callerId, headers }: ConnectRequest,
    callerIds: readonly Did[],
  ): Promise<RingingDevices> {
    const { carriers, dialOut } = this.#deps;
    const number = dialOut.numberOf(text, callerIds);
    if (number === undefined) return refused({ status: 404, why: 'unknown-number' });
    const own = await carriers.findDid(number);
    if (own?.accountSid === accountSid) return refused(ownNumber);
    const dialled = dialOut.dial(number, callerIds, [callerId, exophone]);
    if (!dialled.ok) return refused(dialled.refusal);
    const branch: BranchPlan = { ...dialled.branch, ...(headers?.length ? { headers } : {}) };
    return { branches: [branch] };
  }
}

/** To an exchange of the account's own a caller is shown as they are; a user by our number. */
function callerShown({ from, exophone }: CallRecord): string | undefined {
  return /^\+\d+$/.test(from) ? from : exophone;
}

function refused(refusal: Refusal): RingingDevices {
  return { branches: [], refusal };
}
