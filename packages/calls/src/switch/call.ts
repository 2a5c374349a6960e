import { type Clock, type Logger, type Timer, TypedEmitter } from '@intermix/kernel';
import { type CodecName, type MediaEngine, SdpError, summarizeOffer } from '@intermix/media';
import type { EndpointFace, Flow, Reason } from '@intermix/sip';
import type { CallRecord, CallStatus, CallStore, LegRecord, Termination } from '../ports/call-store.js';
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
import type { CallerLeg } from './caller-leg.js';
import type { Leg, LegLoss } from './leg.js';
import { MediaJoin } from './media-join.js';
import type { SwitchConfig } from './switch-config.js';
import type { UnwrittenEnds } from './unwritten-ends.js';

/** Told after the record says so too. */
export interface CallEvents {
  created: [call: CallRecord, legs: readonly LegRecord[]];
  ringing: [call: CallRecord, leg: LegRecord];
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
}

/**
 * One call: a caller, the branches that ring for it, and the one that answers. Whoever the parties are, this is the path.
 *
 *   setup ──INVITEs sent──► ringing ──first 200──► connecting ──our 200 sent──► in-progress
 *     └───────────┴─────────────┴────────────────────────┴──────────────────────────┴──► over
 */
export class Call extends TypedEmitter<CallEvents> {
  readonly sid: string;
  readonly #plan: CallPlan;
  readonly #deps: CallDeps;
  readonly #caller: CallerLeg;
  readonly #branches: Branches;
  readonly #join: MediaJoin;
  readonly #story: CallStory;
  readonly #logger: Logger;
  #ringTimer: Timer | undefined;
  #over = false;
  #closing: Promise<void> = Promise.resolve();
  /** Settles when the end is on record, or the far end has waited for that long enough. */
  #recorded: Promise<void> | undefined;

