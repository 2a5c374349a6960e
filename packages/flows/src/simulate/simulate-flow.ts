import type { CallRecord } from '@intermix/calls';
import { parseFlow } from '../check/check-flow.js';
import { runFlow } from '../run/flow-run.js';
import { newFlowState } from '../run/flow-state.js';
import { SimulatedActions } from './simulated-actions.js';
import type { SimulatedStep, SimulationInput, SimulationResult } from './simulation.js';

/** Steps that are kept: more than a run can have, as an applet may tell several things. */
const maxKept = 1000;

/**
 * Runs a document without a call: its applets as they are, with the outcomes that the input gives. Throws FlowError when the
 * document's form is wrong.
 */
export async function simulateFlow(
  document: unknown,
  input: SimulationInput,
  of: { accountSid: string; flowId: string; now: Date },
): Promise<SimulationResult> {
  const flow = parseFlow(document);
  const actions = new SimulatedActions(input);
  const path: string[] = [];
  const steps: SimulatedStep[] = [];
  const end = await runFlow({
    ...{ document: flow, flowId: of.flowId, actions, state: newFlowState(flow.variables) },
    call: () => thoughtCall(input, of),
    now: () => of.now.getTime(),
    onEnter(applet) {
      path.push(applet);
      actions.enter(applet);
    },
    note: (step) => {
      if (steps.length < maxKept) steps.push(step as SimulatedStep);
    },
  });
  return { path, steps, requests: actions.requests, end };
}

function thoughtCall(input: SimulationInput, { accountSid, now }: { accountSid: string; now: Date }): CallRecord {
  return {
    ...{ callSid: 'simulated', accountSid, appId: undefined, direction: 'inbound', status: 'in-progress' },
    from: input.from ?? '+910000000000',
    to: input.to ?? '+910000000001',
    ...{ createdAt: now, answeredAt: now, endedAt: undefined, durationSec: 0, termination: undefined },
    ...{ userId: undefined, exophone: input.to, customField: input.custom_field },
  };
}
