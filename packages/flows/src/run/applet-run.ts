import type { CallFacts } from '../wire/passthru-query.js';
import type { FlowActions } from './flow-actions.js';
import type { FlowState } from './flow-state.js';

/** What an applet has while it runs. */
export interface AppletRun {
  readonly actions: FlowActions;
  readonly state: FlowState;
  /** The app whose users a document names without one. */
  readonly appId: string | undefined;
  /** The call and what came of it so far, for the URLs that are told. */
  facts(): CallFacts;
  /** Parameters with `{{variables}}` filled in. */
  filled(parameters: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> | undefined;
  /** Notes what came of the applet: a line of the call's story. */
  tell(data: Readonly<Record<string, unknown>>): void;
}
