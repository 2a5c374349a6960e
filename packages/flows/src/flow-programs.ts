import type { CallProgram, CallPrograms, ProgramTarget } from '@intermix/calls';
import type { Logger } from '@intermix/kernel';
import { parseFlow } from './check/check-flow.js';
import type { FlowStore } from './ports/flow-store.js';
import { FlowProgram } from './run/flow-program.js';
import type { LiveDeps } from './run/live-actions.js';

export interface FlowProgramsDeps extends LiveDeps {
  flows: Pick<FlowStore, 'find'>;
  logger: Logger;
}

/** Finds the flow that a number or an order names, in the version that is in force now. */
export class FlowPrograms implements CallPrograms {
  readonly #deps: FlowProgramsDeps;

  constructor(deps: FlowProgramsDeps) {
    this.#deps = deps;
  }

  async find(accountSid: string, target: ProgramTarget): Promise<CallProgram | undefined> {
    if (target.type !== 'flow') return undefined;
    const { flows, logger } = this.#deps;
    const flow = await flows.find(accountSid, target.flowId);
    if (flow === undefined) return undefined;
    try {
      const { id, version } = flow;
      return new FlowProgram({ id, version, document: parseFlow(flow.document) }, this.#deps);
    } catch (error) {
      // Kept by a release whose documents were other: the call is refused as one to no flow.
      logger.error({ err: error, flowId: flow.id, accountSid }, 'a stored flow cannot be run');
      return undefined;
    }
  }
}
