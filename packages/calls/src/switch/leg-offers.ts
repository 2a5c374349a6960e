import type { Logger } from '@intermix/kernel';
import { type CodecName, type MediaLeg, SdpError } from '@intermix/media';
import type { IncomingReinvite, InviteSession } from '@intermix/sip';

/** What the offers of a leg ask of it. */
export interface LegOffersHost {
  /** Throws while there is none yet. */
  media(): MediaLeg;
  isOver(): boolean;
  /** The far end has a new path for its audio. */
  moved(): void;
  /** The far end put us on hold, or took us off. */
  holdChanged(): void;
  /** The answer to a late offer has come. */
  agreed(): void;
  /** It cannot be used: there will be no audio. */
  unusable(): void;
}

/**
 * Offer and answer in the dialog of an answered leg, RFC 3264 §8. They are answered here and not passed on: hold is between
 * the holder and us, and so is a new address. The codec in force stays, since the other leg speaks it.
 */
export class LegOffers {
  readonly #legId: string;
  readonly #logger: Logger;
  readonly #host: LegOffersHost;
  #held = false;

  constructor(legId: string, logger: Logger, host: LegOffersHost) {
    this.#legId = legId;
    this.#logger = logger;
    this.#host = host;
  }

  /** True while the far end has us on hold. */
  get held(): boolean {
    return this.#held;
  }

  /** Our own offer in a re-INVITE, to settle on other codecs. Rejects when the far end refuses it. */
  async renegotiate(session: InviteSession, codecs: readonly CodecName[]): Promise<void> {
    const media = this.#host.media();
    const answer = await session.reinvite({ sdp: await media.offer({ codecs }) });
    if (answer.sdp !== undefined) await media.acceptAnswer(answer.sdp);
  }

  /** Answers an offer of the far end, or the wish for one. Never rejects. */
  async answer(reinvite: IncomingReinvite): Promise<void> {
    try {
      const media = this.#host.media();
      const codecs = media.codec ? { codecs: [media.codec] } : {};
      if (reinvite.offer === undefined) {
        // Shows what we want now, not an old hold state.
        reinvite.accept({ sdp: await media.offer({ ...codecs, direction: 'sendrecv' }) });
        return;
      }
      reinvite.accept({ sdp: await media.acceptOffer(reinvite.offer, codecs) });
      this.#host.moved();
      this.#noteDirection();
    } catch (error) {
      this.#logger.warn({ err: error, legId: this.#legId }, 're-INVITE refused; the session stays as it was');
      reinvite.reject(error instanceof SdpError ? 488 : 500);
    }
  }

  /** Takes the ACK of our 2xx; when that held an offer, the answer is in it. Never rejects. */
  async takeLateAnswer(sdp: string | undefined): Promise<void> {
    if (this.#host.isOver()) return;
    try {
      const media = this.#host.media();
      if (sdp !== undefined) await media.acceptAnswer(sdp);
      else if (media.codec === undefined) throw new SdpError('malformed', 'the ACK holds no answer');
      else return;
      this.#noteDirection();
      this.#host.agreed();
    } catch (error) {
      this.#logger.warn({ err: error, legId: this.#legId }, 'the answer in the ACK cannot be used');
      this.#host.unusable();
    }
  }

  /** `recvonly` as we see it: the far end sends only and does not listen, which is a hold. */
  #noteDirection(): void {
    if (this.#host.isOver()) return;
    const { direction } = this.#host.media();
    const held = direction === 'recvonly' || direction === 'inactive';
    if (held === this.#held) return;
    this.#held = held;
    this.#host.holdChanged();
  }
}
