import { createId, type Logger, type Timer } from '@intermix/kernel';
import type { CallDetails, CallSnapshot } from '../call/call-types.js';
import type { CallServices, VoiceCall } from '../call/voice-call.js';
import { VoiceError } from '../errors.js';
import type { CallStep, TabMessage, TabWord } from './messages.js';
import { type MirroredCall, mirrorMaker } from './mirrored-call.js';

/** A tab that does not answer a step in this time is taken for gone. */
const STEP_TIMEOUT_MS = 10_000;
const MAX_MIRRORED = 20;
/** A call whose tab is gone is over when no other has gone on with it by then. */
const ORPHAN_MS = 5_000;

export interface CallBoardDeps {
  tabId: string;
  services: CallServices;
  /** The class of calls; a part holds no copy of it. */
  VoiceCall: typeof VoiceCall;
  calls: ReadonlySet<VoiceCall>;
  add(call: VoiceCall): void;
  takeUp(snapshot: CallSnapshot): Promise<VoiceCall>;
  /** True when this tab is to go on with calls whose tab is gone: it registers, and is registered. */
  takesOver(): boolean;
  logger: Logger;
  post(word: TabWord): void;
  /** Calls back when the tab is gone for whatever reason. Gives the function that stops watching. */
  watchTab(tabId: string, gone: () => void): () => void;
}

/** Tells the other tabs of this tab's calls, shows theirs here, and carries steps between the two. */
export class CallBoard {
  readonly #deps: CallBoardDeps;
  readonly #mirrored = new Map<string, MirroredCall>();
  /** Calls whose tab is gone, until another goes on with them. */
  readonly #orphans = new Map<MirroredCall, Timer>();
  readonly #asked = new Map<string, { timer: Timer; done: (problem?: VoiceError) => void }>();
  readonly #make: ReturnType<typeof mirrorMaker>;

  constructor(deps: CallBoardDeps) {
    this.#deps = deps;
    this.#make = mirrorMaker(deps.VoiceCall, deps.services, (...step) => this.#ask(...step));
    for (const call of deps.calls) this.watch(call);
    deps.post({ kind: 'calls' });
  }

