import type { CallProgram } from '../control/call-control.js';

/** What a number's target or an API's order may name besides users. */
export type ProgramTarget = { type: 'flow'; flowId: string } | { type: 'bot'; botId: string };

/** Where programs are found. Implemented by the packages that have some, joined by the server. */
export interface CallPrograms {
  /** Undefined when the account has none by that name. */
  find(accountSid: string, target: ProgramTarget): Promise<CallProgram | undefined>;
}
