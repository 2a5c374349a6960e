import type { Logger } from '@intermix/kernel';
import type { RecordingWish } from '../control/recording-wish.js';
import type { CallRecord } from '../ports/call-store.js';
import type { CallDeps } from './call-deps.js';
import type { CallEnding } from './call-ending.js';
import type { BranchPlan, CallPlan } from './call-plan.js';
import type { CallStory } from './call-story.js';
import type { CalleeLeg } from './callee-leg.js';
import type { CallingParty } from './calling-party.js';
import type { InfoDigit } from './dtmf-info.js';
import type { Leg, LegLoss } from './leg.js';

/** What happens in a call once its calling party can talk or wait: users ring (`RingingCourse`), or a program runs (`ProgramCourse`). */
export interface CallCourse {
  /** Legs of other parties, so far. */
  readonly legs: readonly CalleeLeg[];
  /** The calling party is ready. Once. Rejects with what breaks the call. */
  start(): Promise<void>;
  /** A leg of another party is gone. False when the call has to end with it. */
  handleLost(leg: CalleeLeg, loss: LegLoss): boolean;
  /** A digit told by INFO. */
  handleDigit(leg: Leg, digit: InfoDigit): void;
  /** Somebody holds, resumes, or has settled on a codec: who hears whom is to be decided again. */
  rejoin(): void;
  /** The call is over; the calling party knows. Ends the legs, and stops every timer. */
  end(ending: CallEnding): void;
}

/** What a course has of its call. */
export interface CallFrame {
  readonly plan: CallPlan;
  readonly calling: CallingParty;
  readonly story: CallStory;
  readonly deps: CallDeps;
  readonly logger: Logger;
  readonly over: boolean;
  readonly isAnswered: boolean;
  record(): CallRecord;
  /** Makes the legs of other parties. They count as the call's when the course says so by its `legs`. */
  makeLegs(branches: readonly BranchPlan[]): readonly CalleeLeg[];
  /** Sends the 200 of an answer that is on record, and tells of it. False when the calling party has given up meanwhile. */
  accept(leg: Leg): boolean;
  /** A party rings, and that is on record. */
  tellRinging(leg: Leg): void;
  /** A leg has answered, and that is on record; the call as a whole may not be answered yet. */
  tellLegAnswered(leg: Leg): void;
  /** Releases a leg that ended before its call, and puts that on record. */
  legEnded(leg: Leg): Promise<void>;
  wishRecording(wish: RecordingWish): void;
  finish(ending: CallEnding): void;
  breakDown(error: unknown): void;
}
