import { TypedEmitter } from '@intermix/kernel';
import type { CodecName, LegKind, MediaEngine, MediaLeg } from '@intermix/media';
import type { ExtraHeaders, Flow, IncomingRequest, InviteSession, Reason, SessionEnd } from '@intermix/sip';
import type { CallStatus, LegRecord, Termination } from '../ports/call-store.js';
import type { CallRecordingState, RecordingAnswer, RecordingOrder } from '../ports/recording-control.js';
import type { Binding } from '../registrar/location-store.js';
import { type Device, DeviceLink, type DeviceLinkDeps } from './device-link.js';
import { type InfoDigit, readDtmfInfo } from './dtmf-info.js';
import { lastFigures } from './leg-figures.js';
import { type LegIdentity, LegLife } from './leg-life.js';
import { LegOffers, type LegOffersHost } from './leg-offers.js';
import { MediaWatch } from './media-watch.js';
import type { OwedFarewells } from './owed-farewells.js';
import { RecordingLine, refusePackage } from './recording-line.js';
import type { SwitchConfig } from './switch-config.js';

export interface LegDeps extends DeviceLinkDeps {
  engine: MediaEngine;
  config: DeviceLinkDeps['config'] & Pick<SwitchConfig, 'ringGraceMs' | 'mediaRecoveryMs' | 'silenceLimitMs'>;
  farewells: OwedFarewells;
  /** Devices may ask for a recording of their call. */
  takesRecordingOrders: boolean;
}

/** How a leg was lost without our doing. */
export interface LegLoss {
  reason: 'hangup' | 'flow-lost' | 'media-lost' | 'no-ack' | 'dialog-gone';
}

export interface LegEvents {
  /** The far end put us on hold, or took us off. */
  held: [];
  resumed: [];
  /** The answer to a late offer has come: the codec is known from here on. */
  agreed: [];
  /** A digit told by INFO. Those of RFC 4733 cross in the media. */
  digit: [digit: InfoDigit];
  /** The device asks for something of the call's recording; to be answered once. */
  recordingOrdered: [order: RecordingOrder, answer: (answer: RecordingAnswer) => void];
  /** The connection of an answered leg broke; its device has until the grace ends to come back. */
  flowBroken: [];
  flowRestored: [];
  /** The dialog, the connection or the media is gone for good. At most once, and not after `end`. */
  lost: [loss: LegLoss];
}

/** What the far end is told when we end a leg. */
export interface Farewell {
  /** Final response for a caller that has not been answered. */
  reject: { status: number; reason?: string; headers?: ReadonlyArray<readonly [string, string]> };
  /** Reason header of CANCEL or BYE. */
  reason?: Reason | undefined;
  /** A final response waits for this: the end is to be on record before the caller knows of it. */
  recorded?: Promise<unknown> | undefined;
}

/** One dialog and one media endpoint. `caller-leg.ts` and `callee-leg.ts` add the two ways to open the dialog. */
export abstract class Leg extends TypedEmitter<LegEvents> {
  readonly identity: LegIdentity;
  protected readonly deps: LegDeps;
  /** Settles when the end of the call is on record, or has waited long enough; undefined while the call goes on. */
  recorded: () => Promise<unknown> | undefined = () => undefined;
  #media: MediaLeg | undefined;
  #session: InviteSession | undefined;
  #watch: MediaWatch | undefined;
  readonly #unsubscribe: Array<() => void> = [];
  readonly #life: LegLife;
  readonly #link: DeviceLink;
  readonly #offers: LegOffers;
  /** Undefined where none is offered: to carriers never. */
  protected readonly recordingLine: RecordingLine | undefined;
  #released: Promise<void> | undefined;

  protected constructor(identity: LegIdentity, deps: LegDeps, device?: Device) {
    super();
    this.identity = identity;
    this.deps = deps;
    this.#link = new DeviceLink(identity.legId, device, deps);
    this.#life = new LegLife(deps.clock);
    this.#offers = new LegOffers(identity.legId, deps.logger, this.#offersHost());
    if (deps.takesRecordingOrders && identity.kind !== 'carrier') {
      const order = (...ordered: LegEvents['recordingOrdered']) => this.emit('recordingOrdered', ...ordered);
      this.recordingLine = new RecordingLine({ clock: deps.clock, logger: deps.logger, order });
    }
  }

