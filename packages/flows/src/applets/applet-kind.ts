import type { Static, TSchema } from 'typebox';
import type { AppletRun } from '../run/applet-run.js';

/** A way on from an applet, and its place in it: `branches.1`. */
export interface Exit {
  at: string;
  /** Key of an applet; undefined: none is given, where one is needed. */
  to: string | undefined;
  /** Whether the caller or time was waited for before it is taken. */
  waits: boolean;
}

/** Something outside the document that an applet relies on. */
export type Need =
  | { kind: 'user'; at: string; appId: string | undefined; userId: string }
  | { kind: 'caller-id'; at: string; number: string }
  | { kind: 'prompt'; at: string; promptId: string }
  | { kind: 'bot'; at: string; botId: string }
  | { kind: 'url'; at: string; url: string; schemes: ReadonlyArray<'http' | 'https' | 'ws' | 'wss'> };

/** What is wrong within an applet and its schema cannot say. */
export interface Fault {
  at: string;
  message: string;
}

/**
 * One type of applet: what its document looks like, where it may lead, what it needs, and what it does in a call. Places
 * (`at`) are relative to the applet.
 */
export interface AppletKind<S extends TSchema = TSchema> {
  readonly type: string;
  /** Of the whole applet, `type` included; closed. */
  readonly schema: S;
  exits(applet: Static<S>): Exit[];
  needs(applet: Static<S>): Need[];
  faults(applet: Static<S>): Fault[];
  /** Key of the applet that is next; undefined: the flow is over. What it throws is noted, and `errorWay` is taken. */
  run(applet: Static<S>, run: AppletRun): Promise<string | undefined>;
  /** Where to go on after it threw; undefined: the flow is over. */
  errorWay(applet: Static<S>): string | undefined;
}

/** An applet that may not have been looked at closer. */
export interface AnyApplet {
  type: string;
}
