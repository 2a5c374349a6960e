import type { IncomingInvite, Reason } from '@intermix/sip';
import type { AudioSource } from './audio-source.js';
import { SimulatorError } from './errors.js';
import { SimulatedCall, type SimulatedCallDeps } from './simulated-call.js';

/** A call from Intermix to a simulated number. What the number does steers it. */
export class ReceivedCall extends SimulatedCall {
  readonly direction = 'received';
  readonly to: string;
  readonly from: string;
  readonly fromName: string;
  readonly sipCallId: string;
  readonly #invite: IncomingInvite;
  /** The answer in a 183 fixes the one in the 200. RFC 3261 §13.2.1. */
  #earlySdp: string | undefined;

  constructor(deps: SimulatedCallDeps & { invite: IncomingInvite; to: string }) {
    super(deps);
    const { from } = deps.invite.request;
    this.#invite = deps.invite;
    this.to = deps.to;
    this.from = 'user' in from.uri ? (from.uri.user ?? '') : from.uri.toString();
    this.fromName = from.displayName ?? '';
    this.sipCallId = deps.invite.request.callId;
    this.note('INVITE');
    deps.invite.on('cancelled', (reason) => this.#cancelled(reason));
  }

  /** 180: the phone rings. */
  ring(): void {
    this.#invite.progress(180);
    this.nowRinging(180);
  }

  /** 183 with SDP: the caller hears `source` before the answer. A late offer gets a plain 180, for want of PRACK. */
  async earlyMedia(source: AudioSource): Promise<void> {
    const { offer } = this.#invite;
    if (offer === undefined) return this.ring();
    const sdp = await this.#localSdp(offer);
    if (sdp === undefined) return;
    this.#earlySdp = sdp;
    this.#invite.progress(183, { sdp });
    this.nowRinging(183);
    this.play(source);
  }

  /** 200. Refuses by 488 what cannot be answered, by 503 when no port is left. */
  async answer(): Promise<void> {
    const { offer } = this.#invite;
    const sdp = this.#earlySdp ?? (await this.#localSdp(offer));
    if (sdp === undefined || this.ended) return;
    const session = this.#invite.accept({ sdp });
    if (session) this.nowAnswered(session, offer === undefined);
  }

  /** A final response of 300 to 699. */
  reject(status: number, reason?: string): void {
    if (this.ended || this.session) return;
    this.#invite.reject(status, reason === undefined ? {} : { reason });
    this.finish({ by: 'pstn', cause: 'rejected', sip_status: status, ...(reason !== undefined && { reason }) });
  }

  override hangup(): void {
    if (this.session) this.session.bye();
    else this.reject(480);
  }

  /** Our answer, or our offer when the INVITE had none; undefined when that failed or the call is over. */
  async #localSdp(offer: string | undefined): Promise<string | undefined> {
    try {
      const media = await this.media();
      return offer === undefined ? media?.offer() : media?.acceptOffer(offer);
    } catch (error) {
      this.logger.warn({ err: error }, 'a call to a simulated number cannot be answered');
      this.reject(error instanceof SimulatorError && error.problem !== 'ports-exhausted' ? 488 : 503);
      return undefined;
    }
  }

  #cancelled(reason: Reason | undefined): void {
    const text = reason?.text;
    this.finish({ by: 'intermix', cause: 'cancelled', sip_status: 487, ...(text !== undefined && { reason: text }) });
  }
}
