import { type Clock, type Logger, type Random, TypedEmitter } from '@intermix/kernel';
import type { MediaEngine } from '@intermix/media';
import type { EndpointFace, Flow, IncomingInvite, IncomingRequest } from '@intermix/sip';
import { CallError } from '../errors.js';
import type { CallRecord, CallStatus, CallStore } from '../ports/call-store.js';
import type { CallRecordingState, RecordingControl } from '../ports/recording-control.js';
import type { Binding } from '../registrar/location-store.js';
import type { Registrar } from '../registrar/registrar.js';
import type { CallerIdentification } from '../routing/caller-identification.js';
import type { ConnectPlanner } from '../routing/connect-planner.js';
import { type CallOrder, orderOf, type PlaceCallRequest, type Placement, releasePlan } from '../routing/placement.js';
import type { Router } from '../routing/router.js';
import type { Call } from './call.js';
import { CallAssembly } from './call-assembly.js';
import type { CallEvents, CallMedia } from './call-events.js';
import type { IncomingCallPlan, Refusal } from './call-plan.js';
import { OwedFarewells } from './owed-farewells.js';
import { defaultSwitchConfig, type SwitchConfig } from './switch-config.js';
import type { SwitchStats } from './switch-stats.js';
import { UnwrittenEnds } from './unwritten-ends.js';

/** What happens in calls, for whoever listens: webhooks, CDRs, the console. Each is told when its record is written. */
export interface SwitchEvents {
  callCreated: CallEvents['created'];
  legRinging: CallEvents['ringing'];
  legAnswered: CallEvents['legAnswered'];
  answered: CallEvents['answered'];
  held: CallEvents['held'];
  resumed: CallEvents['resumed'];
  recordingWished: CallEvents['recordingWished'];
  legEnded: CallEvents['legEnded'];
  ended: CallEvents['ended'];
}

export interface SwitchDeps {
  endpoint: EndpointFace;
  media: MediaEngine;
  registrar: Registrar;
  identification: CallerIdentification;
  router: Router;
  placement: Placement;
  connectPlanner: ConnectPlanner;
  calls: CallStore;
  /** Without it no device may ask for a recording. */
  recordingControl?: RecordingControl | undefined;
  clock: Clock;
  random: Random;
  logger: Logger;
  config: Pick<SwitchConfig, 'domains'> & Partial<SwitchConfig>;
  /** Requests of strangers so far, for the figures. */
  strangersRefused?: () => number;
  /** Wrong passwords for carriers' calls so far, for the figures. */
  carrierGuesses?: () => number;
}

const defaultMaxForwards = 70;

/**
 * Joins SIP, media, location and records: every INVITE and REGISTER of the endpoint comes here. Built by `createSwitchboard`;
 * `start` takes hold of the endpoint, `stop` ends all calls and lets go of it.
 */
export class Switch extends TypedEmitter<SwitchEvents> {
  readonly #deps: SwitchDeps;
  readonly #config: SwitchConfig;
  readonly #calls = new Map<string, Call>();
  /** INVITEs whose sender is being looked up. */
  readonly #placing = new Set<Promise<void>>();
  /** Calls whose end is still being written. */
  readonly #closing = new Set<Call>();
  readonly #unwritten: UnwrittenEnds;
  readonly #farewells: OwedFarewells;
  readonly #assembly: CallAssembly;
  readonly #endedByStatus: Partial<Record<CallStatus, number>> = {};
  #unsubscribe: Array<() => void> = [];
  #stopping = false;
  #callsCreated = 0;
  #invitesRefused = 0;
  #registrationsRefused = 0;

