import { type Clock, type Logger, type Timer, TypedEmitter } from '@intermix/kernel';
import { type CodecName, type LegKind, type MediaEngine, type MediaLeg, SdpError } from '@intermix/media';
import {
  type Flow,
  type IncomingReinvite,
  type InviteSession,
  PAGE_GONE,
  type Reason,
  type SessionEnd,
} from '@intermix/sip';
import type { CallStatus, LegQuality, LegRecord, Termination } from '../ports/call-store.js';
import type { Binding } from '../registrar/location-store.js';
import { type InfoDigit, readDtmfInfo } from './dtmf-info.js';
import { type LegIdentity, LegLife } from './leg-life.js';
import { MediaWatch } from './media-watch.js';
import type { OwedFarewells } from './owed-farewells.js';
import type { SwitchConfig } from './switch-config.js';

/** The device behind a browser leg, as far as it is needed to know it again after a broken connection. */
export type Device = Pick<Binding, 'accountSid' | 'sipUsername' | 'instance'>;

export interface LegDeps {
  engine: MediaEngine;
  clock: Clock;
  logger: Logger;
  config: Pick<SwitchConfig, 'graceMs' | 'pageGraceMs' | 'takeUpMs' | 'mediaRecoveryMs' | 'silenceLimitMs'>;
  farewells: OwedFarewells;
  /** The devices that are registered over a connection. */
  devicesOn: (flow: Flow) => readonly Device[];
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
  #held = false;
  #device: Device | undefined;
  #grace: { timer: Timer; endsAt: number; isPageGone: boolean } | undefined;
  #watch: MediaWatch | undefined;
  readonly #unsubscribe: Array<() => void> = [];
  readonly #life: LegLife;
  #released: Promise<void> | undefined;

  protected constructor(identity: LegIdentity, deps: LegDeps, device?: Device) {
    super();
    this.identity = identity;
    this.deps = deps;
    this.#device = device;
    this.#life = new LegLife(deps.clock);
  }

  abstract get sipCallId(): string | undefined;
  /** The flow of a dialog that is not confirmed yet. */
  abstract get openingFlow(): Flow | undefined;
  abstract get mediaKind(): LegKind;
  /** Tells the far end, when the dialog is not confirmed yet. */
  protected abstract abandon(farewell: Farewell): void;

