import { TypedEmitter } from '@intermix/kernel';
import type { CodecName } from '@intermix/media';
import { type CallEnding, reasonOf } from './call-ending.js';
import type { BranchFailure } from './failure-status.js';
import type { Leg, LegLoss } from './leg.js';

export interface CallingPartyEvents {
  /** It can talk or wait: the called party may be rung. Once. */
  ready: [];
  /** A device of it rings. Once for each. */
  ringing: [leg: Leg];
  /** A device of it ended on its own, or because another one answered. */
  legEnded: [leg: Leg];
  /** None of its devices answered. */
  failed: [failure: BranchFailure];
  /** Its media cannot be agreed on. */
  broken: [error: unknown];
  /** What it is to hear while it waits could not be played. It hears ringback, or nothing. */
  waitingFailed: [error: unknown];
}

/**
 * The side that a call begins with. There are two: somebody who sent us an INVITE and waits for its answer
 * (`IncomingParty`), and a user whom we ring first and who waits in an answered dialog (`RungParty`).
 * The call itself knows no difference but `isRungFirst`.
 */
export abstract class CallingParty extends TypedEmitter<CallingPartyEvents> {
  /** True when it has to answer before the other side is called. */
  abstract readonly isRungFirst: boolean;
  /** All its legs, for the record and for the end. */
  abstract readonly legs: readonly Leg[];
  /** The leg that talks; undefined while several ring. */
  abstract readonly leg: Leg | undefined;
  /** What may be offered to the called party, best first. Throws SdpError when the caller's offer holds nothing known. */
  abstract readonly codecs: readonly CodecName[];
  /** Begins; `ready` follows, at once or when it answers. Rejects with the engine's or SdpError. */
  abstract open(): Promise<void>;
  /** Whether it can hear the codec, now that its own is settled. */
  abstract hears(codec: CodecName | undefined): boolean;
  /** The called party rings, or is getting on otherwise. */
  abstract progress(status: number): void;
  /**
   * The called party has said that it will send tones of its own; `hasBegun` resolves when it does, which may be never.
   * Rejects with SdpError.
   */
  abstract earlyMedia(codec: CodecName | undefined, hasBegun: Promise<void>): Promise<void>;
  /** Settles the codec, as far as that is still open. Rejects with SdpError when there is nothing in common. */
  abstract settle(codec: CodecName | undefined): Promise<void>;
  /** Settles on G.711 by itself, for a program that speaks to it: nobody else has to agree. Rejects with SdpError. */
  abstract answerAlone(): Promise<void>;
  /** The called party answered. False when this side has given up in the meantime. */
  abstract accept(): boolean;
  /** Ends all its legs. Who waits in an answered dialog hears by BYE what a caller hears by the final response. */
  end(ending: CallEnding, isAnswered: boolean, recorded: Promise<unknown> | undefined): void {
    const { termination, status, reject, reason } = ending;
    const waiting = isAnswered ? reason : (reason ?? reasonOf(ending));
    for (const leg of this.legs)
      leg.end(termination, status, { reject, reason: leg.session ? waiting : reason, recorded });
  }

  /** A leg that rings lost its connection or its media. False when the leg is none of those. */
  abstract handleLost(leg: Leg, loss: LegLoss): boolean;
}