  constructor(deps: SwitchDeps) {
    super();
    this.#deps = deps;
    this.#config = { ...defaultSwitchConfig, ...deps.config };
    this.#unwritten = new UnwrittenEnds(deps);
    const { endpoint, media: engine, calls, clock, random, logger, connectPlanner, recordingControl } = deps;
    const config = this.#config;
    const unwritten = this.#unwritten;
    const farewells = new OwedFarewells(clock);
    this.#farewells = farewells;
    const devicesOn = (flow: Flow) => deps.registrar.bindingsOn(flow);
    this.#assembly = new CallAssembly({
      ...{ endpoint, engine, calls, clock, random, logger, config, unwritten, farewells, devicesOn, connectPlanner },
      recordingControl,
    });
  }

  get stats(): SwitchStats {
    const legs = [...this.#calls.values()].flatMap((call) => call.legs.filter((leg) => !leg.ended));
    return {
      activeCalls: this.#calls.size,
      activeLegs: legs.length,
      bindings: this.#deps.registrar.bindingCount,
      endedByStatus: { ...this.#endedByStatus },
      callsCreated: this.#callsCreated,
      invitesRefused: this.#invitesRefused,
      registrationsRefused: this.#registrationsRefused,
      sourcesRefused: this.#deps.strangersRefused?.() ?? 0,
      carrierGuesses: this.#deps.carrierGuesses?.() ?? 0,
    };
  }

  /** Takes hold of the endpoint. Starting and stopping the endpoint itself is its owner's. */
  start(): void {
    const { endpoint, registrar, identification } = this.#deps;
    endpoint.screen = (request, flow) => identification.screen(request, flow);
    const moved = (binding: Binding) => {
      this.#farewells.handleDevice(binding);
      this.#eachCall((call) => call.handleDevice(binding));
    };
    this.#unsubscribe = [
      endpoint.on('invite', (incoming) => {
        const placing = this.#handleInvite(incoming);
        this.#placing.add(placing);
        void placing.then(() => this.#placing.delete(placing));
      }),
      endpoint.on('request', (incoming) => void this.#handleRequest(incoming)),
      endpoint.on('flowClosed', (flow) => this.#handleFlowClosed(flow)),
      registrar.on('bindingAdded', moved),
      registrar.on('bindingRefreshed', (binding, before) => {
        if (binding.flow.id !== before.flow.id) moved(binding);
      }),
      registrar.on('refused', () => this.#registrationsRefused++),
    ];
  }

  /** Calls that are up, newest last. */
  listActive(): CallRecord[] {
    return [...this.#calls.values()].map((call) => call.record());
  }

  /**
   * The calling party's audio, where recorders and streams attach, and whether the call is to be recorded. Undefined before
   * there is any, and when the call is over.
   */
  mediaOf(callSid: string): CallMedia | undefined {
    return this.#calls.get(callSid)?.media;
  }

  /**
   * Places a call: the first party, a user's devices or a number, is rung, and when it answers, the other is, or a program
   * takes over. Resolves when the record is made and the INVITEs are out; what becomes of the call is told by the record and
   * the events. Throws CallError.
   */
  placeCall(request: PlaceCallRequest | CallOrder): Promise<CallRecord> {
    const placing = this.#placeFor(orderOf(request));
    const settled = placing.then(
      () => {},
      () => {},
    );
    this.#placing.add(settled);
    void settled.then(() => this.#placing.delete(settled));
    return placing;
  }

  /** How the recording of a call stands, for the devices in it; nothing when the call is over. */
  tellRecording(callSid: string, state: CallRecordingState): void {
    this.#calls.get(callSid)?.tellRecording(state);
  }

  /** Ends a call from outside. Throws CallError (`unknown-call`) when it is not up. */
  hangup(callSid: string): void {
    const call = this.#calls.get(callSid);
    if (!call) throw CallError.unknownCall(callSid);
    call.hangup('hangup');
  }

  /** Refuses new calls from now on (503); those that are up go on. */
  drain(): void {
    this.#stopping = true;
  }

  /** Ends all calls and waits until they are written, at most for the flush deadline. Never rejects. */
  async stop(): Promise<void> {
    this.drain();
    await this.#within(this.#config.flushDeadlineMs, this.#endAll());
    for (const off of this.#unsubscribe.splice(0)) off();
    this.#farewells.stop();
    this.#deps.registrar.stop();
  }

  async #endAll(): Promise<void> {
    this.#eachCall((call) => call.hangup('shutdown'));
    await Promise.all(this.#placing); // Those end their calls themselves: see `#begin`.
    await Promise.all([...this.#closing].map((call) => call.closed()));
    await this.#unwritten.stop();
  }

  async #handleRequest(incoming: IncomingRequest): Promise<void> {
    const { method } = incoming.request;
    if (method === 'REGISTER') return this.#deps.registrar.handleRegister(incoming);
    // OPTIONS is answered by the endpoint: carriers ask before they send calls, whoever the Request-URI names.
    if (method !== 'OPTIONS') incoming.respond(501);
  }

  #handleFlowClosed(flow: Flow): void {
    this.#deps.registrar.handleFlowClosed(flow);
    this.#eachCall((call) => call.handleFlowClosed(flow));
  }

  /** Nothing escapes: a defect here is one refused call and a line in the log. */
  async #handleInvite(incoming: IncomingInvite): Promise<void> {
    try {
      await this.#place(incoming);
    } catch (error) {
      this.#deps.logger.error({ err: error, sipCallId: incoming.request.callId }, 'INVITE could not be handled');
      this.#refuse(incoming, 500);
    }
  }

  async #place(incoming: IncomingInvite): Promise<void> {
    const maxForwards = (incoming.request.maxForwards ?? defaultMaxForwards) - 1;
    if (maxForwards < 0) return this.#refuse(incoming, 483);
    if (!this.#hasRoom) return this.#refuse(incoming, 503, { headers: [['Retry-After', '10']] });
    const caller = await this.#deps.identification.identify(incoming.request, incoming.flow);
    if (incoming.finished) return;
    if (caller.kind === 'refused') return this.#refuse(incoming, caller.status, caller);
    const routed = await this.#deps.router.route(incoming, caller, maxForwards);
    if (!routed.ok) return this.#refuse(incoming, routed.status, routed);
    this.#begin(incoming, this.#withinUserLimit(routed.plan));
  }

  async #placeFor(order: CallOrder): Promise<CallRecord> {
    const { placement, logger } = this.#deps;
    this.#checkMayPlace(order);
    const plan = await placement.plan(order);
    try {
      this.#checkMayPlace(order); // Another order may have come in between.
    } catch (error) {
      releasePlan(plan);
      throw error;
    }
    const call = this.#assembly.placed(plan);
    this.#take(call);
    logger.info({ callSid: call.sid, devices: plan.devices.length }, 'call placed by order');
    await call.start();
    if (!call.recorded) throw CallError.notRecorded();
    return call.record();
  }

  #checkMayPlace({ from, callSid }: CallOrder): void {
    if (!this.#hasRoom) throw CallError.unavailable();
    if (callSid !== undefined && this.#calls.has(callSid)) throw CallError.notRecorded();
    if (!('user' in from)) return;
    const { user } = from;
    for (const call of this.#calls.values()) if (call.occupies(user)) throw CallError.deviceBusy(user.userId);
  }

  get #hasRoom(): boolean {
    return !this.#stopping && this.#deps.media.ready && this.#calls.size < this.#config.maxCalls;
  }

  /** A page that dials without end, or a stolen password, ties up a few calls and not the trunk. */
  #withinUserLimit(plan: IncomingCallPlan): IncomingCallPlan {
    const { userId, appId } = plan.caller;
    if (userId === undefined || plan.refusal) return plan;
    const own = ({ placedBy }: Call) => placedBy?.userId === userId && placedBy.appId === appId;
    const placed = [...this.#calls.values()].filter(own).length;
    if (placed < this.#config.maxCallsPerUser) return plan;
    for (const branch of plan.branches) branch.release?.();
    const refusal: Refusal = { status: 503, reason: 'Too Many Calls At Once', why: 'user-calls' };
    return { ...plan, branches: [], refusal };
  }

  /** From here on there is a call, even if the caller has given up meanwhile: then that is what is recorded. */
  #begin(incoming: IncomingInvite, plan: IncomingCallPlan): void {
    const call = this.#assembly.incoming(plan, incoming);
    this.#take(call);
    incoming.on('cancelled', (reason) => call.handleCancelled(reason));
    void call.start();
    if (incoming.finished) call.handleCancelled(undefined);
    else if (this.#stopping) call.hangup('shutdown');
  }

  #take(call: Call): void {
    this.#calls.set(call.sid, call);
    this.#callsCreated++;
    call.on('created', (...args) => this.emit('callCreated', ...args));
    call.on('ringing', (...args) => this.emit('legRinging', ...args));
    call.on('legAnswered', (...args) => this.emit('legAnswered', ...args));
    call.on('answered', (...args) => this.emit('answered', ...args));
    call.on('held', (...args) => this.emit('held', ...args));
    call.on('resumed', (...args) => this.emit('resumed', ...args));
    call.on('legEnded', (...args) => this.emit('legEnded', ...args));
    call.on('recordingWished', (...args) => this.emit('recordingWished', ...args));
    call.on('over', () => {
      this.#calls.delete(call.sid);
      this.#closing.add(call);
    });
    call.on('ended', (record, legs) => {
      this.#closing.delete(call);
      this.#endedByStatus[record.status] = (this.#endedByStatus[record.status] ?? 0) + 1;
      if (call.recorded) this.emit('ended', record, legs);
    });
  }

  #refuse(
    incoming: IncomingInvite,
    status: number,
    options: { reason?: string; headers?: ReadonlyArray<readonly [string, string]> } = {},
  ): void {
    const { reason, headers } = options;
    this.#invitesRefused++;
    incoming.reject(status, { ...(reason ? { reason } : {}), ...(headers ? { headers } : {}) });
  }

  #eachCall(tell: (call: Call) => void): void {
    for (const call of [...this.#calls.values()]) tell(call);
  }

  #within(limitMs: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#deps.clock.schedule(limitMs, () => {
        this.#deps.logger.error({ limitMs }, 'stopping before every call record was written');
        resolve();
      });
      void work.finally(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}
