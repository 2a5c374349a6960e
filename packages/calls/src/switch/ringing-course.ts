import type { Timer } from '@intermix/kernel';
import { Branches } from './branches.js';
import type { CallCourse, CallFrame } from './call-course.js';
import { type CallEnding, refusedByUs, rungOut, unanswered } from './call-ending.js';
import type { BranchPlan } from './call-plan.js';
import type { CalleeLeg } from './callee-leg.js';
import type { InfoDigit } from './dtmf-info.js';
import type { Leg, LegLoss } from './leg.js';
import { MediaJoin } from './media-join.js';

/**
 * The plan's branches ring for the calling party, and the first that answers talks to it.
 *
 *   start ──► INVITEs sent ──► ringing ──first 200──► connecting ──our 200 sent──► talking
 */
export class RingingCourse implements CallCourse {
  readonly #frame: CallFrame;
  readonly #join: MediaJoin;
  /** Who rings. */
  #plans: readonly BranchPlan[];
  /** Undefined while the calling party has to answer first. */
  #branches: Branches | undefined;
  #ringTimer: Timer | undefined;

  constructor(frame: CallFrame) {
    this.#frame = frame;
    this.#plans = frame.plan.branches;
    const { calling, deps } = frame;
    this.#join = new MediaJoin({ engine: deps.engine, calling, onBroken: (error) => frame.breakDown(error) });
    if (!calling.isRungFirst) this.#branches = this.#makeBranches();
  }

  get legs(): readonly CalleeLeg[] {
    return this.#branches?.legs ?? [];
  }

  async start(): Promise<void> {
    const { calling, deps, plan } = this.#frame;
    if (!(await this.#findBranches())) return;
    const branches = this.#branches ?? (await this.#callingAnswered());
    if (this.#frame.over) return;
    const ringTimeoutSec = plan.ringTimeoutSec ?? deps.config.ringTimeoutSec;
    this.#ringTimer = deps.clock.schedule(ringTimeoutSec * 1000, () => this.#frame.finish(rungOut('callee')));
    await branches.ring(this.#plans, calling.codecs);
  }

  /** False when there is nobody to ring, and the call is over. */
  async #findBranches(): Promise<boolean> {
    const found = await this.#frame.plan.lateBranches?.();
    if (!found) return true;
    this.#plans = found.branches;
    if (this.#frame.over) this.#releaseAll();
    else if (found.refusal) this.#frame.finish(refusedByUs(found.refusal));
    return !this.#frame.over;
  }

  /** Those whose turn never came hold a channel, too. */
  #releaseAll(): void {
    for (const branch of this.#plans) branch.release?.();
  }

  handleLost(leg: CalleeLeg, loss: LegLoss): boolean {
    if (!this.#branches || leg === this.#branches.winner) return false;
    this.#branches.handleLost(leg, loss);
    return true;
  }

  handleDigit(leg: Leg, { digit, durationMs }: InfoDigit): void {
    const { leg: caller } = this.#frame.calling;
    const other = leg === caller ? this.#branches?.winner : caller;
    other?.sendDigit(digit, durationMs);
  }

  rejoin(): void {
    this.#join.enqueue(() => this.#join.join());
  }

  end({ termination, status, reject, reason }: CallEnding): void {
    this.#ringTimer?.cancel();
    this.#releaseAll();
    for (const leg of this.legs) leg.end(termination, status, { reject, reason });
  }

  #makeBranches(): Branches {
    const { calling, deps, logger, plan } = this.#frame;
    const { endpoint } = deps;
    const { maxForwards } = plan;
    const branches = new Branches(this.#frame.makeLegs(this.#plans), { endpoint, logger, maxForwards });
    branches.on('ringing', (leg, by) => void this.#ringing(leg, by));
    branches.on('progress', (status) => this.#frame.over || calling.progress(status));
    branches.on('earlyMedia', (leg, sdp) => {
      this.#join.enqueue(async () => {
        if (!this.#frame.over && !branches.winner) await this.#join.early(leg, sdp);
      });
    });
    branches.on('answered', (leg, sdp) => {
      this.#ringTimer?.cancel();
      this.#join.enqueue(() => this.#connect(leg, sdp));
    });
    branches.on('legEnded', (leg) => void this.#frame.legEnded(leg));
    branches.on('failed', (failure) => this.#frame.finish(unanswered(failure, 'callee')));
    return branches;
  }

  /**
   * The record first, as with every step: the other party is called when the first one's answer is on disk, or when that has
   * taken a second. A user who has answered and hears ringback is not cut off because a table is locked: the call itself
   * is on record, and the steps after this one carry what it held, the other party's legs among it.
   */
  async #callingAnswered(): Promise<Branches> {
    const branches = this.#makeBranches();
    this.#branches = branches;
    const { calling, story } = this.#frame;
    const { leg } = calling;
    await story.tell('leg-answered', { leg, legs: leg ? [leg, ...branches.legs] : branches.legs });
    if (leg) this.#frame.tellLegAnswered(leg);
    return branches;
  }

  /** The record first, then the caller is told, once for all branches. */
  async #ringing(leg: CalleeLeg, by: 'status' | 'media'): Promise<void> {
    const { calling, story } = this.#frame;
    if (this.#frame.over) return;
    const caller = calling.leg;
    const isFirst = caller?.markRinging() ?? false;
    story.markRinging();
    await story.tell('leg-ringing', { leg, legs: isFirst && caller ? [leg, caller] : [leg] });
    if (this.#frame.over) return;
    if (isFirst && by === 'status' && !this.#branches?.winner) calling.progress(180);
    this.#frame.tellRinging(leg);
  }

  /** Runs in the media queue. After each wait the call may be over. */
  async #connect(leg: CalleeLeg, sdp: string | undefined): Promise<void> {
    const { calling, plan, story } = this.#frame;
    const caller = calling.leg;
    if (this.#frame.over || !caller) return;
    await this.#join.agree(leg, sdp);
    if (this.#frame.over) return;
    if (this.#join.isAgreed && !plan.announcement) await this.#join.join();
    if (this.#frame.over) return;
    story.markAnswered(leg.identity.userId);
    caller.markAnswered();
    await story.tell('call-answered', { leg, legs: [caller, leg] });
    if (this.#frame.over || !this.#frame.accept(leg)) return;
    await this.#join.announce(plan.announcement, (error) => this.#notAnnounced(error));
    if (!this.#frame.over) await this.#join.join();
  }

  /** The two are joined all the same. */
  #notAnnounced(error: unknown): void {
    this.#frame.logger.warn({ err: error }, 'announcement not played');
    void this.#frame.story.tell('playing-failed', { data: { what: 'announcement' } });
  }
}
