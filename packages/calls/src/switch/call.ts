import { type Clock, type Logger, type Timer, TypedEmitter } from '@intermix/kernel';
import { type CodecName, type MediaEngine, SdpError, summarizeOffer } from '@intermix/media';
import type { EndpointFace, Flow, Reason } from '@intermix/sip';
import type { CallRecord, CallStatus, CallStore, LegRecord, Termination } from '../ports/call-store.js';
import type { Binding } from '../registrar/location-store.js';
import { Branches } from './branches.js';
import type { CallPlan, Refusal } from './call-plan.js';
import { CallStory } from './call-story.js';
import type { CalleeLeg } from './callee-leg.js';
import type { CallerLeg } from './caller-leg.js';
import { type BranchFailure, callStatusOf } from './failure-status.js';
import type { Farewell, Leg, LegLoss } from './leg.js';
import { MediaJoin } from './media-join.js';
import type { SwitchConfig } from './switch-config.js';

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
}

/** How a call ends, in all its aspects. */
interface Ending {
  status: CallStatus;
  termination: Termination;
  /** For a caller that still waits for an answer. */
  reject?: Farewell['reject'];
  /** Reason header of CANCEL and BYE. */
  reason?: Reason | undefined;
}

/** `Reason` of a BYE that we send on our own account, so that a trace tells why. RFC 3326. */
const byeReasons: Readonly<Record<string, Reason>> = {
  'flow-lost': { protocol: 'SIP', cause: 480, text: 'Connection lost' },
  'media-lost': { protocol: 'SIP', cause: 500, text: 'Media lost' },
  shutdown: { protocol: 'SIP', cause: 503, text: 'Server shutting down' },
};

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

  constructor(plan: CallPlan, caller: CallerLeg, callees: readonly CalleeLeg[], deps: CallDeps) {
    super();
    this.sid = caller.identity.callSid;
    this.#plan = plan;
    this.#caller = caller;
    this.#deps = deps;
    this.#logger = deps.logger.child({ callSid: this.sid });
    const { endpoint, engine, calls, clock, config } = deps;
    const logger = this.#logger;
    this.#branches = new Branches(callees, { endpoint, logger, maxForwards: plan.maxForwards });
    this.#join = new MediaJoin({ engine, caller, onBroken: (error) => this.#breakDown(error) });
    this.#story = new CallStory(this.sid, plan, { calls, clock, logger, createDeadlineMs: config.createDeadlineMs });
    for (const leg of this.legs) this.#listenToLeg(leg);
    this.#listenToBranches();
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
      if (this.#plan.refusal) return this.#refuse(this.#plan.refusal);
      const codecs = this.#offeredCodecs();
      await this.#caller.openMedia();
      if (this.#over) return;
      const { clock, config } = this.#deps;
      this.#ringTimer = clock.schedule(config.ringTimeoutSec * 1000, () => this.#rungOut());
      await this.#branches.ring(this.#plan.branches, codecs);
    } catch (error) {
      this.#breakDown(error);
    }
  }

  /** The caller gave up: by CANCEL, or because its connection closed while it waited. */
  handleCancelled(reason: Reason | undefined): void {
    const word = this.#caller.openingFlow.closed ? 'flow-lost' : 'cancelled';
    const termination: Termination = { by: 'caller', reason: word, sipStatus: 487 };
    this.#caller.markEnded(termination, 'canceled');
    this.#finish({ status: 'canceled', termination, reason });
  }

  handleFlowClosed(flow: Flow): void {
    for (const leg of this.legs) leg.handleFlowClosed(flow);
  }

  handleDevice(binding: Binding): void {
    for (const leg of this.legs) leg.handleDevice(binding);
  }

  /** Ends the call by order: `hangup` of an operator or the API, `shutdown` of the server. */
  hangup(reason: 'hangup' | 'shutdown'): void {
    const isShutdown = reason === 'shutdown';
    this.#finish({
      status: this.#isAnswered ? 'completed' : isShutdown ? 'failed' : 'canceled',
      termination: { by: 'platform', reason, sipStatus: undefined },
      reject: isShutdown ? { status: 503, headers: [['Retry-After', '10']] } : { status: 480 },
    });
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
    if (written) {
      this.emit('created', this.record(), this.#legRecords());
      return true;
    }
    const termination: Termination = { by: 'platform', reason: 'store-failed', sipStatus: 500 };
    this.#finish({ status: 'failed', termination, reject: { status: 500, reason: 'Call Could Not Be Recorded' } });
    return false;
  }

  #refuse({ why, ...reject }: Refusal): void {
    const status: CallStatus = why === 'unreachable' ? 'no-answer' : 'failed';
    this.#finish({ status, termination: { by: 'platform', reason: why, sipStatus: reject.status }, reject });
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
    branches.on('failed', (failure) => this.#unanswered(failure));
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

  #unanswered({ reason, sipStatus, upstream }: BranchFailure): void {
    const termination: Termination = { by: 'callee', reason, sipStatus };
    this.#finish({ status: callStatusOf(reason), termination, reject: { status: upstream } });
  }

  #rungOut(): void {
    const termination: Termination = { by: 'callee', reason: 'no-answer', sipStatus: 480 };
    this.#finish({ status: 'no-answer', termination, reject: { status: 480, reason: 'No Answer' } });
  }

  /** Something of ours broke. Media that cannot be agreed on is the parties' matter: 488. */
  #breakDown(error: unknown): void {
    if (this.#over) return;
    this.#logger.error({ error }, 'call broke down');
    const isCodec = error instanceof SdpError;
    const status = isCodec ? 488 : 500;
    const termination: Termination = {
      by: 'platform',
      reason: isCodec ? 'no-common-codec' : 'media-lost',
      sipStatus: status,
    };
    this.#finish({ status: this.#isAnswered ? 'completed' : 'failed', termination, reject: { status } });
  }

  #listenToLeg(leg: Leg): void {
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
    const { reason } = loss;
    const by = reason === 'hangup' ? (branch ? 'callee' : 'caller') : 'platform';
    const termination: Termination = { by, reason, sipStatus: undefined };
    const status: CallStatus = this.#isAnswered ? 'completed' : leg === this.#caller ? 'canceled' : 'failed';
    this.#finish({ status, termination, reject: { status: 480 } });
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

  /** The one way out: whoever is still there is told, the media closed, the record written. */
  #finish({ status, termination, reject = { status: 480 }, reason }: Ending): void {
    if (this.#over) return;
    this.#over = true;
    this.#ringTimer?.cancel();
    this.#story.markEnded(status, termination);
    const farewell: Farewell = { reject, reason: reason ?? byeReasons[termination.reason] };
    for (const leg of this.legs) leg.end(termination, status, farewell);
    this.#logger.info({ ...termination, status }, 'call over');
    this.#closing = this.#close(status, termination);
    this.emit('over');
  }

  async #close(status: CallStatus, { by, reason }: Termination): Promise<void> {
    await Promise.all(this.legs.map((leg) => leg.release()));
    await this.#story.tell('call-ended', { legs: this.legs, data: { status, by, reason } });
    this.emit('ended', this.record(), this.#legRecords());
  }

  #legRecords(): LegRecord[] {
    return this.legs.map((leg) => leg.record());
  }
}
