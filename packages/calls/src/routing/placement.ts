import { CallError, type CallProblem } from '../errors.js';
import type { Did, SipUser } from '../ports/directory.js';
import type { BranchPlan, PlacedCallPlan, Refusal } from '../switch/call-plan.js';
import type { DialOut } from './dial-out.js';
import type { UserDevices } from './user-devices.js';

/** A call to be placed for a user. */
export interface PlaceCallRequest {
  user: SipUser;
  /** The other party, as the customer wrote it. */
  to: string;
  /** Kept with the call: see `CallRecord`. */
  customField?: string | undefined;
}

export interface PlacementDeps {
  devices: UserDevices;
  dialOut: DialOut;
}

const maxForwards = 70;

/** Decides how a call is placed for a user: which devices ring, and by which carrier the other party is dialled after. */
export class Placement {
  readonly #deps: PlacementDeps;

  constructor(deps: PlacementDeps) {
    this.#deps = deps;
  }

  /**
   * The plan holds a channel of the carrier for the other party, though that is dialled when the user has answered: a
   * user who answers must not hear that there is none. Throws CallError; rejects besides when a directory does.
   */
  async plan({ user, to, customField }: PlaceCallRequest): Promise<PlacedCallPlan> {
    const { devices, dialOut } = this.#deps;
    const callerIds = await dialOut.callerIdsOf(user.accountSid);
    const number = dialOut.numberOf(to, callerIds);
    if (number === undefined) throw CallError.badNumber();
    checkVirtualNumber(user, callerIds);
    const dialled = dialOut.dial(number, callerIds, [user.virtualNumber]);
    if (!dialled.ok) throw errorOf(dialled.refusal);
    const { branch, exophone } = dialled;
    const ringing = await this.#ringing(() => devices.of(user, { number, name: number, exophone }), branch);
    if (ringing.refusal) {
      branch.release?.();
      throw ringing.refusal.why === 'unreachable' ? CallError.deviceOff(user.userId) : errorOf(ringing.refusal);
    }
    const { accountSid, appId, userId } = user;
    return {
      ...{ accountSid, appId, userId, exophone, customField, direction: 'outbound', from: exophone, to: number },
      ...{ devices: ringing.branches, branches: [branch], maxForwards, customHeaders: {} },
    };
  }

  async #ringing<T>(find: () => Promise<T>, held: BranchPlan): Promise<T> {
    try {
      return await find();
    } catch (error) {
      held.release?.();
      throw error;
    }
  }
}

/** Gives back the channels of a plan that is not carried out. */
export function releasePlan(plan: PlacedCallPlan): void {
  for (const branch of [...plan.devices, ...plan.branches]) branch.release?.();
}

/** A virtual number that is not the account's is a mistake to be told of: another number would be shown in its place. */
function checkVirtualNumber({ virtualNumber }: SipUser, callerIds: readonly Did[]): void {
  const own = callerIds.some((did) => did.number === virtualNumber);
  if (callerIds.length === 0 || (virtualNumber !== undefined && !own)) throw CallError.noVirtualNumber(virtualNumber);
}

const problems: Readonly<Record<string, CallProblem>> = {
  'not-allowed': 'not-allowed',
  'carrier-channels': 'carrier-channels',
  'carrier-rate': 'carrier-rate',
};

function errorOf({ why, reason }: Refusal): CallError {
  return new CallError(problems[why] ?? 'carrier-failed', `the number is not dialled: ${reason ?? why}`);
}
