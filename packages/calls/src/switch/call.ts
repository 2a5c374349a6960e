import { type Clock, type Logger, type Timer, TypedEmitter } from '@intermix/kernel';
import { type MediaEngine, SdpError } from '@intermix/media';
import type { EndpointFace, Flow, Reason } from '@intermix/sip';
import type { CallRecord, CallStatus, CallStore, LegRecord, Termination } from '../ports/call-store.js';
import type { SipUser } from '../ports/directory.js';
import type { Binding } from '../registrar/location-store.js';
import { Branches } from './branches.js';
import {
  brokenDown,
  type CallEnding,
  cancelledByCaller,
  legLost,
  notRecorded,
  ordered,
  refusedByUs,
  rungOut,
  unanswered,
} from './call-ending.js';
import type { CallPlan } from './call-plan.js';
import { CallStory } from './call-story.js';
import type { CalleeLeg } from './callee-leg.js';
import type { CallingParty } from './calling-party.js';
import type { Device } from './device-link.js';
import type { Leg, LegLoss } from './leg.js';
import type { LegIdentity } from './leg-life.js';
import { MediaJoin } from './media-join.js';
import type { OwedFarewells } from './owed-farewells.js';
import type { SwitchConfig } from './switch-config.js';
import type { UnwrittenEnds } from './unwritten-ends.js';

/** Told after the record says so too. */
export interface CallEvents {
  created: [call: CallRecord, legs: readonly LegRecord[]];
  ringing: [call: CallRecord, leg: LegRecord];
  /** The user for whom the call is placed has answered; the other party is called now. */
  legAnswered: [call: CallRecord, leg: LegRecord];
  answered: [call: CallRecord, leg: LegRecord];
  held: [call: CallRecord, leg: LegRecord];
  resumed: [call: CallRecord, leg: LegRecord];
  /** A leg that ended before its call did. */
  legEnded: [call: CallRecord, leg: LegRecord];
  /** The end is decided and the parties have been told; closing and writing follow. */
  over: [];
  /** Everything is closed. `legs` holds all of them. */
  ended: [call: CallRecord, legs: readonly LegRecord[]];
}

export interface CallDeps {
  endpoint: EndpointFace;
  engine: MediaEngine;
  calls: CallStore;
  clock: Clock;
  logger: Logger;
  config: SwitchConfig;
  unwritten: UnwrittenEnds;
  farewells: OwedFarewells;
  /** The devices that are registered over a connection. */
  devicesOn: (flow: Flow) => readonly Device[];
}

/** Who is in a call. */
export interface CallParties {
  sid: string;
  calling: CallingParty;
  /** Makes the legs of the other party, to be rung as the plan's branches say. Called once, when it is their turn. */
  called: () => readonly CalleeLeg[];
}

/**
 * One call: a calling party, the branches that ring for it, and the one that answers. Whoever the parties are, this is
 * the path; `answering` exists only where the calling party is rung first.
 *
 *   setup ──(answering)──► INVITEs sent ──► ringing ──first 200──► connecting ──our 200 sent──► in-progress
 *     └─────────┴───────────────┴─────────────┴────────────────────────┴──────────────────────────┴──► over
 */
export class Call extends TypedEmitter<CallEvents> {
  readonly sid: string;
  readonly #plan: CallPlan;
  readonly #deps: CallDeps;
  readonly #calling: CallingParty;
  readonly #makeCalled: () => readonly CalleeLeg[];
  readonly #join: MediaJoin;
  readonly #story: CallStory;
  readonly #logger: Logger;
  /** Undefined while the calling party has to answer first. */
  #branches: Branches | undefined;
  #ringTimer: Timer | undefined;
  #isAnswered = false;
  #over = false;
  #closing: Promise<void> = Promise.resolve();
  /** Settles when the end is on record, or the far end has waited for that long enough. */
  #recorded: Promise<void> | undefined;

