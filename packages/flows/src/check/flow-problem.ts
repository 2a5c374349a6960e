export type FlowProblemCode =
  /** A field is missing, unknown, or has a value that it cannot have. */
  | 'bad-field'
  /** Something goes on at an applet that the document does not have. */
  | 'unknown-target'
  /** An applet lacks a way on for something that may come of it. */
  | 'dead-end'
  /** No way leads to the applet. */
  | 'unreachable'
  /** A circle in which nobody waits for the caller or for time to pass. */
  | 'endless-loop'
  | 'unknown-user'
  | 'unknown-number'
  | 'unknown-prompt'
  | 'unknown-bot'
  | 'bad-url'
  | 'too-large';

/** What is wrong with a document, and where: `applets.menu.branches.1`. The message is a sentence for its author. */
export interface FlowProblem {
  path: string;
  code: FlowProblemCode;
  message: string;
}