  /** The page or telephone that talks. Another page of the same user may take a call up. */
  get device(): Device | undefined {
    return this.#device;
  }
  get id(): string {
    return this.identity.legId;
  }
  get ended(): boolean {
    return this.#life.ended;
  }
  get held(): boolean {
    return this.#held;
  }
  get session(): InviteSession | undefined {
    return this.#session;
  }
  /** True between a broken connection and its return, or the end of the grace. */
  get awaitsDevice(): boolean {
    return this.#grace !== undefined;
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
      isHeld: () => this.#held,
      isDeviceAwaited: () => this.awaitsDevice,
      onLost: () => this.#lose('media-lost'),
    });
    return media;
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
    session.admit = (_request, flow) => this.#maySpeak(session, flow);
    this.#unsubscribe.push(
      session.on('reinvite', (reinvite) => void this.#answerReinvite(reinvite)),
      session.on('acknowledged', (sdp) => void this.#takeLateAnswer(sdp)),
      session.on('info', (info) => {
        const digit = readDtmfInfo(info.request);
        if (typeof digit === 'number') return info.respond(digit);
        info.respond(200);
        this.emit('digit', digit);
      }),
      session.on('ended', (end) => this.#lose(lossOf(end))),
    );
    session.answerByeAfter(() => this.recorded());
  }

  /** Sends a digit by RFC 4733. A failure is logged: nobody waits for it. */
  sendDigit(digit: string, durationMs: number): void {
    const sent = this.#media?.sendDtmf(digit, { durationMs });
    sent?.catch((error: unknown) => this.deps.logger.warn({ err: error, legId: this.id }, 'digit not sent'));
  }

  /** Our own offer in a re-INVITE, to settle on other codecs. Rejects when the far end refuses it. */
  async renegotiate(codecs: readonly CodecName[]): Promise<void> {
    if (!this.#session) return;
    const sdp = await this.media.offer({ codecs });
    const answer = await this.#session.reinvite({ sdp });
    if (answer.sdp !== undefined) await this.media.acceptAnswer(answer.sdp);
  }

  /** Ends this leg and tells the far end, by a final response, CANCEL or BYE as its state asks. */
  end(termination: Termination, status: CallStatus, farewell: Farewell): void {
    if (this.ended) return;
    const forMs = this.#grace && this.#grace.endsAt - this.deps.clock.now();
    this.#closeRecord(termination, status);
    if (!this.#session) this.abandon(farewell);
    else if (!this.#session.ended) this.#sayBye(this.#session, farewell.reason, forMs);
  }

  /** At once, or when the device is back: `forMs` is how long it is still waited for. */
  #sayBye(session: InviteSession, reason: Reason | undefined, forMs: number | undefined): void {
    const say = () => session.bye(reason ? { reason } : {});
    if (forMs === undefined) say();
    else this.deps.farewells.keep({ session, say, forMs, isFor: (binding) => this.#isSameDevice(binding, true) });
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
    if (media) this.#life.quality = await this.#lastFigures(media);
    for (const off of this.#unsubscribe.splice(0)) off();
    media?.close();
  }

  /** A connection closed. Gives true when it was this leg's. */
  handleFlowClosed(flow: Flow): boolean {
    const own = this.#session ? this.#session.flow : this.openingFlow;
    if (this.ended || own?.id !== flow.id) return false;
    if (!this.#session) {
      this.#lose('flow-lost');
      return true;
    }
    // A carrier opens a new connection when it next has to say something; only a device is waited for.
    if (this.identity.kind === 'carrier' || this.#grace) return false;
    const session = this.#session;
    const { clock, config } = this.deps;
    const isPageGone = flow.closeCode === PAGE_GONE;
    const graceMs = isPageGone ? config.pageGraceMs : config.graceMs;
    const timer = clock.schedule(graceMs, () => session.flowLost());
    this.#grace = { timer, endsAt: clock.now() + graceMs, isPageGone };
    this.emit('flowBroken');
    return true;
  }

  /** A device registered. Gives true when it is this leg's, which then speaks over the new connection. */
  handleDevice(binding: Binding): boolean {
    const session = this.#session;
    if (!session || this.ended || !this.#isSameDevice(binding)) return false;
    if (session.flow.id === binding.flow.id && !this.#grace) return false;
    session.rebind(binding.flow, binding.contactUri);
    // A page that has loaded again has no media until its re-INVITE, and a person may have to allow the microphone first.
    this.#deviceIsBack(this.#grace?.isPageGone ? this.deps.config.takeUpMs : undefined);
    return true;
  }

  #deviceIsBack(mediaAfterMs?: number): void {
    this.#endGrace();
    this.#watch?.allowMoreTime(mediaAfterMs);
    this.emit('flowRestored');
  }

  #endGrace(): void {
    this.#grace?.timer.cancel();
    this.#grace = undefined;
  }

  /**
   * Call-ID and tags are known to whoever has seen a page's snapshot: over a WebSocket they prove nobody. The connection
   * that the dialog has is its device's; any other one speaks for it only while this very user is registered on it.
   * Telephones and carriers are followed as ever, and datagrams, whose source can be forged, never take a page's call.
   */
  #maySpeak({ flow: own }: InviteSession, flow: Flow): boolean {
    const user = this.#device;
    if (!user || (own.protocol !== 'WS' && own.protocol !== 'WSS')) return true;
    const may = flow.reliable && this.deps.devicesOn(flow).some((device) => isOf(user, device));
    if (!may)
      this.deps.logger.warn({ legId: this.id, flow: flow.id }, 'request in the dialog of another connection refused');
    return may;
  }

  /**
   * Another page of the same user may have taken the call up: its first request shows it, since it knows the dialog. From
   * now on that page is the one that is waited for.
   */
  #followDevice(session: InviteSession): void {
    const own = this.#device;
    if (!own || session.flow.closed) return;
    const { accountSid, sipUsername } = own;
    const there = this.deps.devicesOn(session.flow).filter((device) => isOf({ accountSid, sipUsername }, device));
    if (there.length > 0 && !there.some((device) => device.instance === own.instance)) this.#device = there[0];
    if (this.#grace) this.#deviceIsBack();
  }

  record(): LegRecord {
    return this.#life.record(this.identity, this.sipCallId);
  }

  #isSameDevice(binding: Binding, isAwaited = this.awaitsDevice): boolean {
    const device = this.device;
    if (!device || !isOf(device, binding)) return false;
    // Clients without an instance (Exotel's SDK) come back with another contact: the user is all that is the same, so
    // that is taken only while this leg's own connection is broken.
    return device.instance === undefined ? isAwaited : binding.instance === device.instance;
  }

  /** Called once, when the leg has ended in whatever way. */
  protected recordClosed(): void {}

  #closeRecord(termination: Termination, status: CallStatus): void {
    this.#life.end(termination, status);
    this.#watch?.stop();
    this.#endGrace();
    this.recordClosed();
  }

  #lose(reason: LegLoss['reason'] | undefined): void {
    if (this.ended || reason === undefined) return;
    this.emit('lost', { reason: this.#grace && reason === 'dialog-gone' ? 'flow-lost' : reason });
  }

  /**
   * An offer inside the dialog is answered here and not passed on: hold is between the holder and us, and so is a new
   * address. The codec in force stays, since the other leg speaks it. RFC 3264 §8.
   */
  async #answerReinvite(reinvite: IncomingReinvite): Promise<void> {
    if (this.#session) this.#followDevice(this.#session);
    try {
      const { codec } = this.media;
      const codecs = codec ? { codecs: [codec] } : {};
      if (reinvite.offer === undefined) {
        // Shows what we want now, not an old hold state.
        reinvite.accept({ sdp: await this.media.offer({ ...codecs, direction: 'sendrecv' }) });
        return;
      }
      reinvite.accept({ sdp: await this.media.acceptOffer(reinvite.offer, codecs) });
      this.#watch?.allowMoreTime();
      this.#noteDirection();
    } catch (error) {
      this.deps.logger.warn({ err: error, legId: this.id }, 're-INVITE refused; the session stays as it was');
      reinvite.reject(error instanceof SdpError ? 488 : 500);
    }
  }

  /** The ACK of our 2xx; when that held an offer, the answer is in it. */
  async #takeLateAnswer(sdp: string | undefined): Promise<void> {
    if (this.ended) return;
    try {
      if (sdp !== undefined) await this.media.acceptAnswer(sdp);
      else if (this.media.codec === undefined) throw new SdpError('malformed', 'the ACK holds no answer');
      else return;
      this.#noteDirection();
      this.emit('agreed');
    } catch (error) {
      this.deps.logger.warn({ err: error, legId: this.id }, 'the answer in the ACK cannot be used');
      this.#lose('media-lost');
    }
  }

  /** `recvonly` as we see it: the far end sends only and does not listen, which is a hold. */
  #noteDirection(): void {
    if (this.ended) return;
    const held = this.media.direction === 'recvonly' || this.media.direction === 'inactive';
    if (held === this.#held) return;
    this.#held = held;
    this.emit(held ? 'held' : 'resumed');
  }

  async #lastFigures(media: MediaLeg): Promise<LegQuality | undefined> {
    if (media.closed) return undefined;
    let deadline: Timer | undefined;
    const late = new Promise<undefined>((resolve) => {
      deadline = this.deps.clock.schedule(500, () => resolve(undefined));
    });
    const stats = await Promise.race([media.stats().catch(() => undefined), late]);
    deadline?.cancel();
    if (!stats) return undefined;
    const { codec, packetsSent, packetsReceived, packetsLost, jitterMs, roundTripMs } = stats;
    return { codec, packetsSent, packetsReceived, packetsLost, jitterMs, roundTripMs };
  }
}

function isOf(user: Pick<Device, 'accountSid' | 'sipUsername'>, device: Pick<Device, 'accountSid' | 'sipUsername'>) {
  return user.accountSid === device.accountSid && user.sipUsername === device.sipUsername;
}

/** What the end of a dialog means for its leg; nothing for one that we ended ourselves. */
function lossOf(end: SessionEnd): LegLoss['reason'] | undefined {
  if (end.by === 'remote') return 'hangup';
  return end.cause === 'bye' ? undefined : end.cause;
}