  constructor(plan: CallPlan, parties: CallParties, deps: CallDeps) {
    super();
    this.sid = parties.sid;
    this.#plan = plan;
    this.#calling = parties.calling;
    this.#makeCalled = parties.called;
    this.#deps = deps;
    this.#logger = deps.logger.child({ callSid: this.sid });
    const { engine, calls, clock, config, unwritten } = deps;
    const logger = this.#logger;
    this.#join = new MediaJoin({ engine, calling: this.#calling, onBroken: (error) => this.#breakDown(error) });
    this.#story = new CallStory(this.sid, plan, {
      ...{ calls, clock, logger, unwritten },
      createDeadlineMs: config.createDeadlineMs,
    });
    for (const leg of this.#calling.legs) this.#listenToLeg(leg);
    this.#listenToCalling();
    if (!this.#calling.isRungFirst) this.#branches = this.#makeBranches();
  }

  /** Whose call it is: who placed it, or is to be rung first. Undefined when a carrier brought it. */
  get placedBy(): LegIdentity | undefined {
    const identity = this.#calling.legs[0]?.identity;
    return identity?.userId === undefined ? undefined : identity;
  }

  /** Whether a device of the user that is on talks or rings in this call. */
  occupies({ appId, userId, devices }: SipUser): boolean {
    return this.legs.some(({ ended, identity }) => {
      const isTheirs = identity.userId === userId && identity.appId === appId;
      return isTheirs && !ended && identity.device !== undefined && devices[identity.device];
    });
  }

  get legs(): readonly Leg[] {
    return [...this.#calling.legs, ...(this.#branches?.legs ?? [])];
  }

  /** True once the call has a row: listeners outside hear of no other call. */
  get recorded(): boolean {
    return this.#story.exists;
  }

  /** True as soon as the end is decided; see `closed` for when it is done. */
  get over(): boolean {
    return this.#over;
  }

  record(): CallRecord {
    return this.#story.record();
  }

  /** Writes the record, then rings. Never rejects; resolves when the INVITEs are out or the call is over. */
  async start(): Promise<void> {
    try {
      if (!(await this.#create())) return;
      if (this.#plan.refusal) return this.#finish(refusedByUs(this.#plan.refusal));
      if (this.#calling.isRungFirst) this.#startRingTimer('caller');
      await this.#calling.open();
    } catch (error) {
      this.#breakDown(error);
    }
  }

  /** The caller gave up: by CANCEL, or because its connection closed while it waited. */
  handleCancelled(reason: Reason | undefined): void {
    const { leg } = this.#calling;
    const ending = cancelledByCaller(leg?.openingFlow?.closed ?? false, reason);
    leg?.markEnded(ending.termination, ending.status);
    this.#finish(ending);
  }

  handleFlowClosed(flow: Flow): void {
    for (const leg of this.legs) leg.handleFlowClosed(flow);
  }

  handleDevice(binding: Binding): void {
    for (const leg of this.legs) leg.handleDevice(binding);
  }

  /** Ends the call by order: `hangup` of an operator or the API, `shutdown` of the server. */
  hangup(reason: 'hangup' | 'shutdown'): void {
    this.#finish(ordered(reason, this.#isAnswered));
  }

  /** Resolves when the call is over, its media closed and its record written or given up. */
  async closed(): Promise<void> {
    await this.#closing;
    await this.#story.flushed();
  }

  async #create(): Promise<boolean> {
    const written = await this.#story.create(this.legs);
    if (this.#over) return false;
    if (written) this.emit('created', this.record(), this.#legRecords());
    else this.#finish(notRecorded());
    return written;
  }

  #listenToCalling(): void {
    const calling = this.#calling;
    calling.on('ready', () => void this.#ringCalled());
    calling.on('ringing', (leg) => void this.#callingRings(leg));
    calling.on('legEnded', (leg) => void this.#legEnded(leg));
    calling.on('failed', (failure) => this.#finish(unanswered(failure, 'caller')));
    calling.on('broken', (error) => this.#breakDown(error));
  }

  #makeBranches(): Branches {
    const { endpoint } = this.#deps;
    const { maxForwards } = this.#plan;
    const branches = new Branches(this.#makeCalled(), { endpoint, logger: this.#logger, maxForwards });
    for (const leg of branches.legs) this.#listenToLeg(leg);
    branches.on('ringing', (leg, by) => void this.#ringing(leg, by));
    branches.on('progress', (status) => this.#over || this.#calling.progress(status));
    branches.on('earlyMedia', (leg, sdp) => {
      this.#join.enqueue(async () => {
        if (!this.#over && !branches.winner) await this.#join.early(leg, sdp);
      });
    });
    branches.on('answered', (leg, sdp) => {
      this.#ringTimer?.cancel();
      this.#join.enqueue(() => this.#connect(leg, sdp));
    });
    branches.on('legEnded', (leg) => void this.#legEnded(leg));
    branches.on('failed', (failure) => this.#finish(unanswered(failure, 'callee')));
    return branches;
  }

  #startRingTimer(who: 'caller' | 'callee'): void {
    const { clock, config } = this.#deps;
    const ringTimeoutSec = this.#plan.ringTimeoutSec ?? config.ringTimeoutSec;
    this.#ringTimer?.cancel();
    this.#ringTimer = clock.schedule(ringTimeoutSec * 1000, () => this.#finish(rungOut(who)));
  }

  /** The calling party can talk or wait: the other one's turn. */
  async #ringCalled(): Promise<void> {
    if (this.#over) return;
    try {
      const branches = this.#branches ?? (await this.#callingAnswered());
      if (this.#over) return;
      this.#startRingTimer('callee');
      await branches.ring(this.#plan.branches, this.#calling.codecs);
    } catch (error) {
      this.#breakDown(error);
    }
  }

  /**
   * The record first, as with every step: the other party is called when the user's answer is on disk, or when that has
   * taken a second. A user who has answered and hears ringback is not cut off because a table is locked: the call itself
   * is on record, and the steps after this one carry what it held, the other party's legs among it.
   */
  async #callingAnswered(): Promise<Branches> {
    this.#ringTimer?.cancel();
    const branches = this.#makeBranches();
    this.#branches = branches;
    const { leg } = this.#calling;
    await this.#story.tell('leg-answered', { leg, legs: leg ? [leg, ...branches.legs] : branches.legs });
    if (leg && !this.#over) this.emit('legAnswered', this.record(), leg.record());
    return branches;
  }

  async #callingRings(leg: Leg): Promise<void> {
    if (this.#over) return;
    this.#story.markRinging();
    await this.#story.tell('leg-ringing', { leg, legs: [leg] });
    if (!this.#over) this.emit('ringing', this.record(), leg.record());
  }

  /** The record first, then the caller is told, once for all branches. */
  async #ringing(leg: CalleeLeg, by: 'status' | 'media'): Promise<void> {
    if (this.#over) return;
    const caller = this.#calling.leg;
    const isFirst = caller?.markRinging() ?? false;
    this.#story.markRinging();
    await this.#story.tell('leg-ringing', { leg, legs: isFirst && caller ? [leg, caller] : [leg] });
    if (this.#over) return;
    if (isFirst && by === 'status' && !this.#branches?.winner) this.#calling.progress(180);
    this.emit('ringing', this.record(), leg.record());
  }

  /** Runs in the media queue. After each wait the call may be over. */
  async #connect(leg: CalleeLeg, sdp: string | undefined): Promise<void> {
    const caller = this.#calling.leg;
    if (this.#over || !caller) return;
    await this.#join.agree(leg, sdp);
    if (this.#over) return;
    if (this.#join.isAgreed) await this.#join.join();
    if (this.#over) return;
    this.#story.markAnswered(leg.identity.userId);
    caller.markAnswered();
    await this.#story.tell('call-answered', { leg, legs: [caller, leg] });
    if (this.#over || !this.#calling.accept()) return;
    this.#isAnswered = true;
    this.#logger.info({ legId: leg.id, codec: leg.media.codec }, 'call answered');
    this.emit('answered', this.record(), leg.record());
    await this.#join.join();
  }

  #breakDown(error: unknown): void {
    if (this.#over) return;
    // What a far end wrote is no defect of ours: it is told by 488, and makes no noise here.
    if (error instanceof SdpError) this.#logger.info({ problem: error.problem, why: error.message }, 'no media agreed');
    else this.#logger.error({ err: error }, 'call broke down');
    this.#finish(brokenDown(error, this.#isAnswered));
  }

  #listenToLeg(leg: Leg): void {
    leg.recorded = () => this.#recorded;
    leg.on('lost', (loss) => this.#lost(leg, loss));
    leg.on('held', () => void this.#holdChanged(leg, 'held'));
    leg.on('resumed', () => void this.#holdChanged(leg, 'resumed'));
    leg.on('agreed', () => this.#join.enqueue(() => this.#join.join()));
    leg.on('flowBroken', () => void this.#story.tell('leg-flow-broken', { leg }));
    leg.on('flowRestored', () => void this.#story.tell('leg-flow-restored', { leg }));
    leg.on('digit', ({ digit, durationMs }) => {
      const { leg: caller } = this.#calling;
      const other = leg === caller ? this.#branches?.winner : caller;
      if (other && !this.#over) other.sendDigit(digit, durationMs);
    });
  }

  #lost(leg: Leg, loss: LegLoss): void {
    if (this.#over) return;
    if (this.#calling.handleLost(leg, loss)) return;
    const branches = this.#branches;
    const called = branches?.legs.find((callee) => callee === leg);
    if (branches && called && called !== branches.winner) branches.handleLost(called, loss);
    else this.#finish(legLost(loss, called ? 'callee' : 'caller', this.#isAnswered));
  }

  async #holdChanged(leg: Leg, change: 'held' | 'resumed'): Promise<void> {
    this.#join.enqueue(() => this.#join.join());
    await this.#story.tell(`leg-${change}`, { leg });
    this.emit(change, this.record(), leg.record());
  }

  async #legEnded(leg: Leg): Promise<void> {
    await leg.release();
    await this.#story.tell('leg-ended', { leg, legs: [leg] });
    this.emit('legEnded', this.record(), leg.record());
  }

  /**
   * The one way out: whoever is still there is told, the media closed, the record written. Only what acknowledges the end
   * waits for the record: the 200 to a BYE, and the final response to a caller. Nobody's talk or ringing lasts longer.
   */
  #finish(ending: CallEnding): void {
    if (this.#over) return;
    this.#over = true;
    this.#ringTimer?.cancel();
    const { status, termination, reject, reason } = ending;
    for (const branch of this.#plan.branches) branch.release?.(); // Those whose turn never came hold a channel, too.
    this.#story.markEnded(status, termination);
    let acknowledge = () => {};
    const recorded = new Promise<void>((resolve) => {
      acknowledge = resolve;
    });
    this.#recorded = this.#story.exists ? recorded : undefined;
    this.#calling.end(ending, this.#isAnswered, this.#recorded);
    for (const leg of this.#branches?.legs ?? []) leg.end(termination, status, { reject, reason });
    this.#logger.info({ ...termination, status }, 'call over');
    this.#closing = this.#close(status, termination, acknowledge);
    this.emit('over');
  }

  async #close(status: CallStatus, { by, reason }: Termination, acknowledge: () => void): Promise<void> {
    await Promise.all(this.legs.map((leg) => leg.release()));
    const written = await this.#story.tellEnd('call-ended', { legs: this.legs, data: { status, by, reason } });
    if (!written && this.#story.exists)
      this.#logger.warn({ status, by, reason }, 'the end is acknowledged before its record is written');
    acknowledge();
    this.emit('ended', this.record(), this.#legRecords());
  }

  #legRecords(): LegRecord[] {
    return this.legs.map((leg) => leg.record());
  }
}