  abstract get sipCallId(): string | undefined;
  /** The flow of a dialog that is not confirmed yet. */
  abstract get openingFlow(): Flow | undefined;
  abstract get mediaKind(): LegKind;
  /** Tells the far end, when the dialog is not confirmed yet. */
  protected abstract abandon(farewell: Farewell): void;

  /** The page or telephone that talks. Another page of the same user may take a call up. */
  get device(): Device | undefined {
    return this.#link.device;
  }
  get id(): string {
    return this.identity.legId;
  }
  get ended(): boolean {
    return this.#life.ended;
  }
  get held(): boolean {
    return this.#offers.held;
  }
  get session(): InviteSession | undefined {
    return this.#session;
  }
  /** True between a broken connection and its return, or the end of the grace. */
  get awaitsDevice(): boolean {
    return this.#link.isAwaited;
  }
  get hasMedia(): boolean {
    return this.#media !== undefined;
  }
  /** The media endpoint; call `openMedia` first. */
  get media(): MediaLeg {
    if (!this.#media) throw new Error(`leg ${this.id} has no media endpoint yet`);
    return this.#media;
  }

  /** Makes the media endpoint. Rejects with the engine's error. */
  async openMedia(): Promise<MediaLeg> {
    const { callSid, legId } = this.identity;
    const media = await this.deps.engine.createLeg({ kind: this.mediaKind, callId: callSid, legId });
    if (this.ended) {
      media.close();
      return media;
    }
    this.#media = media;
    this.#watch = new MediaWatch(media, {
      ...this.deps,
      isHeld: () => this.held,
      isDeviceAwaited: () => this.awaitsDevice,
      onLost: () => this.lose('media-lost'),
    });
    return media;
  }

  #offersHost(): LegOffersHost {
    return {
      media: () => this.media,
      isOver: () => this.ended,
      moved: () => this.#watch?.allowMoreTime(),
      holdChanged: () => this.emit(this.held ? 'held' : 'resumed'),
      agreed: () => this.emit('agreed'),
      unusable: () => this.lose('media-lost'),
    };
  }

  /** The far end rings, as far as we know. True the first time. */
  markRinging(): boolean {
    return this.#life.ring();
  }

  markAnswered(): void {
    this.#life.answer();
  }

  /** Takes over a confirmed dialog. */
  protected adopt(session: InviteSession): void {
    this.#session = session;
    session.admit = (_request, flow) => this.#link.maySpeak(session, flow);
    this.#unsubscribe.push(
      session.on('reinvite', (reinvite) => {
        if (this.#link.follow(session.flow)) this.#deviceIsBack();
        void this.#offers.answer(reinvite);
        this.recordingLine?.release(); // Whoever offers has the dialog.
      }),
      session.on('acknowledged', (sdp) => void this.#offers.takeLateAnswer(sdp)),
      session.on('info', (info) => this.#takeInfo(info)),
      session.on('ended', (end) => this.lose(lossOf(end))),
    );
    session.answerByeAfter(() => this.recorded());
    this.recordingLine?.begin(session);
  }

  #takeInfo(info: IncomingRequest): void {
    if (!info.request.headers.has('Info-Package')) this.#takeDigit(info);
    else if (this.recordingLine) this.recordingLine.handle(info);
    else refusePackage(info);
  }

  #takeDigit(info: IncomingRequest): void {
    const digit = readDtmfInfo(info.request);
    info.respond(typeof digit === 'number' ? digit : 200);
    if (typeof digit !== 'number') this.emit('digit', digit);
  }

  /** What INVITE and 2xx to a device say of what may be asked for in the dialog. */
  get infoPackages(): ExtraHeaders {
    return this.recordingLine ? RecordingLine.headers : [];
  }

  /** Tells the device that the call is recorded, or no longer, when it wants to know. */
  tellRecording(state: CallRecordingState): void {
    this.recordingLine?.announce(state);
  }

  /** Sends a digit by RFC 4733. A failure is logged: nobody waits for it. */
  sendDigit(digit: string, durationMs: number): void {
    const sent = this.#media?.sendDtmf(digit, { durationMs });
    sent?.catch((error: unknown) => this.deps.logger.warn({ err: error, legId: this.id }, 'digit not sent'));
  }

  /** Our own offer in a re-INVITE, to settle on other codecs. Rejects when the far end refuses it. */
  async renegotiate(codecs: readonly CodecName[]): Promise<void> {
    if (this.#session) await this.#offers.renegotiate(this.#session, codecs);
  }

  /** Ends this leg and tells the far end, by a final response, CANCEL or BYE as its state asks. */
  end(termination: Termination, status: CallStatus, farewell: Farewell): void {
    if (this.ended) return;
    const forMs = this.#link.awaitedForMs;
    this.#closeRecord(termination, status);
    if (!this.#session) this.abandon(farewell);
    else if (!this.#session.ended) this.#sayBye(this.#session, farewell.reason, forMs);
  }

  /** At once, or when the device is back: `forMs` is how long it is still waited for. */
  #sayBye(session: InviteSession, reason: Reason | undefined, forMs: number | undefined): void {
    const say = () => session.bye(reason ? { reason } : {});
    if (forMs === undefined) say();
    else this.deps.farewells.keep({ session, say, forMs, isFor: (binding) => this.#link.isOf(binding, true) });
  }

  /** The dialog is over already. Sends nothing. */
  markEnded(termination: Termination, status: CallStatus): void {
    if (!this.ended) this.#closeRecord(termination, status);
  }

  /** Reads the last figures and closes the media. May be called twice; never rejects. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    const media = this.#media;
    if (media) this.#life.quality = await lastFigures(media, this.deps.clock);
    for (const off of this.#unsubscribe.splice(0)) off();
    media?.close();
  }

  /** A connection closed. Gives true when it was this leg's. */
  handleFlowClosed(flow: Flow): boolean {
    const own = this.#session ? this.#session.flow : this.openingFlow;
    if (this.ended || own?.id !== flow.id) return false;
    if (!this.#session) {
      this.connectionLost();
      return true;
    }
    // A carrier opens a new connection when it next has to say something; only a device is waited for.
    if (this.identity.kind === 'carrier' || this.awaitsDevice) return false;
    const session = this.#session;
    this.#link.await(flow, () => session.flowLost());
    this.recordingLine?.holdBack();
    this.emit('flowBroken');
    return true;
  }

  /** The connection closed before there was a dialog. */
  protected connectionLost(): void {
    this.lose('flow-lost');
  }

  /** Is this a registration of the leg's device? */
  protected isSameDevice(binding: Binding): boolean {
    return this.#link.isOf(binding);
  }

  /** A device registered. Gives true when it is this leg's, which then speaks over the new connection. */
  handleDevice(binding: Binding): boolean {
    const session = this.#session;
    if (!session || this.ended || !this.#link.isOf(binding)) return false;
    if (session.flow.id === binding.flow.id && !this.awaitsDevice) return false;
    session.rebind(binding.flow, binding.contactUri);
    this.#deviceIsBack(this.#link.takeUpMs);
    return true;
  }

  #deviceIsBack(mediaAfterMs?: number): void {
    this.#link.endWait();
    this.#watch?.allowMoreTime(mediaAfterMs);
    if (mediaAfterMs === undefined) this.recordingLine?.release(); // A page that loads again has no dialog before its re-INVITE.
    this.emit('flowRestored');
  }

  record(): LegRecord {
    return this.#life.record(this.identity, this.sipCallId);
  }

  /** Called once, when the leg has ended in whatever way. */
  protected recordClosed(): void {}

  #closeRecord(termination: Termination, status: CallStatus): void {
    this.#life.end(termination, status);
    this.#watch?.stop();
    this.#link.endWait();
    this.recordClosed();
  }

  protected lose(reason: LegLoss['reason'] | undefined): void {
    if (this.ended || reason === undefined) return;
    this.emit('lost', { reason: this.awaitsDevice && reason === 'dialog-gone' ? 'flow-lost' : reason });
  }
}

/** What the end of a dialog means for its leg; nothing for one that we ended ourselves. */
function lossOf(end: SessionEnd): LegLoss['reason'] | undefined {
  if (end.by === 'remote') return 'hangup';
  return end.cause === 'bye' ? undefined : end.cause;
}
