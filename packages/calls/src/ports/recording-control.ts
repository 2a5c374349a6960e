import type { RecordingWish } from '../control/recording-wish.js';
import type { CallRecord } from './call-store.js';

/** Whether what is said in a call is being written. */
export type CallRecordingState = 'off' | 'recording' | 'paused';

/** What the device of a party asks for; `status` changes nothing. */
export interface RecordingOrder extends RecordingWish {
  do: 'start' | 'pause' | 'resume' | 'stop' | 'status';
}

/** Why an order was not carried out. */
export type RecordingOrderProblem = 'not-allowed' | 'already-recording' | 'not-running' | 'failed';

export interface RecordingAnswer {
  state: CallRecordingState;
  problem?: RecordingOrderProblem;
  /** A sentence, for logs. */
  detail?: string;
}

/** Who asks: a leg of a user's device, never one of a carrier. */
export interface RecordingParty {
  legId: string;
  userId: string | undefined;
  /** App of the user. */
  appId: string | undefined;
}

/** Carries out what parties ask for their call's recording, where the call's app allows it. Implemented by recordings. */
export interface RecordingControl {
  order(call: CallRecord, party: RecordingParty, order: RecordingOrder): Promise<RecordingAnswer>;
}
