import type { CallProgram } from '../control/call-control.js';
import type { RecordingWish } from '../control/recording-wish.js';
import { CallError, type CallProblem } from '../errors.js';
import { toE164 } from '../numbers/normalize-number.js';
import type { CallDirection } from '../ports/call-store.js';
import type { CarrierDirectory, Did, SipUser } from '../ports/directory.js';
import type { Announcement, BranchPlan, PlacedCallPlan, Refusal } from '../switch/call-plan.js';
import type { Waiting } from '../switch/waiting-sound.js';
import type { DialOut, DialResult } from './dial-out.js';
import { ownNumber, type RingingDevices, type ShownCaller, type UserDevices } from './user-devices.js';

/** A call to be placed for a user to a number: the short form of a `CallOrder`. */
export interface PlaceCallRequest {
  user: SipUser;
  /** The other party, as the customer wrote it. */
  to: string;
  /** Kept with the call: see `CallRecord`. */
  customField?: string | undefined;
}

/** A call to be placed between two parties, or between one and a program. Files are 8 kHz, mono, 16 bit WAV. */
export interface CallOrder {
  /** Who is rung first. A number is dialled through a carrier by the account's rules. */
  from: { user: SipUser } | { number: string; accountSid: string };
  /** Who is called when the first has answered, or the program that the first is given to. */
  to: { number: string } | { user: SipUser } | { program: CallProgram };
  /** Our number to show, of the account and not for inbound calls alone; the user's, or the account's oldest, when undefined. */
  callerId?: string | undefined;
  /** Seconds that each side may ring; the switch's setting when undefined. */
  ringTimeoutSec?: number | undefined;
  /** Seconds that the talk may last, from the second party's answer on; at most 14,400. */
  timeLimitSec?: number | undefined;
  /** What the first party hears while the second is called; ringback when undefined. Not with a program. */
  waiting?: Waiting | undefined;
  /** Said before the two are joined. Not with a program. */
  announcement?: Announcement | undefined;
  recording?: RecordingWish | undefined;
  /** Kept with the call: see `CallRecord`. */
  customField?: string | undefined;
  /** For the record; `outbound` when undefined. */
  direction?: CallDirection | undefined;
  /** For whoever keeps something of the call before it is placed: 32 hexadecimal characters, used once. Default: a new one. */
  callSid?: string | undefined;
}

export interface PlacementDeps {
  devices: UserDevices;
  dialOut: DialOut;
  carriers: Pick<CarrierDirectory, 'findDid'>;
}

/** The second side of an order: who is called, and what is known of it. */
interface Called {
  branches: readonly BranchPlan[];
  lateBranches?: PlacedCallPlan['lateBranches'];
  program?: CallProgram;
  /** For the record, and for the first party's display; undefined when it is a program. */
  to: string | undefined;
  exophone: string | undefined;
}

const maxForwards = 70;
const longestTalkSec = 14_400;

/** Decides how a call is placed: which lines and devices ring first, and by which carrier the other party is dialled after. */
export class Placement {
  readonly #deps: PlacementDeps;

  constructor(deps: PlacementDeps) {
    this.#deps = deps;
  }

  /**
   * The plan holds a channel of the carrier for the other party, though that is dialled when the first has answered: who
   * answers must not hear that there is none. Throws CallError; rejects besides when a directory does.
   */
  async plan(order: CallOrder): Promise<PlacedCallPlan> {
    const accountSid = accountOf(order);
    const callerIds = await this.#deps.dialOut.callerIdsOf(accountSid);
    checkCallerId(order, callerIds);
    const called = await this.#called(order, callerIds);
    try {
      return await this.#planOf(order, callerIds, called);
    } catch (error) {
      for (const branch of called.branches) branch.release?.();
      throw error;
    }
  }

