import type { CallControl, CallProgram } from '@intermix/calls';
import type { FlowDocument } from '../document/flow-document.js';
import { fillText } from './fill-text.js';
import { runFlow } from './flow-run.js';
import { newFlowState } from './flow-state.js';
import { LiveActions, type LiveDeps } from './live-actions.js';

/** A version of a flow, ready to be run in a call. */
export interface RunnableFlow {
  id: string;
  version: number;
  document: FlowDocument;
}

/** A flow as what decides about a call. One program serves any number of calls. */
export class FlowProgram implements CallProgram {
  readonly #flow: RunnableFlow;
  readonly #deps: LiveDeps;

  constructor(flow: RunnableFlow, deps: LiveDeps) {
    this.#flow = flow;
    this.#deps = deps;
  }

  /** Its calls are this app's: its backend hears of them, and its settings hold. */
  get appId(): string | undefined {
    return this.#flow.document.app_id;
  }

  /** Runs until the flow, or the call, is over. What goes wrong in an applet is noted in the call's story, never thrown. */
  async run(control: CallControl): Promise<void> {
    const { id, version, document } = this.#flow;
    const { clock } = this.#deps;
    const state = newFlowState(document.variables);
    const note = (data: Readonly<Record<string, unknown>>): void => noteStep(control, data);
    const fill = (text: string): string =>
      fillText(text, { call: control.call, state, flowId: id, now: new Date(clock.now()) });
    const actions = new LiveActions(control, this.#deps, { fill, note });
    note({ result: 'started', flow_id: id, version });
    try {
      const how = await runFlow({
        ...{ document, flowId: id, actions, state, note },
        call: () => control.call,
        now: () => clock.now(),
      });
      note({ result: how });
    } finally {
      actions.close();
    }
  }
}

/** A step after the end of the call has no story to stand in. */
function noteStep(control: CallControl, data: Readonly<Record<string, unknown>>): void {
  if (control.signal.aborted) return;
  control.note('flow-step', { ...data });
}