  /** Tells of the call from now on, unless it is one of another tab. */
  watch(call: VoiceCall): void {
    if (call.elsewhere) return;
    this.#mirrored.get(call.callId)?.takenUp();
    for (const event of ['stateChanged', 'muted', 'unmuted', 'held', 'unheld'] as const) {
      call.on(event, () => this.#publish(call));
    }
    this.#publish(call);
  }

  publishAll(): void {
    for (const call of this.#deps.calls) this.#publish(call);
  }

  /** Goes on with the calls whose tab is gone, when that is this tab's to do. */
  takeUpOrphans(): void {
    if (!this.#deps.takesOver()) return;
    for (const call of this.#orphans.keys()) this.#takeUp(call);
  }

  receive(message: TabMessage): void {
    if (message.kind === 'calls') this.publishAll();
    else if (message.kind === 'call') this.#told(message.from, message.details, message.snapshot);
    else if (message.kind === 'bye') this.#tabGone(message.from);
    else if (message.kind === 'taken') this.taken(message.callId, message.by);
    else if (message.kind === 'do') void this.#take(message);
    else if (message.kind === 'done') this.#done(message);
  }

  /** Another tab has answered what rings here: this tab's call goes on as a view of that one. */
  taken(callId: string, by: string): void {
    if (by === this.#deps.tabId || this.#mirrored.has(callId)) return;
    const ringing = this.#own(callId);
    if (!ringing) return;
    const now = this.#deps.services.platform.clock.now();
    this.#mirror(by, { ...ringing.details(), state: 'connected', muted: false, answeredAt: now, connectedAt: now });
  }

  /** The tab that holds the call's audio, as far as it is another one. */
  ownerOf(callId: string): string | undefined {
    return this.#mirrored.get(callId)?.owner;
  }

  close(): void {
    for (const { done } of [...this.#asked.values()]) done(gone());
    for (const call of [...this.#mirrored.values()]) call.lost();
  }

  #own(callId: string): VoiceCall | undefined {
    return [...this.#deps.calls].find((call) => call.callId === callId && !call.elsewhere);
  }

  /** While it rings, each tab has a call of its own; an outgoing one has no id before its INVITE. */
  #publish(call: VoiceCall): void {
    const details = call.details();
    const rings = details.state === 'ringing' || details.state === 'answering';
    if (call.elsewhere || details.callId === '' || (call.direction === 'incoming' && rings)) return;
    if (details.end && details.connectedAt === undefined && call.direction === 'incoming') return;
    const snapshot = call.snapshot();
    this.#deps.post({
      kind: 'call',
      details: { ...details, headers: { ...details.headers } },
      ...(snapshot ? { snapshot: { ...snapshot, headers: { ...snapshot.headers } } } : {}),
    });
  }

  #told(owner: string, details: CallDetails, snapshot: CallSnapshot | undefined): void {
    const known = this.#mirrored.get(details.callId);
    if (known) this.#follow(known, owner, details, snapshot);
    // What rings here goes to the tab that the registering one names; two may believe for a moment that they were first.
    else if (details.state !== 'ended' && this.#mirrored.size < MAX_MIRRORED && !this.#own(details.callId)) {
      this.#mirror(owner, details).kept = snapshot;
    }
  }

  #follow(call: MirroredCall, owner: string, details: CallDetails, snapshot: CallSnapshot | undefined): void {
    if (call.owner !== owner) {
      if (!this.#orphans.has(call) || details.state === 'ended') return;
      this.#orphans.get(call)?.cancel();
      this.#orphans.delete(call);
      call.owner = owner;
      this.#watchOwner(call);
    }
    if (details.end?.reason === 'handed-over') return; // Its tab goes; another one is about to go on with it.
    call.kept = snapshot ?? call.kept;
    call.update(details);
  }

  #mirror(owner: string, details: CallDetails): MirroredCall {
    const call = this.#make({ owner, details });
    const { callId } = details;
    this.#mirrored.set(callId, call);
    this.#watchOwner(call);
    call.on('ended', () => {
      this.#orphans.get(call)?.cancel();
      this.#orphans.delete(call);
      if (this.#mirrored.get(callId) === call) this.#mirrored.delete(callId);
    });
    this.#deps.add(call);
    return call;
  }

  #watchOwner(call: MirroredCall): void {
    const { owner } = call;
    call.once(
      'ended',
      this.#deps.watchTab(owner, () => call.owner === owner && this.#orphaned(call)),
    );
  }

  #tabGone(tab: string): void {
    for (const call of [...this.#mirrored.values()]) if (call.owner === tab) this.#orphaned(call);
  }

  #orphaned(call: MirroredCall): void {
    if (call.state === 'ended' || this.#orphans.has(call)) return;
    if (!call.kept) {
      call.lost(); // It was not answered yet: what the tab had of it is gone with it.
      return;
    }
    this.#orphans.set(
      call,
      this.#deps.services.platform.clock.schedule(ORPHAN_MS, () => call.lost()),
    );
    this.takeUpOrphans();
  }

  #takeUp(call: MirroredCall): void {
    const { kept, callId } = call;
    call.kept = undefined; // Once.
    if (!kept) return;
    this.#deps.takeUp(kept).catch((error: unknown) => {
      this.#deps.logger.warn({ callId, error: String(error) }, 'a call of another tab could not be taken up');
      call.lost();
    });
  }

  // --- Steps ------------------------------------------------------------------------------------------------------

  #ask(owner: string, callId: string, step: CallStep, digits?: string): Promise<void> {
    const { services, post } = this.#deps;
    const id = createId('', 8, services.platform.random);
    return new Promise((resolve, reject) => {
      const done = (problem?: VoiceError) => {
        timer.cancel();
        this.#asked.delete(id);
        if (problem) reject(problem);
        else resolve();
      };
      const timer = services.platform.clock.schedule(STEP_TIMEOUT_MS, () => done(gone()));
      this.#asked.set(id, { timer, done });
      post({ kind: 'do', to: owner, id, callId, step, ...(digits === undefined ? {} : { digits }) });
    });
  }

  async #take(message: Extract<TabMessage, { kind: 'do' }>): Promise<void> {
    const { from: to, id, callId, step, digits } = message;
    const call = this.#own(callId);
    try {
      if (!call) throw new VoiceError('call-ended', 'the call is over');
      await (step === 'sendDtmf' ? call.sendDtmf(String(digits)) : call[step]());
      this.#deps.post({ kind: 'done', to, id });
    } catch (error) {
      const problem = error instanceof VoiceError ? error.problem : 'wrong-state';
      this.#deps.post({ kind: 'done', to, id, problem, text: String((error as Error).message) });
    }
  }

  #done(message: Extract<TabMessage, { kind: 'done' }>): void {
    const { problem, text } = message;
    this.#asked.get(message.id)?.done(problem && new VoiceError(problem, String(text)));
  }
}

function gone(): VoiceError {
  return new VoiceError('not-connected', 'the tab that holds the call does not answer');
}