  constructor(plan: CallPlan, caller: CallerLeg, callees: readonly CalleeLeg[], deps: CallDeps) {
    super();
    this.sid = caller.identity.callSid;
    this.#plan = plan;
    this.#caller = caller;
    this.#deps = deps;
    this.#logger = deps.logger.child({ callSid: this.sid });
    const { endpoint, engine, calls, clock, config, unwritten } = deps;
    const logger = this.#logger;
    this.#branches = new Branches(callees, { endpoint, logger, maxForwards: plan.maxForwards });
    this.#join = new MediaJoin({ engine, caller, onBroken: (error) => this.#breakDown(error) });
    this.#story = new CallStory(this.sid, plan, {
      ...{ calls, clock, logger, unwritten },
      createDeadlineMs: config.createDeadlineMs,
    });
    for (const leg of this.legs) this.#listenToLeg(leg);
    this.#listenToBranches();
  }

  /** The user who placed it; undefined when a carrier brought it. */
  get placedBy(): string | undefined {
    return this.#plan.caller.kind !== 'carrier' ? this.#plan.caller.party : undefined;
  }

  get legs(): readonly Leg[] {
    return [this.#caller, ...this.#branches.legs];
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
      const codecs = this.#offeredCodecs();
      await this.#caller.openMedia();
      if (this.#over) return;
      const { clock, config } = this.#deps;
      const ringTimeoutSec = this.#plan.ringTimeoutSec ?? config.ringTimeoutSec;
      this.#ringTimer = clock.schedule(ringTimeoutSec * 1000, () => this.#finish(rungOut()));
      await this.#branches.ring(this.#plan.branches, codecs);
    } catch (error) {
      this.#breakDown(error);
    }
  }

  /** The caller gave up: by CANCEL, or because its connection closed while it waited. */
  handleCancelled(reason: Reason | undefined): void {
    const ending = cancelledByCaller(this.#caller.openingFlow.closed, reason);
    this.#caller.markEnded(ending.termination, ending.status);
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

  get #isAnswered(): boolean {
    return this.#caller.session !== undefined;
  }

  async #create(): Promise<boolean> {
    const written = await this.#story.create(this.legs);
    if (this.#over) return false;
    if (written) this.emit('created', this.record(), this.#legRecords());
    else this.#finish(notRecorded());
    return written;
  }

  /**
   * Only what the caller offered is offered on; for a late offer, anything that a leg of its kind knows. Opus goes first,
   * so that two browsers have it end to end; a carrier's leg leaves it out.
   */
  #offeredCodecs(): readonly CodecName[] {
    const { offer, mediaKind } = this.#caller;
    if (offer === undefined) return mediaKind === 'webrtc' ? ['opus', 'PCMU', 'PCMA'] : ['PCMU', 'PCMA'];
    const { codecs } = summarizeOffer(offer);
    if (codecs.length === 0) throw new SdpError('no-common-codec', 'the caller offers no codec that is known here');
    return [...codecs].sort((a, b) => Number(b === 'opus') - Number(a === 'opus'));
  }

  #listenToBranches(): void {
    const branches = this.#branches;
    branches.on('ringing', (leg, by) => void this.#ringing(leg, by));
    branches.on('progress', (status) => this.#over || this.#caller.progress(status));
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
    branches.on('failed', (failure) => this.#finish(unanswered(failure)));
  }

  /** The record first, then the caller is told, once for all branches. */
  async #ringing(leg: CalleeLeg, by: 'status' | 'media'): Promise<void> {
    if (this.#over) return;
    const isFirst = this.#caller.markRinging();
    this.#story.markRinging();
    await this.#story.tell('leg-ringing', { leg, legs: isFirst ? [leg, this.#caller] : [leg] });
    if (this.#over) return;
    if (isFirst && by === 'status' && !this.#branches.winner) this.#caller.progress(180);
    this.emit('ringing', this.record(), leg.record());
  }

  /** Runs in the media queue. After each wait the call may be over. */
  async #connect(leg: CalleeLeg, sdp: string | undefined): Promise<void> {
    if (this.#over) return;
    const description = await this.#join.agree(leg, sdp);
    if (this.#over) return;
    if (this.#caller.media.codec === leg.media.codec) await this.#join.join();
    if (this.#over) return;
    this.#story.markAnswered();
    this.#caller.markAnswered();
    await this.#story.tell('call-answered', { leg, legs: [this.#caller, leg] });
    if (this.#over || !this.#caller.accept(description)) return;
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
      const other = leg === this.#caller ? this.#branches.winner : this.#caller;
      if (other && !this.#over) other.sendDigit(digit, durationMs);
    });
  }

  #lost(leg: Leg, loss: LegLoss): void {
    if (this.#over) return;
    const branch = this.#branches.legs.find((callee) => callee === leg);
    if (branch && branch !== this.#branches.winner) {
      this.#branches.handleLost(branch, loss);
      return;
    }
    this.#finish(legLost(loss, branch ? 'callee' : 'caller', this.#isAnswered));
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
  #finish({ status, termination, reject, reason }: CallEnding): void {
    if (this.#over) return;
    this.#over = true;
    this.#ringTimer?.cancel();
    this.#story.markEnded(status, termination);
    let acknowledge = () => {};
    const recorded = new Promise<void>((resolve) => {
      acknowledge = resolve;
    });
    this.#recorded = this.#story.exists ? recorded : undefined;
    for (const leg of this.legs) leg.end(termination, status, { reject, reason, recorded: this.#recorded });
    this.#logger.info({ ...termination, status }, 'call over');
    this.#closing = this.#close(status, termination, acknowledge);
    this.emit('over');
  }

  async #close(status: CallStatus, { by, reason }: Termination, acknowledge: () => void): Promise<void> {
    await Promise.all(this.legs.map((leg) => leg.release()));
    const written = await this.#story.tellEnd({ legs: this.legs, data: { status, by, reason } });
    if (!written && this.#story.exists)
      this.#logger.warn({ status, by, reason }, 'the end is acknowledged before its record is written');
    acknowledge();
    this.emit('ended', this.record(), this.#legRecords());
  }

  #legRecords(): LegRecord[] {
    return this.legs.map((leg) => leg.record());
  }
}
