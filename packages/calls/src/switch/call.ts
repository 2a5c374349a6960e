import { type Logger, type Timer, TypedEmitter } from '@intermix/kernel';
import { SdpError } from '@intermix/media';
import type { Flow, Reason } from '@intermix/sip';
import type { RecordingWish } from '../control/recording-wish.js';
import type { CallRecord, CallStatus, LegRecord, Termination } from '../ports/call-store.js';
import type { SipUser } from '../ports/directory.js';
import type { CallRecordingState, RecordingAnswer, RecordingOrder } from '../ports/recording-control.js';
import type { Binding } from '../registrar/location-store.js';
import type { CallCourse, CallFrame } from './call-course.js';
import type { CallDeps, CallParties } from './call-deps.js';
import {
  brokenDown,
  type CallEnding,
  cancelledByCaller,
  legLost,
  notRecorded,
  ordered,
  refusedByUs,
  rungOut,
  timeIsUp,
  unanswered,
} from './call-ending.js';
import type { CallEvents, CallMedia } from './call-events.js';
import type { CallPlan } from './call-plan.js';
import { CallStory } from './call-story.js';
import type { CallingParty } from './calling-party.js';
import type { Leg, LegLoss } from './leg.js';
import type { LegIdentity } from './leg-life.js';
import { ProgramCourse } from './program-course.js';
import { RingingCourse } from './ringing-course.js';

/** A call in a program's hands ends after this, whatever its order says: 4 hours. */
const longestProgramSec = 14_400;

/**
 * One call: a calling party, and the course that its plan gives it: users ring, or a program runs. Whoever the parties
 * are, this is the path; `answering` exists only where the calling party is rung first.
 *
 *   setup ──(answering)──► the course: ringing or a program ──answered──► in-progress
 *     └─────────┴──────────────────────────┴──────────────────────────────────┴──► over
 */
