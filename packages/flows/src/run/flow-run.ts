import type { CallRecord } from '@intermix/calls';
import { appletKindOf } from '../applets/applet-kinds.js';
import type { FlowDocument } from '../document/flow-document.js';
import type { CallFacts } from '../wire/passthru-query.js';
import type { AppletRun } from './applet-run.js';
import { fillText } from './fill-text.js';
import type { FlowActions } from './flow-actions.js';
import type { FlowState } from './flow-state.js';

/** Steps of one call, and visits to one applet: whatever a document says, it comes to an end. */
export const maxSteps = 200;
export const maxVisits = 50;

/** Before the way on from an applet that fails again: a circle whose audio cannot be had costs time, as one that is heard does. */
const failedAgainMs = 2000;

/** What happened at an applet, as the call's record keeps it. */
export type NoteStep = (data: Readonly<Record<string, unknown>>) => void;

export interface FlowRunDeps {
  document: FlowDocument;
  flowId: string;
  actions: FlowActions;
  state: FlowState;
  /** The record as it now stands. */
  call: () => CallRecord;
  now: () => number;
  note: NoteStep;
  /** An applet begins. */
  onEnter?: (applet: string) => void;
}

/** Why a flow came to its end. */
export type FlowEnd = 'finished' | 'caller-left' | 'too-many-steps' | 'failed';

/** Runs a document's applets one after the other, from its start to its end. Never rejects. */
export async function runFlow(deps: FlowRunDeps): Promise<FlowEnd> {
  const visits = new Map<string, number>();
  const failed = new Set<string>();
  let key: string | undefined = deps.document.start;
  for (let step = 0; key !== undefined; step++) {
    const times = (visits.get(key) ?? 0) + 1;
    visits.set(key, times);
    if (step >= maxSteps || times > maxVisits) {
      deps.note({ applet: key, result: 'too-many-steps', steps: step });
      return 'too-many-steps';
    }
    deps.onEnter?.(key);
    if (deps.actions.isOver) return 'caller-left';
    const outcome = await runApplet(key, deps, failed);
    if (outcome === 'failed') return deps.actions.isOver ? 'caller-left' : 'failed';
    key = outcome.next;
  }
  return 'finished';
}

/** `failed`: the applets that did before, to which this one is added when it does. */
async function runApplet(
  key: string,
  deps: FlowRunDeps,
  failed: Set<string>,
): Promise<{ next: string | undefined } | 'failed'> {
  const applet = deps.document.applets[key];
  const kind = applet && appletKindOf(applet.type);
  if (applet === undefined || kind === undefined) return 'failed';
  const tell: AppletRun['tell'] = (data) => deps.note({ applet: key, applet_type: applet.type, ...data });
  try {
    return { next: await kind.run(applet, appletRun(deps, tell)) };
  } catch (error) {
    if (deps.actions.isOver) return 'failed';
    tell({ result: 'failed', error: error instanceof Error ? error.message.slice(0, 300) : 'unknown' });
    const next = kind.errorWay(applet);
    if (next === undefined) return 'failed';
    if (failed.has(key)) await deps.actions.pause(failedAgainMs);
    failed.add(key);
    return { next };
  }
}

function appletRun(deps: FlowRunDeps, tell: AppletRun['tell']): AppletRun {
  const { actions, state, document, flowId } = deps;
  const facts = (): CallFacts => ({ call: deps.call(), state, flowId, now: new Date(deps.now()) });
  return {
    ...{ actions, state, facts, tell, appId: document.app_id },
    filled: (parameters) =>
      parameters &&
      Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, fillText(value, facts())])),
  };
}
