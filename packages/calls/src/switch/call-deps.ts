import type { Clock, Logger } from '@intermix/kernel';
import type { MediaEngine } from '@intermix/media';
import type { EndpointFace, Flow } from '@intermix/sip';
import type { CallStore } from '../ports/call-store.js';
import type { RecordingControl } from '../ports/recording-control.js';
import type { ConnectPlanner } from '../routing/connect-planner.js';
import type { BranchPlan } from './call-plan.js';
import type { CalleeLeg } from './callee-leg.js';
import type { CallingParty } from './calling-party.js';
import type { Device } from './device-link.js';
import type { OwedFarewells } from './owed-farewells.js';
import type { SwitchConfig } from './switch-config.js';
import type { UnwrittenEnds } from './unwritten-ends.js';

/** What every call stands on. */
export interface CallDeps {
  endpoint: EndpointFace;
  engine: MediaEngine;
  calls: CallStore;
  clock: Clock;
  logger: Logger;
  config: SwitchConfig;
  unwritten: UnwrittenEnds;
  farewells: OwedFarewells;
  /** Plans the legs that a program rings. */
  connectPlanner: ConnectPlanner;
  /** Carries out what devices ask of their call's recording; without it none may ask. */
  recordingControl?: RecordingControl | undefined;
  /** The devices that are registered over a connection. */
  devicesOn: (flow: Flow) => readonly Device[];
}

/** Who is in a call. */
export interface CallParties {
  sid: string;
  calling: CallingParty;
  /** Makes legs of other parties, to be rung as the branches say. */
  makeLegs: (branches: readonly BranchPlan[]) => readonly CalleeLeg[];
}
