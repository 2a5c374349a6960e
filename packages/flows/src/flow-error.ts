import { IntermixError } from '@intermix/kernel';
import type { FlowProblem } from './check/flow-problem.js';

/** A flow's document is refused: it may not be kept, and cannot be run. */
export class FlowError extends IntermixError {
  readonly code = 'ERR_FLOW';
  /** The first problem's path. */
  readonly field: string;

  /** At least one problem. */
  constructor(readonly problems: readonly FlowProblem[]) {
    const first = problems[0];
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more; POST /api/v1/flows/validate lists all)` : '';
    super(`${first?.path || 'document'}: ${first?.message ?? 'the flow is refused.'}${more}`);
    this.field = first?.path ?? '';
  }
}
