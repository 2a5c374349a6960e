import { type CodecName, SdpError, summarizeOffer } from '@intermix/media';
import type { CallerLeg } from './caller-leg.js';
import { CallingParty } from './calling-party.js';

/** Somebody who called us: an INVITE that waits for its final response. */
export class IncomingParty extends CallingParty {
  readonly isRungFirst = false;
  readonly leg: CallerLeg;
  readonly legs: readonly CallerLeg[];
  #codecs: readonly CodecName[] | undefined;
  #description: string | undefined;

  constructor(leg: CallerLeg) {
    super();
    this.leg = leg;
    this.legs = [leg];
  }

  /**
   * Only what the caller offered is offered on; for a late offer, anything that a leg of its kind knows. Opus goes first,
   * so that two browsers have it end to end; a carrier's leg leaves it out.
   */
  override get codecs(): readonly CodecName[] {
    this.#codecs ??= codecsOf(this.leg);
    return this.#codecs;
  }

  override async open(): Promise<void> {
    if (this.codecs.length === 0)
      throw new SdpError('no-common-codec', 'the caller offers no codec that is known here');
    await this.leg.openMedia();
    if (!this.leg.ended) this.emit('ready');
  }

  /** An early answer has fixed the codec; a late offer has not. */
  override hears(codec: CodecName | undefined): boolean {
    const own = this.leg.media.codec;
    return own === undefined || own === codec;
  }

  override progress(status: number): void {
    this.leg.progress(status);
  }

  override earlyMedia(codec: CodecName | undefined): Promise<void> {
    return this.leg.earlyMedia(codec);
  }

  override async settle(codec: CodecName | undefined): Promise<void> {
    this.#description = await this.leg.describe(codec && [codec]);
  }

  override async answerAlone(): Promise<void> {
    this.#description = await this.leg.describe(['PCMU', 'PCMA']);
  }

  override accept(): boolean {
    return this.#description !== undefined && this.leg.accept(this.#description);
  }

  override handleLost(): boolean {
    return false;
  }
}

function codecsOf({ offer, mediaKind }: CallerLeg): readonly CodecName[] {
  if (offer === undefined) return mediaKind === 'webrtc' ? ['opus', 'PCMU', 'PCMA'] : ['PCMU', 'PCMA'];
  return [...summarizeOffer(offer).codecs].sort((a, b) => Number(b === 'opus') - Number(a === 'opus'));
}
