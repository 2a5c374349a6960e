import type { Timer } from '@intermix/kernel';
import { type LegKind, SdpError } from '@intermix/media';
import type {
  EndpointFace,
  Flow,
  InviteSession,
  OutgoingInvite,
  OutgoingInviteOptions,
  SipFailure,
  SipResponse,
} from '@intermix/sip';
import type { Binding } from '../registrar/location-store.js';
import { routeOf } from '../registrar/registrar.js';
import type { Device } from './device-link.js';
import { type Farewell, Leg, type LegDeps } from './leg.js';
import type { LegIdentity } from './leg-life.js';

/** What a ringing leg tells the call. */
export interface CalleeLegHandlers {
  /** 180, or a 18x with SDP. Called for each. */
  progress(status: number, sdp: string | undefined): void;
  /** 200. `sdp` is the answer, when it holds one. */
  answered(sdp: string | undefined): void;
  failed(failure: SipFailure): void;
}

export interface CalleeLegOptions {
  mediaKind: LegKind;
  device?: Device | undefined;
  /** The flow of its binding. */
  flow?: Flow | undefined;
  /** Gives back what the leg holds of its carrier. Called once, at its end. */
  release?: (() => void) | undefined;
}

interface Invitation {
  endpoint: EndpointFace;
  options: OutgoingInviteOptions;
  handlers: CalleeLegHandlers;
}

/** A leg that we call: an INVITE that we sent, with an offer. Also of a user who is rung first for a call of its own. */
export class CalleeLeg extends Leg {
  readonly mediaKind: LegKind;
  readonly #release: (() => void) | undefined;
  #flow: Flow | undefined;
  #invitation: Invitation | undefined;
  #outgoing: OutgoingInvite | undefined;
  #accepted: string | undefined;
  /** Runs while a page that rang has lost its connection and may be back. */
  #absence: Timer | undefined;

  constructor(identity: LegIdentity, deps: LegDeps, options: CalleeLegOptions) {
    super(identity, deps, options.device);
    this.mediaKind = options.mediaKind;
    this.#flow = options.flow;
    this.#release = options.release;
  }

  override get sipCallId(): string | undefined {
    return this.#outgoing?.callId;
  }

  override get openingFlow(): Flow | undefined {
    return this.#flow;
  }

  /** Sends the INVITE. */
  invite(endpoint: EndpointFace, options: OutgoingInviteOptions, handlers: CalleeLegHandlers): void {
    this.#invitation = { endpoint, options, handlers };
    const outgoing = endpoint.invite(options);
    this.#outgoing = outgoing;
    const isCurrent = () => !this.ended && outgoing === this.#outgoing;
    outgoing.on('progress', ({ status, sdp }) => {
      if (isCurrent()) handlers.progress(status, sdp);
    });
    outgoing.on('failed', (failure) => {
      if (isCurrent() && !(failure.cause === 'transport' && this.#waits(() => handlers.failed(failure))))
        handlers.failed(failure);
    });
    outgoing.on('answered', (session, response) => {
      if (outgoing === this.#outgoing) this.#answered(session, response, handlers);
      else session.bye(); // The connection that was given up for dead, was not: it rings over another one now.
    });
  }

  /**
   * A page that is back over another connection, or another tab of its browser in its place, has heard nothing of what rings:
   * it gets an INVITE of its own, with the same offer.
   */
  override handleDevice(binding: Binding): boolean {
    if (this.session) return super.handleDevice(binding);
    const invitation = this.#invitation;
    const isOurs = this.#flow && this.#isPage && binding.regId === this.device?.regId && this.isSameDevice(binding);
    if (this.ended || !invitation || !isOurs || binding.flow.id === this.#flow?.id) return false;
    this.#endAbsence();
    this.#outgoing?.cancel();
    this.#flow = binding.flow;
    const { endpoint, options, handlers } = invitation;
    const target = { uri: binding.contactUri, flow: binding.flow, route: routeOf(binding) };
    this.invite(endpoint, { ...options, target }, handlers);
    this.deps.logger.info({ legId: this.id, sipCallId: this.sipCallId }, 'leg invited over its new connection');
    return true;
  }

  /** Only a page with an instance can be known again. */
  get #isPage(): boolean {
    const protocol = this.#flow?.protocol;
    return this.device?.instance !== undefined && (protocol === 'WS' || protocol === 'WSS');
  }

  /** False when there is nobody to wait for. */
  #waits(gone: () => void): boolean {
    if (!this.#isPage) return false;
    this.#absence ??= this.deps.clock.schedule(this.deps.config.ringGraceMs, () => {
      if (!this.ended) gone();
    });
    return true;
  }

  #endAbsence(): void {
    this.#absence?.cancel();
    this.#absence = undefined;
  }

  /** Takes the far end's answer, early or final. The same text twice is one answer; another fork's replaces it. */
  async acceptAnswer(sdp: string): Promise<void> {
    if (sdp === this.#accepted) return;
    this.#accepted = sdp;
    await this.media.acceptAnswer(sdp);
  }

  /** The 200's answer; none when it came early. Rejects with SdpError when it never came, or cannot be used. */
  async takeFinalAnswer(sdp: string | undefined): Promise<void> {
    if (sdp !== undefined) await this.acceptAnswer(sdp);
    else if (this.#accepted === undefined) throw new SdpError('malformed', 'the 200 holds no session description');
  }

  #answered(session: InviteSession, response: SipResponse, handlers: CalleeLegHandlers): void {
    // The endpoint itself undoes an answer that crosses a CANCEL; this is for a leg that ended in any other way.
    if (this.ended) {
      session.bye();
      return;
    }
    this.recordingLine?.learn(response);
    this.adopt(session);
    this.markRinging();
    this.markAnswered();
    handlers.answered(response.sdp);
  }

  protected override recordClosed(): void {
    this.#endAbsence();
    this.#release?.();
  }

  protected override connectionLost(): void {
    if (!this.#waits(() => this.lose('flow-lost'))) this.lose('flow-lost');
  }

  protected override abandon({ reason }: Farewell): void {
    this.#outgoing?.cancel(reason);
  }
}
