import type { Logger } from '@intermix/kernel';
import { type CodecName, canCarry, ringbackTone } from '@intermix/media';
import type { EndpointFace } from '@intermix/sip';
import { Branches } from './branches.js';
import type { BranchPlan } from './call-plan.js';
import type { CalleeLeg } from './callee-leg.js';
import { CallingParty } from './calling-party.js';
import type { Leg, LegLoss } from './leg.js';

export interface RungPartyDeps {
  endpoint: EndpointFace;
  logger: Logger;
  maxForwards: number;
}

/** G.711 alone: a telephone line speaks nothing else, and its codec is not known yet when a browser has to choose. */
const offered: readonly CodecName[] = ['PCMU', 'PCMA'];

/**
 * A user for whom we place a call: all devices ring, the first answer wins and hears ringback until the other party
 * answers. Its dialog is complete by then and stays as it is: what the other party says and answers concerns the other
 * dialog only, since the audio ends here on both sides. RFC 3725 §4.1 without its re-INVITE.
 */
export class RungParty extends CallingParty {
  readonly isRungFirst = true;
  readonly #branches: Branches;
  readonly #plans: readonly BranchPlan[];
  readonly #logger: Logger;
  #isRingbackOn = false;
  #early: Promise<unknown> = Promise.resolve();

  constructor(legs: readonly CalleeLeg[], plans: readonly BranchPlan[], deps: RungPartyDeps) {
    super();
    this.#plans = plans;
    this.#logger = deps.logger;
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
      if (!this.leg?.ended) this.#stopRingback();
    });
  }

  /** Settled when it answered. */
  override async settle(): Promise<void> {}

  override accept(): boolean {
    if (!this.leg || this.leg.ended) return false;
    this.#stopRingback();
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
      this.#startRingback(leg);
      this.emit('ready');
    } catch (error) {
      this.emit('broken', error);
    }
  }

  #startRingback(leg: CalleeLeg): void {
    this.#isRingbackOn = true;
    this.#tone(leg.media.play(ringbackTone));
  }

  #stopRingback(): void {
    if (!this.#isRingbackOn || !this.leg) return;
    this.#isRingbackOn = false;
    this.#tone(this.leg.media.stop());
  }

  /** A tone that fails ends no call: the user waits in silence then. */
  #tone(done: Promise<void>): void {
    done.catch((error: unknown) => this.#logger.warn({ err: error, legId: this.leg?.id }, 'ringback failed'));
  }
}
