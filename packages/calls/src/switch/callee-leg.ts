import { type LegKind, SdpError } from '@intermix/media';
import type {
  EndpointFace,
  Flow,
  InviteSession,
  OutgoingInvite,
  OutgoingInviteOptions,
  SipFailure,
} from '@intermix/sip';
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

/** A leg that we call: an INVITE that we sent, with an offer. Also of a user who is rung first for a call of its own. */
export class CalleeLeg extends Leg {
  readonly mediaKind: LegKind;
  readonly #flow: Flow | undefined;
  readonly #release: (() => void) | undefined;
  #outgoing: OutgoingInvite | undefined;
  #accepted: string | undefined;

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
    const outgoing = endpoint.invite(options);
    this.#outgoing = outgoing;
    outgoing.on('progress', ({ status, sdp }) => {
      if (!this.ended) handlers.progress(status, sdp);
    });
    outgoing.on('failed', (failure) => {
      if (!this.ended) handlers.failed(failure);
    });
    outgoing.on('answered', (session, response) => this.#answered(session, response.sdp, handlers));
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

  #answered(session: InviteSession, sdp: string | undefined, handlers: CalleeLegHandlers): void {
    // The endpoint itself undoes an answer that crosses a CANCEL; this is for a leg that ended in any other way.
    if (this.ended) {
      session.bye();
      return;
    }
    this.adopt(session);
    this.markRinging();
    this.markAnswered();
    handlers.answered(sdp);
  }

  protected override recordClosed(): void {
    this.#release?.();
  }

  protected override abandon({ reason }: Farewell): void {
    this.#outgoing?.cancel(reason);
  }
}
