import type { MediaLeg } from '@intermix/media';
import type { RecordingWish } from '../control/recording-wish.js';
import type { CallRecord, LegRecord } from '../ports/call-store.js';

/** Told after the record says so too. */
export interface CallEvents {
  created: [call: CallRecord, legs: readonly LegRecord[]];
  ringing: [call: CallRecord, leg: LegRecord];
  /** Who was rung first has answered, and the other party is called now; or a party has whom a program rang. */
  legAnswered: [call: CallRecord, leg: LegRecord];
  answered: [call: CallRecord, leg: LegRecord];
  held: [call: CallRecord, leg: LegRecord];
  resumed: [call: CallRecord, leg: LegRecord];
  /** A program asks for a call that is answered to be recorded from now on. */
  recordingWished: [call: CallRecord, wish: RecordingWish];
  /** A leg that ended before its call did. */
  legEnded: [call: CallRecord, leg: LegRecord];
  /** The end is decided and the parties have been told; closing and writing follow. */
  over: [];
  /** Everything is closed. `legs` holds all of them. */
  ended: [call: CallRecord, legs: readonly LegRecord[]];
}

/** What runs beside a call's audio begins here. */
export interface CallMedia {
  /** The calling party's leg. */
  leg: MediaLeg;
  /** Set when the call is to be recorded. */
  recording: RecordingWish | undefined;
}
