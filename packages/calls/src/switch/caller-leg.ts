import type { CodecName, LegKind } from '@intermix/media';
import type { ExtraHeaders, Flow, IncomingInvite } from '@intermix/sip';
import type { Device } from './device-link.js';
import { type Farewell, Leg, type LegDeps } from './leg.js';
import type { LegIdentity } from './leg-life.js';
import { mediaKindOfCaller } from './media-kind.js';

/** The leg that placed the call: an INVITE that came to us. */
export class CallerLeg extends Leg {
  readonly #incoming: IncomingInvite;
  /** Our answer to its offer, once an early answer has been given: it may not change any more. */
  #description: string | undefined;

  constructor(identity: LegIdentity, incoming: IncomingInvite, deps: LegDeps, device?: Device) {
    super(identity, deps, device);
    this.#incoming = incoming;
  }

  override get sipCallId(): string {
    return this.#incoming.request.callId;
  }

  override get openingFlow(): Flow {
    return this.#incoming.flow;
  }

  /** Throws SdpError when the offer cannot be read. */
  override get mediaKind(): LegKind {
    return mediaKindOfCaller(this.identity.kind, this.offer, this.openingFlow);
  }

  /** SDP of the INVITE; undefined for a late offer. */
  get offer(): string | undefined {
    return this.#incoming.offer;
  }

  /** Tells the caller of progress, without SDP. */
  progress(status: number): void {
    this.#incoming.progress(status, { headers: this.#ids });
  }

  /** A page that placed a call learns its ids from our responses, under the names that an INVITE to a page has them. */
  get #ids(): ExtraHeaders {
    const { kind, callSid, legId } = this.identity;
    if (kind === 'carrier') return [];
    return [
      ['X-Exotel-CallSid', callSid],
      ['LegSid', legId],
    ];
  }

  /** 183 with our answer, so that the caller hears the far end's tones before it answers. */
  async earlyMedia(codec: CodecName | undefined): Promise<void> {
    if (this.offer === undefined) return this.progress(183);
    const sdp = await this.describe(codec && [codec]);
    if (!this.ended) this.#incoming.progress(183, { sdp, headers: this.#ids });
  }

  /**
   * Our SDP for the 200: the answer to the caller's offer with the codec that the other leg speaks or one of those given, or
   * our own offer when the INVITE had none. Rejects with SdpError when there is nothing in common.
   */
  async describe(codecs: readonly CodecName[] | undefined): Promise<string> {
    const options = codecs ? { codecs } : {};
    this.#description ??=
      this.offer === undefined ? await this.media.offer(options) : await this.media.acceptOffer(this.offer, options);
    return this.#description;
  }

  /** Sends the 200. False when the caller has given up in the meantime. */
  accept(sdp: string): boolean {
    const session = this.#incoming.accept({ sdp, headers: [...this.#ids, ...this.infoPackages] });
    if (!session) return false;
    this.recordingLine?.learn(this.#incoming.request);
    this.adopt(session);
    return true;
  }

  protected override abandon({ reject, recorded }: Farewell): void {
    const { status, ...options } = reject;
    if (recorded) void recorded.then(() => this.#incoming.reject(status, options));
    else this.#incoming.reject(status, options);
  }
}
