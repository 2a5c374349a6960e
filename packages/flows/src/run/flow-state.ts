import type { ConnectOutcome } from '@intermix/calls';
import type { StreamResult } from '../ports/streams.js';

/** What has come of the applets so far: for conditions, for the next Passthru, and for texts. */
export interface FlowState {
  /** Of the last Gather; undefined before the first. */
  digits: string | undefined;
  /** Of the last Connect. */
  dial: DialState | undefined;
  /** Of the last Voicebot, or of the Stream that was stopped last. */
  stream: StreamResult | undefined;
  recordingUrl: string | undefined;
  /** Whether a Record applet took a message. */
  hasMessage: boolean;
  readonly variables: Readonly<Record<string, string>>;
}

export interface DialState {
  status: ConnectOutcome['status'];
  /** Number or user id of who answered, or was tried last. */
  party: string | undefined;
  durationSec: number;
}

export function newFlowState(variables: Readonly<Record<string, string>> = {}): FlowState {
  return {
    ...{ digits: undefined, dial: undefined, stream: undefined, recordingUrl: undefined },
    ...{ hasMessage: false, variables },
  };
}
