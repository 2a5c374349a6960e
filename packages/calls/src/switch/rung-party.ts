import type { Logger } from '@intermix/kernel';
import { type CodecName, canCarry } from '@intermix/media';
import type { EndpointFace } from '@intermix/sip';
import { Branches } from './branches.js';
import type { BranchPlan } from './call-plan.js';
import type { CalleeLeg } from './callee-leg.js';
import { CallingParty } from './calling-party.js';
import type { Leg, LegLoss } from './leg.js';
import { type Waiting, WaitingSound } from './waiting-sound.js';

export interface RungPartyDeps {
  endpoint: EndpointFace;
  logger: Logger;
  maxForwards: number;
  /** What it hears until the other party answers; ringback when undefined. `none`: a program speaks to it at once. */
  waiting?: Waiting | 'none' | undefined;
}

/** G.711 alone: a telephone line speaks nothing else, and its codec is not known yet when a browser has to choose. */
const offered: readonly CodecName[] = ['PCMU', 'PCMA'];

/**
 * Who is rung first in a call that we place, a user's devices or a number: all ring, the first answer wins and hears
 * ringback until the other party answers. Its dialog is complete by then and stays as it is: what the other party says and answers concerns the other
 * dialog only, since the audio ends here on both sides. RFC 3725 §4.1 without its re-INVITE.
 */
export class RungParty extends CallingParty {
  readonly isRungFirst = true;
  readonly #branches: Branches;
  readonly #plans: readonly BranchPlan[];
  readonly #waiting: WaitingSound | undefined;
  #early: Promise<unknown> = Promise.resolve();

  constructor(legs: readonly CalleeLeg[], plans: readonly BranchPlan[], deps: RungPartyDeps) {
    super();
    this.#plans = plans;
    const { waiting } = deps;
    const failed = (error: unknown) => this.emit('waitingFailed', error);
    this.#waiting = waiting === 'none' ? undefined : new WaitingSound(waiting, failed);
    this.#branches = new Branches(legs, deps);
    this.#listen();
  }

  override get legs(): readonly CalleeLeg[] {
    return this.#branches.legs;
  }

  override get leg(): CalleeLeg | undefined {
    return this.#branches.winner;
  }

  /** The codec of its own first, which needs no table. */
  override get codecs(): readonly CodecName[] {
    const own = this.leg?.media.codec;
    return [...offered].sort((a, b) => Number(b === own) - Number(a === own));
  }

  override open(): Promise<void> {
    return this.#branches.ring(this.#plans, offered);
  }

  override hears(codec: CodecName | undefined): boolean {
    const own = this.leg?.media.codec;
    return own !== undefined && codec !== undefined && canCarry(codec, own);
  }

  /** It hears ringback since it answered, whether the other party has been reached yet or not. */
  override progress(): void {}

  /** Many exchanges announce early media and send none, or late: ringback goes on until there is something to hear. */
  override async earlyMedia(_codec: CodecName | undefined, hasBegun: Promise<void>): Promise<void> {
    void hasBegun.then(() => {
      if (!this.leg?.ended) this.#waiting?.stop();
    });
  }

  /** Settled when it answered. */
  override async settle(): Promise<void> {}
  override async answerAlone(): Promise<void> {}

  override accept(): boolean {
    if (!this.leg || this.leg.ended) return false;
    this.#waiting?.stop();
    return true;
  }

  override handleLost(leg: Leg, loss: LegLoss): boolean {
    const ringing = this.legs.find((device) => device === leg);
    if (!ringing || ringing === this.leg) return false;
    this.#branches.handleLost(ringing, loss);
    return true;
  }

  #listen(): void {
    this.#branches.on('ringing', (leg) => this.emit('ringing', leg));
    this.#branches.on('legEnded', (leg) => this.emit('legEnded', leg));
    this.#branches.on('failed', (failure) => this.emit('failed', failure));
    this.#branches.on('earlyMedia', (leg, sdp) => {
      // Nobody listens to its line's own tones, but the answer may come with them and not again.
      this.#early = leg.acceptAnswer(sdp).catch(() => {});
    });
    this.#branches.on('answered', (leg, sdp) => void this.#answered(leg, sdp));
  }

  async #answered(leg: CalleeLeg, sdp: string | undefined): Promise<void> {
    try {
      await this.#early;
      await leg.takeFinalAnswer(sdp);
      if (leg.ended) return;
      this.#waiting?.start(leg.media);
      this.emit('ready');
    } catch (error) {
      this.emit('broken', error);
    }
  }
}
