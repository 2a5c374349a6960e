import type { Timer } from '@intermix/kernel';
import { SdpError } from '@intermix/media';
import type { Reason } from '@intermix/sip';
import type { ConnectEvent, ConnectOutcome, ConnectRequest } from '../control/call-control.js';
import { partyName } from '../control/party-name.js';
import type { CallStatus, Termination } from '../ports/call-store.js';
import { Branches } from './branches.js';
import type { CallFrame } from './call-course.js';
import { type CallEnding, legLost } from './call-ending.js';
import type { Refusal } from './call-plan.js';
import type { CalleeLeg } from './callee-leg.js';
import { type ConnectResult, resultOfFailure, resultOfRefusal, secondsBetween } from './connect-result.js';
import type { LegLoss } from './leg.js';
import { MediaJoin } from './media-join.js';
import { WaitingParty } from './waiting-party.js';

/** Why the legs end when an attempt does, and what they hear of it. */
type Cut = Pick<CallEnding, 'termination' | 'reason'> & { status: CallStatus };

/**
 * A program's call rings other parties, all at once, and the calling party talks to the first that answers.
 *
 *   run ──► dialled ──► ringing ──first 200──► (announcement) ──► joined ──► over
 *     └────────┴───────────┴────────────────────────┴─────────────────────────┘
 */
export class ConnectAttempt {
  readonly #request: ConnectRequest;
  readonly #frame: CallFrame;
  readonly #addLegs: (legs: readonly CalleeLeg[]) => void;
  readonly #waiting: WaitingParty;
  readonly #join: MediaJoin;
  readonly #settled: Promise<ConnectResult>;
  #settle!: (result: ConnectResult) => void;
  #isOver = false;
  #branches: Branches | undefined;
  #timer: Timer | undefined;
  #dialledAt: number | undefined;
  #joinedAt: number | undefined;
  #endedAt: number | undefined;

  constructor(request: ConnectRequest, frame: CallFrame, addLegs: (legs: readonly CalleeLeg[]) => void) {
    this.#request = request;
    this.#frame = frame;
    this.#addLegs = addLegs;
    this.#waiting = new WaitingParty(frame.calling, request.waiting, (error) => this.#notPlayed('waiting', error));
    const onBroken = (error: unknown) => this.#breakDown(error);
    this.#join = new MediaJoin({ engine: frame.deps.engine, calling: this.#waiting, onBroken });
    this.#settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** The party that the calling one talks to. */
  get joined(): CalleeLeg | undefined {
    return this.#isOver ? undefined : this.#branches?.winner;
  }

  /** Resolves when it is over, however it ends. Rejects only when a directory does. */
  async run(): Promise<ConnectOutcome> {
    const refusal = await this.#dial();
    if (refusal) this.#finish({ ...resultOfRefusal(refusal), endedBy: 'platform' });
    const result = await this.#settled;
    const outcome = this.#outcome(result);
    const { status, reason, party, talkedSec } = outcome;
    if (!this.#frame.over) {
      void this.#frame.story.tell('connect-ended', { data: { status, reason, party, talked_sec: talkedSec } });
    }
    return outcome;
  }

  handleLost(leg: CalleeLeg, loss: LegLoss): boolean {
    const branches = this.#branches;
    if (!branches?.legs.includes(leg)) return true;
    if (leg !== branches.winner) {
      branches.handleLost(leg, loss);
      return true;
    }
    const hasTalked = this.#joinedAt !== undefined;
    const { termination, status, reason } = legLost(loss, 'callee', hasTalked);
    this.#finish(
      { status: hasTalked ? 'completed' : 'failed', reason: termination.reason, endedBy: termination.by },
      { termination, reason, status },
    );
    return true;
  }

