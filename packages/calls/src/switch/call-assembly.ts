import { createId, type Random } from '@intermix/kernel';
import type { IncomingInvite } from '@intermix/sip';
import { Call } from './call.js';
import type { CallDeps } from './call-deps.js';
import type { BranchPlan, CallPlan, IncomingCallPlan, PlacedCallPlan } from './call-plan.js';
import { CalleeLeg } from './callee-leg.js';
import { CallerLeg } from './caller-leg.js';
import type { CallingParty } from './calling-party.js';
import { IncomingParty } from './incoming-party.js';
import type { LegDeps } from './leg.js';
import { RungParty } from './rung-party.js';

/** What the legs of one call are made of. */
interface Makings {
  callSid: string;
  legDeps: LegDeps;
}

/** Makes calls with their legs out of plans. Sends nothing. */
export class CallAssembly {
  readonly #deps: CallDeps & { random: Random };

  constructor(deps: CallDeps & { random: Random }) {
    this.#deps = deps;
  }

  /** A call that came to us. */
  incoming(plan: IncomingCallPlan, incoming: IncomingInvite): Call {
    const makings = this.#makings();
    const identity = this.#identityOf(plan.caller, 'caller', makings);
    const leg = new CallerLeg(identity, incoming, makings.legDeps, plan.caller.device);
    return this.#call(plan, new IncomingParty(leg), makings);
  }

  /** A call that we place: a user's devices, or a number, ring first. */
  placed(plan: PlacedCallPlan): Call {
    const makings = this.#makings(plan.callSid);
    const legs = plan.devices.map((device) => this.#legOf(device, 'caller', makings));
    const { endpoint } = this.#deps;
    const { logger } = makings.legDeps;
    const waiting = plan.program ? 'none' : plan.waiting;
    const party = new RungParty(legs, plan.devices, { endpoint, logger, maxForwards: plan.maxForwards, waiting });
    return this.#call(plan, party, makings);
  }

  #makings(given?: string): Makings {
    const { clock, logger, engine, random, config, farewells, devicesOn, recordingControl } = this.#deps;
    const callSid = given ?? createId('', 16, random);
    const legDeps = {
      ...{ engine, clock, logger: logger.child({ callSid }), config, farewells, devicesOn },
      takesRecordingOrders: recordingControl !== undefined,
    };
    return { callSid, legDeps };
  }

  #call(plan: CallPlan, calling: CallingParty, makings: Makings): Call {
    const makeLegs = (branches: readonly BranchPlan[]) =>
      branches.map((branch) => this.#legOf(branch, 'callee', makings));
    return new Call(plan, { sid: makings.callSid, calling, makeLegs }, this.#deps);
  }

  #legOf(branch: BranchPlan, role: 'caller' | 'callee', makings: Makings): CalleeLeg {
    const { device, mediaKind, release, target } = branch;
    const options = { device, mediaKind, release, flow: target.flow };
    return new CalleeLeg(this.#identityOf(branch, role, makings), makings.legDeps, options);
  }

  #identityOf(plan: IncomingCallPlan['caller'], role: 'caller' | 'callee', { callSid }: Makings) {
    const { kind, party, address, userId, appId, userDevice: device } = plan;
    const legId = createId('leg_', 16, this.#deps.random);
    return { callSid, legId, role, kind, party, address, userId, appId, device };
  }
}