export class Call extends TypedEmitter<CallEvents> {
  readonly sid: string;
  readonly #plan: CallPlan;
  readonly #deps: CallDeps;
  readonly #calling: CallingParty;
  readonly #makeLegs: CallParties['makeLegs'];
  readonly #course: CallCourse;
  readonly #story: CallStory;
  readonly #logger: Logger;
  /** The time that the calling party may ring, then the time that the call may last. */
  #timer: Timer | undefined;
  #recording: RecordingWish | undefined;
  #recordingState: CallRecordingState = 'off';
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
    this.#makeLegs = parties.makeLegs;
    this.#deps = deps;
    this.#logger = deps.logger.child({ callSid: this.sid });
    this.#recording = plan.recording;
    const { calls, clock, config, unwritten } = deps;
    const logger = this.#logger;
    this.#story = new CallStory(this.sid, plan, {
      ...{ calls, clock, logger, unwritten },
      createDeadlineMs: config.createDeadlineMs,
    });
    for (const leg of this.#calling.legs) this.#listenToLeg(leg);
    this.#listenToCalling();
    const frame = this.#frame();
    this.#course = plan.program ? new ProgramCourse(plan.program, frame) : new RingingCourse(frame);
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
    return [...this.#calling.legs, ...this.#course.legs];
  }

  /** True once the call has a row: listeners outside hear of no other call. */
  get recorded(): boolean {
    return this.#story.exists;
  }

  /** True as soon as the end is decided; see `closed` for when it is done. */
  get over(): boolean {
    return this.#over;
  }

  /** Undefined while the calling party has no audio, and when the call is over. */
  get media(): CallMedia | undefined {
    const { leg } = this.#calling;
    if (this.#over || !leg?.hasMedia) return undefined;
    return { leg: leg.media, recording: this.#recording };
  }

  record(): CallRecord {
    return this.#story.record();
  }

  /** Writes the record, then rings. Never rejects; resolves when the INVITEs are out or the call is over. */
  async start(): Promise<void> {
    try {
      if (!(await this.#create())) return;
      if (this.#plan.refusal) return this.#finish(refusedByUs(this.#plan.refusal));
      if (this.#calling.isRungFirst) this.#startRingTimer();
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

  /** Tells the parties' devices how the call's recording stands, those too that come into the call later. */
  tellRecording(state: CallRecordingState): void {
    this.#recordingState = state;
    for (const leg of this.legs) leg.tellRecording(state);
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

  #frame(): CallFrame {
    const call = this;
    return {
      plan: this.#plan,
      calling: this.#calling,
      story: this.#story,
      deps: this.#deps,
      logger: this.#logger,
      get over() {
        return call.#over;
      },
      get isAnswered() {
        return call.#isAnswered;
      },
      record: () => this.record(),
      makeLegs: (branches) => {
        const legs = this.#makeLegs(branches);
        for (const leg of legs) this.#listenToLeg(leg);
        return legs;
      },
      accept: (leg) => this.#accept(leg),
      tellRinging: (leg) => this.#over || this.emit('ringing', this.record(), leg.record()),
      tellLegAnswered: (leg) => this.#over || this.emit('legAnswered', this.record(), leg.record()),
      legEnded: (leg) => this.#legEnded(leg),
      wishRecording: (wish) => this.#wishRecording(wish),
      finish: (ending) => this.#finish(ending),
      breakDown: (error) => this.#breakDown(error),
    };
  }

  #listenToCalling(): void {
    const calling = this.#calling;
    calling.on('ready', () => void this.#startCourse());
    calling.on('ringing', (leg) => void this.#callingRings(leg));
    calling.on('legEnded', (leg) => void this.#legEnded(leg));
    calling.on('failed', (failure) => this.#finish(unanswered(failure, 'caller')));
    calling.on('broken', (error) => this.#breakDown(error));
    calling.on('waitingFailed', (error) => {
      this.#logger.warn({ err: error }, 'what the waiting party is to hear could not be played');
      void this.#story.tell('playing-failed', { data: { what: 'waiting' } });
    });
  }

  #startRingTimer(): void {
    const { clock, config } = this.#deps;
    const ringTimeoutSec = this.#plan.ringTimeoutSec ?? config.ringTimeoutSec;
    this.#timer = clock.schedule(ringTimeoutSec * 1000, () => this.#finish(rungOut('caller')));
  }

  /** The calling party can talk or wait: the other one's turn. */
  async #startCourse(): Promise<void> {
    this.#timer?.cancel();
    if (this.#over) return;
    await this.#course.start().catch((error: unknown) => this.#breakDown(error));
  }

  async #callingRings(leg: Leg): Promise<void> {
    if (this.#over) return;
    this.#story.markRinging();
    await this.#story.tell('leg-ringing', { leg, legs: [leg] });
    if (!this.#over) this.emit('ringing', this.record(), leg.record());
  }

  #accept(leg: Leg): boolean {
    if (this.#over || !this.#calling.accept()) return false;
    this.#isAnswered = true;
    this.#limitTime();
    this.#logger.info({ legId: leg.id, codec: leg.media.codec }, 'call answered');
    this.emit('answered', this.record(), leg.record());
    return true;
  }

  #limitTime(): void {
    const { program, timeLimitSec = program ? longestProgramSec : undefined } = this.#plan;
    if (timeLimitSec === undefined) return;
    this.#timer = this.#deps.clock.schedule(timeLimitSec * 1000, () => this.#finish(timeIsUp()));
  }

  #wishRecording(wish: RecordingWish): void {
    if (this.#over) return;
    this.#recording = wish;
    if (this.#isAnswered) this.emit('recordingWished', this.record(), wish);
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
    leg.on('agreed', () => this.#course.rejoin());
    leg.on('flowBroken', () => void this.#story.tell('leg-flow-broken', { leg }));
    leg.on('flowRestored', () => void this.#story.tell('leg-flow-restored', { leg }));
    leg.on('digit', (digit) => {
      if (!this.#over) this.#course.handleDigit(leg, digit);
    });
    leg.on('recordingOrdered', (order, answer) => void this.#orderRecording(leg, order).then(answer));
    if (this.#recordingState !== 'off') leg.tellRecording(this.#recordingState);
  }

  /** Never rejects. */
  async #orderRecording(leg: Leg, order: RecordingOrder): Promise<RecordingAnswer> {
    const failed = { state: this.#recordingState, problem: 'failed' } as const;
    const { recordingControl } = this.#deps;
    if (this.#over || !recordingControl) return failed;
    try {
      const answer = await recordingControl.order(this.record(), leg.identity, order);
      const { do: step } = order;
      if (step !== 'status')
        void this.#story.tell('recording-ordered', { leg, data: { step, result: answer.problem ?? 'done' } });
      return answer;
    } catch (error) {
      this.#logger.error({ err: error, legId: leg.id }, 'what a device asked of the recording could not be done');
      return failed;
    }
  }

  #lost(leg: Leg, loss: LegLoss): void {
    if (this.#over) return;
    if (this.#calling.handleLost(leg, loss)) return;
    const called = this.#course.legs.find((callee) => callee === leg);
    if (called && this.#course.handleLost(called, loss)) return;
    this.#finish(legLost(loss, called ? 'callee' : 'caller', this.#isAnswered));
  }

  async #holdChanged(leg: Leg, change: 'held' | 'resumed'): Promise<void> {
    this.#course.rejoin();
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
    this.#timer?.cancel();
    const { status, termination } = ending;
    this.#story.markEnded(status, termination);
    let acknowledge = () => {};
    const recorded = new Promise<void>((resolve) => {
      acknowledge = resolve;
    });
    this.#recorded = this.#story.exists ? recorded : undefined;
    this.#calling.end(ending, this.#isAnswered, this.#recorded);
    this.#course.end(ending);
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