  rejoin(): void {
    if (this.#joinedAt !== undefined) this.#join.enqueue(() => this.#join.join());
  }

  /** The call is over: the calling party has left, or the whole was ended. */
  end({ termination, status, reason }: CallEnding): void {
    const hasTalked = this.#joinedAt !== undefined;
    const result: ConnectResult = {
      status: hasTalked ? 'completed' : 'canceled',
      reason: termination.reason,
      endedBy: termination.by,
    };
    this.#finish(result, { termination, status, reason });
  }

  /** Gives why nobody can be rung. */
  async #dial(): Promise<Refusal | undefined> {
    const { deps, logger, plan, story } = this.#frame;
    const planned = await deps.connectPlanner.plan(this.#frame.record(), this.#request);
    const { branches: plans, refusal, unknownCallerId } = planned;
    if (this.#isOver || refusal || plans.length === 0) {
      for (const { release } of plans) release?.();
      return refusal ?? { status: 480, why: 'unreachable' };
    }
    const { endpoint } = deps;
    const branches = new Branches(this.#frame.makeLegs(plans), { endpoint, logger, maxForwards: plan.maxForwards });
    this.#branches = branches;
    this.#addLegs(branches.legs);
    this.#dialledAt = deps.clock.now();
    this.#listen(branches);
    const parties = plans.map(({ userId, address }) => userId ?? address);
    await story.tell('connect-started', {
      legs: branches.legs,
      data: { parties, unknown_caller_id: unknownCallerId },
    });
    if (this.#isOver) return undefined;
    this.#waiting.start();
    this.#startTimer(this.#request.ringTimeoutSec ?? deps.config.ringTimeoutSec, () => this.#rungOut());
    for (const leg of branches.legs) this.#tell('dial', leg);
    void branches.ring(plans, this.#waiting.codecs).catch((error: unknown) => this.#breakDown(error));
    return undefined;
  }

  #listen(branches: Branches): void {
    branches.on('ringing', (leg) => void this.#ringing(leg));
    branches.on('earlyMedia', (leg, sdp) => {
      this.#join.enqueue(async () => {
        if (!this.#isOver && !branches.winner) await this.#join.early(leg, sdp);
      });
    });
    branches.on('answered', (leg, sdp) => {
      this.#timer?.cancel();
      this.#join.enqueue(() => this.#answered(leg, sdp));
    });
    branches.on('legEnded', (leg) => void this.#legEnded(leg));
    branches.on('failed', (failure) => this.#finish(resultOfFailure(failure)));
  }

  async #ringing(leg: CalleeLeg): Promise<void> {
    await this.#frame.story.tell('leg-ringing', { leg, legs: [leg] });
    if (this.#isOver) return;
    this.#frame.tellRinging(leg);
    this.#tell('ringing', leg);
  }

  /** Runs in the media queue. After each wait it may be over. */
  async #answered(leg: CalleeLeg, sdp: string | undefined): Promise<void> {
    const { deps, story } = this.#frame;
    if (this.#isOver) return;
    await this.#join.agree(leg, sdp);
    if (this.#isOver) return;
    this.#waiting.stop();
    story.markConnected(leg.identity.userId, leg.identity.appId);
    await story.tell('leg-answered', { leg, legs: [leg] });
    if (this.#isOver) return;
    this.#frame.tellLegAnswered(leg);
    this.#tell('answered', leg);
    await this.#join.announce(this.#request.announcement, (error) => this.#notPlayed('announcement', error));
    if (this.#isOver) return;
    await this.#join.join();
    if (this.#isOver) return;
    this.#joinedAt = deps.clock.now();
    const { timeLimitSec } = this.#request;
    if (timeLimitSec !== undefined) this.#startTimer(timeLimitSec, () => this.#timeIsUp());
  }

  #startTimer(sec: number, run: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#frame.deps.clock.schedule(sec * 1000, run);
  }

  #rungOut(): void {
    const termination: Termination = { by: 'platform', reason: 'no-answer', sipStatus: 480 };
    this.#finish(
      { status: 'no-answer', reason: 'no-answer', endedBy: 'callee' },
      { termination, reason: undefined, status: 'no-answer' },
    );
  }

  #timeIsUp(): void {
    const termination: Termination = { by: 'platform', reason: 'time-limit', sipStatus: undefined };
    this.#finish(
      { status: 'completed', reason: 'time-limit', endedBy: 'platform' },
      { termination, reason: undefined, status: 'completed' },
    );
  }

  /** The two cannot be joined. The calling party is none the worse for it. */
  #breakDown(error: unknown): void {
    if (this.#isOver) return;
    const isCodec = error instanceof SdpError;
    this.#frame.logger.warn({ err: error }, 'the parties could not be joined');
    const reason = isCodec ? 'no-common-codec' : 'media-lost';
    const termination: Termination = { by: 'platform', reason, sipStatus: isCodec ? 488 : 500 };
    const why: Reason = { protocol: 'SIP', cause: isCodec ? 488 : 500, text: 'Media Failed' };
    this.#finish({ status: 'failed', reason, endedBy: 'platform' }, { termination, reason: why, status: 'failed' });
  }

  /** The one way out. Without a cut, the legs have ended already. */
  #finish(result: ConnectResult, cut?: Cut): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#endedAt = this.#frame.deps.clock.now();
    this.#waiting.stop();
    this.#join.hush();
    if (cut) this.#endLegs(cut);
    if (!this.#frame.over) this.#part(result);
    else this.#settle(result);
  }

  #endLegs({ termination, status, reason }: Cut): void {
    for (const leg of this.#branches?.legs ?? []) {
      if (leg.ended) continue;
      leg.end(termination, status, { reject: { status: 480 }, reason });
      // Of a call that is over, all legs are written with its end.
      if (!this.#frame.over) void this.#legEnded(leg);
    }
  }

  /** What the calling party hears next is not mixed up with what was left of this. */
  #part(result: ConnectResult): void {
    this.#join.enqueue(() => this.#join.part());
    this.#join.enqueue(async () => this.#settle(result));
  }

  async #legEnded(leg: CalleeLeg): Promise<void> {
    await this.#frame.legEnded(leg);
    this.#tell('ended', leg);
  }

  #tell(type: ConnectEvent['type'], leg: CalleeLeg): void {
    try {
      this.#request.onEvent?.({ type, leg: leg.record() });
    } catch (error) {
      this.#frame.logger.error({ err: error, type }, 'a program failed at an event');
    }
  }

  #notPlayed(what: 'waiting' | 'announcement', error: unknown): void {
    if (this.#isOver) return;
    this.#frame.logger.warn({ err: error }, `${what} could not be played`);
    void this.#frame.story.tell('playing-failed', { data: { what } });
  }

  #outcome(result: ConnectResult): ConnectOutcome {
    const legs = this.#branches?.legs ?? [];
    const leg = this.#branches?.winner ?? legs.at(-1);
    const first = this.#request.parties[0];
    const asked = first && partyName(first);
    const endedAt = this.#endedAt ?? this.#frame.deps.clock.now();
    return {
      ...result,
      party: leg ? (leg.identity.userId ?? leg.identity.address) : asked,
      dialledSec: secondsBetween(this.#dialledAt, endedAt),
      talkedSec: secondsBetween(this.#joinedAt, endedAt),
    };
  }
}