  async #planOf(order: CallOrder, callerIds: readonly Did[], called: Called): Promise<PlacedCallPlan> {
    const { from, to, direction = 'outbound', timeLimitSec } = order;
    const first = await this.#first(order, callerIds, called);
    const exophone = called.exophone ?? first.exophone;
    const user = 'user' in from ? from.user : 'user' in to ? to.user : undefined;
    const program = 'program' in to ? to.program : undefined;
    return {
      ...{
        accountSid: accountOf(order),
        appId: user?.appId ?? program?.appId,
        userId: user?.userId,
        exophone,
        direction,
      },
      ...{ from: first.number ?? exophone ?? '', to: called.to ?? exophone ?? '', customField: order.customField },
      ...{ devices: first.branches, branches: called.branches, program, maxForwards, customHeaders: {} },
      lateBranches: called.lateBranches,
      ...{ waiting: order.waiting, announcement: order.announcement, recording: order.recording },
      ringTimeoutSec: order.ringTimeoutSec,
      callSid: order.callSid,
      timeLimitSec: timeLimitSec === undefined ? undefined : Math.min(timeLimitSec, longestTalkSec),
    };
  }

  async #called(order: CallOrder, callerIds: readonly Did[]): Promise<Called> {
    const { from, to } = order;
    if ('program' in to) return { branches: [], program: to.program, to: undefined, exophone: undefined };
    if ('number' in to) {
      const dialled = await this.#dial(to.number, order, callerIds);
      return { branches: [dialled.branch], to: dialled.branch.address, exophone: dialled.exophone };
    }
    const shown = 'user' in from ? shownOf(from.user) : { number: from.number, name: from.number };
    const exophone = preferredOf(order)[0] ?? callerIds[0]?.number;
    return this.#calledUser(to.user, accountOf(order), { ...shown, exophone });
  }

  /** A page may have another connection by the time that it is its turn; a line is held from the order on, as any number is. */
  async #calledUser(user: SipUser, accountSid: string, shown: ShownCaller): Promise<Called> {
    if (user.accountSid !== accountSid) throw CallError.deviceOff(user.userId);
    const branches = await this.#devicesOf(user, shown);
    const called = { branches, to: user.sipUsername, exophone: undefined };
    if (user.devices.phone) return called;
    return { ...called, lateBranches: () => this.#deps.devices.of(user, shown) };
  }

  /** Who is rung first. `number` is what the record has as its origin when it is no user. */
  async #first(
    order: CallOrder,
    callerIds: readonly Did[],
    called: Called,
  ): Promise<{ branches: readonly BranchPlan[]; number?: string; exophone: string | undefined }> {
    const { from } = order;
    if ('number' in from) {
      const { branch, exophone } = await this.#dial(from.number, order, callerIds);
      return { branches: [branch], number: branch.address, exophone };
    }
    const exophone = called.exophone ?? preferredOf(order)[0] ?? callerIds[0]?.number;
    const shown = called.to ?? exophone ?? from.user.sipUsername;
    return { branches: await this.#devicesOf(from.user, { number: shown, name: shown, exophone }), exophone };
  }

  /** A number of the account's own would come back to us as another call: a flow might talk to a flow. */
  async #dial(text: string, order: CallOrder, callerIds: readonly Did[]): Promise<Extract<DialResult, { ok: true }>> {
    const { dialOut, carriers } = this.#deps;
    const number = dialOut.numberOf(text, callerIds);
    if (number === undefined) throw CallError.badNumber();
    if (callerIds.length === 0) throw CallError.noVirtualNumber(undefined);
    const own = await carriers.findDid(number);
    if (own?.accountSid === accountOf(order)) throw errorOf(ownNumber);
    const dialled = dialOut.dial(number, callerIds, preferredOf(order));
    if (!dialled.ok) throw errorOf(dialled.refusal);
    return dialled;
  }

  async #devicesOf(user: SipUser, shown: ShownCaller): Promise<RingingDevices['branches']> {
    const { branches, refusal } = await this.#deps.devices.of(user, shown);
    if (refusal) throw refusal.why === 'unreachable' ? CallError.deviceOff(user.userId) : errorOf(refusal);
    return branches;
  }
}

/** Gives back the channels of a plan that is not carried out. */
export function releasePlan(plan: PlacedCallPlan): void {
  for (const branch of [...plan.devices, ...plan.branches]) branch.release?.();
}

export function orderOf(request: PlaceCallRequest | CallOrder): CallOrder {
  if (!('user' in request)) return request;
  const { user, to, customField } = request;
  return { from: { user }, to: { number: to }, customField };
}

export function accountOf({ from }: CallOrder): string {
  return 'user' in from ? from.user.accountSid : from.accountSid;
}

/** The number to show, as the order or its user asks for it. */
function preferredOf({ callerId, from }: CallOrder): ReadonlyArray<string | undefined> {
  if (callerId !== undefined) return [toE164(callerId) ?? callerId];
  return ['user' in from ? from.user.virtualNumber : undefined];
}

function shownOf({ sipUsername, name }: SipUser): { number: string; name: string } {
  return { number: sipUsername, name: name || sipUsername };
}

/** A number to show that is not the account's is a mistake to be told of: another would be shown in its place. */
function checkCallerId(order: CallOrder, callerIds: readonly Did[]): void {
  const [wanted] = preferredOf(order);
  if (wanted !== undefined && !callerIds.some((did) => did.number === wanted)) throw CallError.noVirtualNumber(wanted);
}

const problems: Readonly<Record<string, CallProblem>> = {
  'not-allowed': 'not-allowed',
  'own-number': 'not-allowed',
  'carrier-channels': 'carrier-channels',
  'carrier-rate': 'carrier-rate',
};

function errorOf({ why, reason }: Refusal): CallError {
  return new CallError(problems[why] ?? 'carrier-failed', `the number is not dialled: ${reason ?? why}`);
}
