import { type Logger, TypedEmitter } from '@intermix/kernel';
import { type CodecName, SdpError } from '@intermix/media';
import type { EndpointFace, ExtraHeaders, Reason } from '@intermix/sip';
import type { Termination } from '../ports/call-store.js';
import type { BranchPlan } from './call-plan.js';
import type { CalleeLeg } from './callee-leg.js';
import { type BranchFailure, browserFailure, callStatusOf, carrierFailure, decisiveFailure } from './failure-status.js';
import type { LegLoss } from './leg.js';

export interface BranchesEvents {
  /** A branch rings: by 180, or by tones of its own (early media). Once for each branch. */
  ringing: [leg: CalleeLeg, by: 'status' | 'media'];
  /** Another provisional without SDP, told only while there is one branch. */
  progress: [status: number];
  /** SDP before the answer, told only while there is one branch: see `#progress`. */
  earlyMedia: [leg: CalleeLeg, sdp: string];
  /** The first answer. The other branches have been ended. `sdp` is absent when it came early. */
  answered: [leg: CalleeLeg, sdp: string | undefined];
  /** A branch ended on its own, or because another one answered. */
  legEnded: [leg: CalleeLeg];
  /** Nobody is left to answer; the failure that tells the caller most. */
  failed: [failure: BranchFailure];
}

export interface BranchesDeps {
  endpoint: EndpointFace;
  logger: Logger;
  maxForwards: number;
}

const completedElsewhere: Reason = { protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' };

/** The parties that ring together for one call, until one answers or none is left. */
export class Branches extends TypedEmitter<BranchesEvents> {
  readonly legs: readonly CalleeLeg[];
  readonly #deps: BranchesDeps;
  readonly #failures: BranchFailure[] = [];
  #winner: CalleeLeg | undefined;
  /** True until every branch has been tried: a failure of the first must not end the call before the second rings. */
  #starting = true;

  constructor(legs: readonly CalleeLeg[], deps: BranchesDeps) {
    super();
    this.legs = legs;
    this.#deps = deps;
  }

  get winner(): CalleeLeg | undefined {
    return this.#winner;
  }

  /** Sends the INVITEs. `legs[i]` goes where `plans[i]` says. */
  async ring(plans: readonly BranchPlan[], codecs: readonly CodecName[]): Promise<void> {
    await Promise.all(this.legs.map((leg, i) => this.#start(leg, plans[i]!, codecs)));
    this.#starting = false;
    this.#failWhenNoneIsLeft();
  }

  /** A ringing branch lost its connection or its media. */
  handleLost(leg: CalleeLeg, { reason }: LegLoss): void {
    const lost = reason === 'flow-lost' ? 'flow-lost' : 'media-lost';
    const status = lost === 'flow-lost' ? 480 : 500;
    leg.end({ by: 'platform', reason: lost, sipStatus: undefined }, callStatusOf(lost), { reject: { status } });
    this.#branchEnded(leg, { reason: lost, sipStatus: status, upstream: status });
  }

  async #start(leg: CalleeLeg, plan: BranchPlan, codecs: readonly CodecName[]): Promise<void> {
    try {
      const media = await leg.openMedia();
      if (leg.ended) return;
      const sdp = await media.offer({ codecs: preferring(plan.preferredCodec, codecs) });
      if (!leg.ended) this.#invite(leg, plan, sdp);
    } catch (error) {
      this.#deps.logger.warn({ err: error, legId: leg.id }, 'leg cannot ring');
      const noCodec = error instanceof SdpError;
      const status = noCodec ? 488 : 500;
      this.#fail(leg, { reason: noCodec ? 'no-common-codec' : 'media-lost', sipStatus: status, upstream: status });
    }
  }

  #invite(leg: CalleeLeg, plan: BranchPlan, sdp: string): void {
    const { target, from, to, credentials, kind } = plan;
    const { endpoint, logger, maxForwards } = this.#deps;
    const headers: ExtraHeaders =
      kind !== 'carrier'
        ? [['X-Exotel-CallSid', leg.identity.callSid], ['LegSid', leg.id], ...leg.infoPackages]
        : [...(plan.headers ?? [])];
    const read = kind !== 'carrier' ? browserFailure : carrierFailure;
    leg.invite(
      endpoint,
      { target, from, to, sdp, headers, maxForwards, ...(credentials ? { credentials } : {}) },
      {
        progress: (status, early) => this.#progress(leg, status, early),
        answered: (answer) => this.#answered(leg, answer),
        failed: (failure) => this.#fail(leg, read(failure)),
      },
    );
    logger.info({ legId: leg.id, sipCallId: leg.sipCallId, party: plan.party }, 'leg invited');
  }

  /** Tones of one of several branches would drown the others, and fix the codec for the one that answers. */
  #progress(leg: CalleeLeg, status: number, sdp: string | undefined): void {
    if (this.#winner) return;
    const alone = this.legs.length === 1;
    const hasTones = sdp !== undefined && alone;
    if (hasTones) this.emit('earlyMedia', leg, sdp);
    if (status === 180 || hasTones) {
      if (leg.markRinging()) this.emit('ringing', leg, hasTones ? 'media' : 'status');
    } else if (alone) this.emit('progress', status);
  }

  #answered(leg: CalleeLeg, sdp: string | undefined): void {
    if (this.#winner) {
      this.#endLoser(leg);
      return;
    }
    this.#winner = leg;
    for (const other of this.legs) if (other !== leg) this.#endLoser(other);
    this.emit('answered', leg, sdp);
  }

  #endLoser(leg: CalleeLeg): void {
    if (leg.ended) return;
    const termination: Termination = { by: 'platform', reason: 'answered-elsewhere', sipStatus: 487 };
    leg.end(termination, 'canceled', { reject: { status: 480 }, reason: completedElsewhere });
    this.emit('legEnded', leg);
  }

  #fail(leg: CalleeLeg, failure: BranchFailure): void {
    if (leg.ended) return;
    leg.markEnded({ by: 'callee', reason: failure.reason, sipStatus: failure.sipStatus }, callStatusOf(failure.reason));
    this.#branchEnded(leg, failure);
  }

  #branchEnded(leg: CalleeLeg, failure: BranchFailure): void {
    this.#failures.push(failure);
    this.emit('legEnded', leg);
    this.#failWhenNoneIsLeft();
  }

  #failWhenNoneIsLeft(): void {
    if (this.#starting || this.#winner || this.legs.some((leg) => !leg.ended)) return;
    this.emit('failed', decisiveFailure(this.#failures));
  }
}

/** The same codecs with the preferred one first, where it is among them. */
function preferring(preferred: CodecName | undefined, codecs: readonly CodecName[]): readonly CodecName[] {
  return [...codecs].sort((a, b) => Number(b === preferred) - Number(a === preferred));
}
